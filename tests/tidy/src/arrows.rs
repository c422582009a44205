//! Which crate may depend on which: `core <- config, engine, import, store, web, cluster <- daemon`; adapters never
//! import each other; `sdk <- plugins, examples`; `plugins/bundle <- daemon`; tests may import all.

use std::path::Path;

use serde::Deserialize;

/// What `cargo metadata --no-deps` prints, as far as it matters here.
#[derive(Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
}

#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    pub manifest_path: String,
    pub dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
pub struct Dependency {
    pub name: String,
    /// `None` for a normal one, else `dev` or `build`.
    pub kind: Option<String>,
    /// Where it lies, if it is one of ours.
    pub path: Option<String>,
}

/// A crate's place in the tree, which decides what it may import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Core,
    /// config, engine, import, store, web, cluster.
    Adapter,
    Daemon,
    SdkRust,
    SdkMacros,
    SdkBuild,
    SdkScaffold,
    Plugin,
    Bundle,
    /// The lab plays the world outside: it imports nothing of ours.
    Lab,
    Example,
    /// Services that are played: a plugin's own tests talk to them.
    Doubles,
    Tests,
}

impl Place {
    /// The place of a folder, given by its path from the root.
    fn of(folder: &str) -> Option<Place> {
        let place = match folder.split('/').collect::<Vec<_>>().as_slice() {
            ["host", "core"] => Place::Core,
            ["host", "config" | "engine" | "import" | "store" | "web" | "cluster"] => Place::Adapter,
            ["host", "daemon"] => Place::Daemon,
            ["sdk", "rust"] => Place::SdkRust,
            ["sdk", "macros"] => Place::SdkMacros,
            ["sdk", "build"] => Place::SdkBuild,
            ["sdk", "scaffold"] => Place::SdkScaffold,
            ["plugins", "bundle"] => Place::Bundle,
            ["plugins", _] => Place::Plugin,
            ["examples", "lab"] => Place::Lab,
            ["examples", _] => Place::Example,
            ["tests", "doubles"] => Place::Doubles,
            ["tests", ..] => Place::Tests,
            _ => return None,
        };
        Some(place)
    }

    fn may_import(self, other: Place) -> bool {
        match self {
            Place::Core | Place::SdkMacros | Place::SdkBuild | Place::SdkScaffold | Place::Lab => false,
            Place::Adapter => other == Place::Core,
            Place::Daemon => matches!(
                other,
                Place::Core | Place::Adapter | Place::Bundle | Place::SdkBuild | Place::SdkScaffold
            ),
            Place::SdkRust => other == Place::SdkMacros,
            Place::Plugin | Place::Example | Place::Doubles => other == Place::SdkRust,
            Place::Bundle => other == Place::SdkBuild,
            Place::Tests => true,
        }
    }

    /// What a crate's own tests may import beside that: guests to run need building.
    fn tests_may_import(self, other: Place) -> bool {
        match self {
            Place::Adapter | Place::Example => other == Place::SdkBuild,
            Place::Plugin => matches!(other, Place::SdkBuild | Place::Doubles),
            Place::SdkRust | Place::SdkMacros => matches!(other, Place::SdkRust | Place::SdkBuild),
            Place::Daemon => other == Place::Lab,
            Place::Core
            | Place::SdkBuild
            | Place::SdkScaffold
            | Place::Bundle
            | Place::Lab
            | Place::Doubles
            | Place::Tests => false,
        }
    }
}

/// One sentence for each arrow that architecture does not allow.
pub fn violations(root: &Path, metadata: &Metadata) -> Vec<String> {
    let folder = |path: &str| -> String {
        let path = Path::new(path);
        path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
    };
    let mut found = Vec::new();
    for package in &metadata.packages {
        let from_folder = folder(package.manifest_path.trim_end_matches("/Cargo.toml"));
        let Some(from) = Place::of(&from_folder) else {
            found.push(format!(
                "`{}` lies in `{from_folder}`, a place with no arrows; hint: give it one in tests/tidy/src/arrows.rs",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let Some(path) = &dependency.path else { continue };
            let to = Place::of(&folder(path));
            let only_for_tests = dependency.kind.as_deref() == Some("dev");
            let allowed =
                to.is_some_and(|to| from.may_import(to) || (only_for_tests && from.tests_may_import(to)));
            if !allowed {
                let kind = dependency.kind.as_deref().unwrap_or("normal");
                found.push(format!(
                    "`{}` ({from:?}) must not import `{}` ({kind} dependency)",
                    package.name, dependency.name
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, to: &str, kind: Option<&str>) -> Vec<String> {
        let dependency =
            Dependency { name: "it".into(), kind: kind.map(str::to_owned), path: Some(format!("/r/{to}")) };
        let package = Package {
            name: "a".into(),
            manifest_path: format!("/r/{from}/Cargo.toml"),
            dependencies: vec![dependency],
        };
        violations(Path::new("/r"), &Metadata { packages: vec![package] })
    }

    #[test]
    fn allows_the_arrows_of_the_architecture() {
        for (from, to) in [
            ("host/config", "host/core"),
            ("host/daemon", "host/web"),
            ("host/daemon", "host/import"),
            ("host/import", "host/core"),
            ("host/daemon", "plugins/bundle"),
            ("plugins/http", "sdk/rust"),
            ("examples/first-check", "sdk/rust"),
            ("sdk/rust", "sdk/macros"),
            ("tests/bench", "host/engine"),
        ] {
            assert_eq!(check(from, to, None), Vec::<String>::new(), "{from} -> {to}");
        }
        assert!(check("plugins/bundle", "sdk/build", Some("build")).is_empty());
        assert!(check("host/engine", "sdk/build", Some("dev")).is_empty());
        assert!(check("plugins/slack", "tests/doubles", Some("dev")).is_empty());
    }

    #[test]
    fn refuses_every_other_arrow() {
        for (from, to, kind) in [
            ("host/core", "host/store", None),
            ("host/core", "sdk/build", Some("dev")),
            ("host/web", "host/config", None),
            ("host/import", "host/config", None),
            ("host/engine", "host/import", None),
            ("plugins/http", "host/import", None),
            ("host/store", "host/engine", Some("dev")),
            ("host/engine", "sdk/build", None),
            ("host/engine", "host/daemon", None),
            ("plugins/http", "host/core", None),
            ("plugins/http", "plugins/slack", None),
            ("examples/lab", "host/core", None),
            ("host/daemon", "plugins/http", None),
            ("host/daemon", "tests/tidy", Some("dev")),
            ("plugins/slack", "tests/doubles", None),
            ("host/engine", "tests/doubles", Some("dev")),
        ] {
            assert_eq!(check(from, to, kind).len(), 1, "{from} -> {to}");
        }
    }

    #[test]
    fn a_crate_in_an_unknown_place_is_told() {
        assert!(check("host/extra", "host/core", None)[0].contains("a place with no arrows"));
    }
}
