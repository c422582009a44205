//! A new plugin: which files it consists of.

use std::fmt;
use std::path::PathBuf;

use crate::{Name, component, rust};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Check,
    Notifier,
    Action,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    Rust,
    Python,
    JavaScript,
}

/// Where a plugin in Rust finds the SDK.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sdk {
    /// In its own folder: the one that belongs to this program.
    Carried,
    /// A folder that holds the crate `watchkeep-sdk`; absolute, or relative to the plugin's folder.
    Path(PathBuf),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plugin {
    pub name: Name,
    pub kind: Kind,
    pub language: Language,
    pub sdk: Sdk,
}

/// One file of a new plugin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// From the plugin's folder, with `/`.
    pub path: String,
    pub text: String,
}

impl File {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

impl Plugin {
    /// What stands in its folder at first.
    pub fn files(&self) -> Vec<File> {
        match self.language {
            Language::Rust => rust::files(self),
            Language::Python => component::python(self),
            Language::JavaScript => component::javascript(self),
        }
    }

    /// What the component is held to by `plugin test`.
    pub(crate) fn exchanges(&self) -> Vec<File> {
        let exchanges: &[(&str, &str)] = match (self.kind, self.language) {
            (Kind::Check, Language::Rust | Language::Python) => {
                &[("example", include_str!("../templates/tests/check.json"))]
            }
            // `fetch` tells no timings.
            (Kind::Check, Language::JavaScript) => {
                &[("example", include_str!("../templates/tests/check-js.json"))]
            }
            (Kind::Notifier, _) => &[("example", include_str!("../templates/tests/notifier.json"))],
            (Kind::Action, _) => &[
                ("example", include_str!("../templates/tests/action.json")),
                ("dry-run", include_str!("../templates/tests/action-dry.json")),
            ],
        };
        exchanges
            .iter()
            .map(|(name, text)| File::new(format!("tests/{name}.json"), self.filled(text)))
            .collect()
    }

    /// A template with the plugin's name in it.
    pub(crate) fn filled(&self, template: &str) -> String {
        template.replace("{{name}}", self.name.as_str()).replace("{{Kind}}", self.kind.title())
    }
}

impl Kind {
    /// As a sentence begins with it.
    const fn title(self) -> &'static str {
        match self {
            Kind::Check => "A check",
            Kind::Notifier => "A notifier",
            Kind::Action => "An action",
        }
    }
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Check => "check",
            Kind::Notifier => "notifier",
            Kind::Action => "action",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
