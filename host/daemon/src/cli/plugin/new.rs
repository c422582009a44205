//! `watchkeep plugin new`: writes what `watchkeep_scaffold` makes, completely or not at all.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::json;
use watchkeep_scaffold::{File, Kind, Language, Name, Plugin, Sdk};

use crate::cli::{Global, output};

pub(super) const EXAMPLES: &str = "\
Examples:
  watchkeep plugin new queue-depth --kind check --lang rust
  watchkeep plugin new queue-depth --kind check --lang python
  watchkeep plugin new pager --kind notifier --lang rust --sdk ../watchkeep/sdk/rust

The folder carries the contract, and for Rust the SDK, of this version, and builds wherever it lies. With --sdk a plugin in Rust uses another SDK, such as a checkout's.";

#[derive(clap::Args)]
pub(crate) struct NewArgs {
    /// The name of the plugin and of its folder: a-z, 0-9 and dashes.
    name: String,
    #[arg(long)]
    kind: KindArg,
    #[arg(long)]
    lang: LanguageArg,
    /// The SDK for Rust to use instead of the one that this program carries: a folder with the crate `watchkeep-sdk`.
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum KindArg {
    /// Judges a target.
    Check,
    /// Tells people.
    Notifier,
    /// Repairs. This version of the host runs none by itself; `plugin run` and `plugin test` do.
    Action,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LanguageArg {
    Rust,
    Python,
    #[value(name = "js", alias = "javascript")]
    JavaScript,
}

pub(super) fn new(global: &Global, args: NewArgs) -> Result<ExitCode> {
    let name = Name::parse(&args.name).map_err(|error| anyhow!("{error}"))?;
    let folder = PathBuf::from(name.as_str());
    if folder.exists() {
        bail!("`{}` exists already; hint: choose another name, or move it away", folder.display());
    }
    if args.sdk.is_some() && args.lang != LanguageArg::Rust {
        bail!("`--sdk` names an SDK for Rust; hint: leave it out");
    }
    let sdk = match args.sdk {
        None => Sdk::Carried,
        Some(path) => Sdk::Path(sdk(&path)?),
    };
    let kind = match args.kind {
        KindArg::Check => Kind::Check,
        KindArg::Notifier => Kind::Notifier,
        KindArg::Action => Kind::Action,
    };
    let language = match args.lang {
        LanguageArg::Rust => Language::Rust,
        LanguageArg::Python => Language::Python,
        LanguageArg::JavaScript => Language::JavaScript,
    };
    let files = Plugin { name, kind, language, sdk }.files();
    write(&folder, &files)?;
    if global.json {
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        output::print_json(&json!({ "folder": folder, "files": paths }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::print_line(&format!(
        "made `{0}`: {1}, with its tests\n  cd {0}\n  watchkeep plugin test    # its tests, here and in the engine\n  watchkeep plugin build   # {0}.wasm",
        folder.display(),
        match kind {
            Kind::Check => "a check",
            Kind::Notifier => "a notifier",
            Kind::Action => "an action",
        },
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes under another name first, so that nobody sees half a plugin.
fn write(folder: &Path, files: &[File]) -> Result<()> {
    let growing = PathBuf::from(format!(".{}.{}", folder.display(), std::process::id()));
    let written =
        write_all(&growing, files).and_then(|()| std::fs::rename(&growing, folder)).with_context(|| {
            format!("cannot write the folder `{}`; hint: is the folder here writable?", folder.display())
        });
    if written.is_err() {
        // What is left of it is hidden and harmless, and the cause is reported.
        let _ = std::fs::remove_dir_all(&growing);
    }
    written
}

fn write_all(folder: &Path, files: &[File]) -> std::io::Result<()> {
    std::fs::create_dir(folder)?;
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.text)?;
    }
    Ok(())
}

/// The folder of the crate, relative to the new plugin's. The root of a checkout is accepted too.
fn sdk(path: &Path) -> Result<PathBuf> {
    let holds_sdk = |folder: &Path| {
        std::fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == "name = \"watchkeep-sdk\""))
    };
    let found =
        [path.to_owned(), path.join("sdk/rust"), path.join("rust")].into_iter().find(|path| holds_sdk(path));
    let Some(found) = found else {
        bail!(
            "`{}` holds no crate `watchkeep-sdk`; hint: name a checkout's `sdk/rust`, or leave `--sdk` out to use the \
             SDK of this program",
            path.display()
        );
    };
    Ok(if found.is_absolute() { found } else { Path::new("..").join(found) })
}
