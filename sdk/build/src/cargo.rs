//! Running cargo: its environment, the profile for size, and reading from its messages which file it made.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::build::{Names, Progress};
use crate::crates::{Crate, Folder};
use crate::error::BuildError;
use crate::toolchain::{TARGET, Toolchain};

/// The size of the guest's stack: enough for plugins, and every page of it costs something in every run.
const STACK_BYTES: u32 = 65_536;

/// A module that cargo made, and what it was made from.
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) sources: Vec<PathBuf>,
}

pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

/// An outer cargo or clippy leaves settings in the environment that are meant for its own crates.
pub(crate) fn quiet_environment(command: &mut Command) {
    for name in [
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "CLIPPY_ARGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
        "TARGET",
    ] {
        command.env_remove(name);
    }
}

/// One call of cargo.
pub(crate) struct Job<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) folder: &'a Folder,
    pub(crate) target: &'a Path,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) names: Names,
    pub(crate) progress: Progress,
}

impl Job<'_> {
    /// Builds the modules of `crates` in one go.
    pub(crate) fn build(&self, crates: &[Crate]) -> Result<Vec<Module>, BuildError> {
        let start = |source| BuildError::Start { program: program().display().to_string(), source };
        let mut child = self.command(crates).spawn().map_err(start)?;
        let messages = child.stdout.take().expect("stdout was piped");
        let mut modules = Vec::new();
        for line in BufReader::new(messages).lines().map_while(Result::ok) {
            if let Ok(message) = serde_json::from_str::<Value>(&line) {
                modules.extend(artifact(&message, crates));
            }
        }
        if !child.wait().map_err(start)?.success() {
            let names = crates.iter().map(|chosen| chosen.name.as_str()).collect::<Vec<_>>().join("`, `");
            return Err(BuildError::Compile { names });
        }
        let mut ordered = Vec::new();
        for chosen in crates {
            let Some(at) = modules.iter().position(|module| module.name == chosen.name) else {
                return Err(BuildError::NoOutput { name: chosen.name.clone() });
            };
            let Artifact { name, path } = modules.swap_remove(at);
            // Cargo writes the dependency files last.
            let sources = sources(&path.with_extension("d"));
            ordered.push(Module { name, path, sources });
        }
        Ok(ordered)
    }

    fn command(&self, crates: &[Crate]) -> Command {
        let mut command = Command::new(program());
        command.arg("build").current_dir(self.dir).stdin(Stdio::null()).stdout(Stdio::piped());
        quiet_environment(&mut command);
        self.toolchain.apply(&mut command);
        if self.progress == Progress::Quiet {
            command.arg("--quiet");
        }
        let (profile, settings) = profile(self.names);
        command.args(["--lib", "--target", TARGET, "--profile", profile]);
        command.args(["--message-format", "json-render-diagnostics"]);
        command.arg("--target-dir").arg(self.target);
        for chosen in crates {
            command.args(["--package", &chosen.name]);
        }
        for setting in settings {
            command.arg("--config").arg(format!("profile.{profile}.{setting}"));
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", self.flags());
        command
    }

    /// Flags are separated by 0x1f. Paths of the building machine are taken out of the component, so that the same
    /// source gives the same bytes wherever it is built, and says nothing of who built it.
    fn flags(&self) -> OsString {
        let mut flags = OsString::from(format!("-Clink-arg=-zstack-size={STACK_BYTES}"));
        if self.names != Names::WithLines {
            // The linker leaves each number as wide as it could become, a tenth of the code; debug information would not fit any more.
            flags.push("\u{1f}-Clink-arg=--compress-relocations");
        }
        let mut remap = |from: &Path, to: &str| {
            flags.push("\u{1f}--remap-path-prefix=");
            flags.push(from);
            flags.push("=");
            flags.push(to);
        };
        // Where several fit, the compiler takes the last: from the widest to the narrowest.
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
        if let Some(home) = home {
            remap(&home, "/cargo");
        }
        if let Some(sysroot) = self.toolchain.sysroot(self.dir) {
            remap(&sysroot.join("lib/rustlib/src/rust"), "/rustc");
        }
        for outside in &self.folder.outside {
            remap(&outside.workspace, &format!("/{}", outside.name));
        }
        remap(&self.folder.workspace, "/plugin");
        remap(self.target, "/target");
        if self.names == Names::WithLines {
            // The SDK hears of panics then.
            flags.push("\u{1f}--cfg=watchkeep_panics");
        }
        flags
    }
}

/// A profile of its own, so that an author's release builds stay as they are.
fn profile(names: Names) -> (&'static str, &'static [&'static str]) {
    match names {
        // At the author's desk quick builds count; what is given away is small.
        Names::WithLines => (
            "plugin-with-lines",
            &[
                r#"inherits="release""#,
                r#"opt-level="s""#,
                "lto=false",
                "codegen-units=16",
                r#"panic="abort""#,
                r#"debug="line-tables-only""#,
                "incremental=true",
                r#"strip="none""#,
            ],
        ),
        Names::Keep | Names::Strip => (
            "plugin",
            &[
                r#"inherits="release""#,
                r#"opt-level="z""#,
                r#"lto="fat""#,
                "codegen-units=1",
                r#"panic="abort""#,
                "debug=false",
                "incremental=false",
                // Names are dropped later, so that builds with and without them share everything.
                r#"strip="debuginfo""#,
            ],
        ),
    }
}

struct Artifact {
    name: String,
    path: PathBuf,
}

fn artifact(message: &Value, crates: &[Crate]) -> Option<Artifact> {
    if message["reason"] != "compiler-artifact" {
        return None;
    }
    let manifest = Path::new(message["manifest_path"].as_str()?);
    let chosen = crates.iter().find(|chosen| chosen.manifest == manifest)?;
    let files = message["filenames"].as_array()?;
    let path = files
        .iter()
        .filter_map(Value::as_str)
        .map(PathBuf::from)
        .find(|path| path.extension().is_some_and(|e| e == "wasm"))?;
    Some(Artifact { name: chosen.name.clone(), path })
}

/// The files that cargo's dependency file beside the module lists; blanks in paths are escaped there.
fn sources(path: &Path) -> Vec<PathBuf> {
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let Some((_, list)) = text.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    list.replace("\\ ", "\0")
        .split(' ')
        .filter(|path| !path.is_empty())
        .map(|path| PathBuf::from(path.replace('\0', " ")))
        .collect()
}
