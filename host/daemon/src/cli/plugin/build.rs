//! `watchkeep plugin build`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::json;
use watchkeep_build::{Build, Names, Progress};

use super::folder_or_here;
use crate::cli::{Global, output};

pub(super) const EXAMPLES: &str = "\
Examples:
  watchkeep plugin build
  watchkeep plugin build queue-depth --release --out plugins

Without --release the component keeps the lines of its source, for backtraces, and is some times larger.";

#[derive(clap::Args)]
pub(crate) struct BuildArgs {
    /// The plugin's folder (default: here).
    folder: Option<PathBuf>,
    /// Small, for others: without the names and lines that backtraces show.
    #[arg(long)]
    release: bool,
    /// Where the component goes (default: the plugin's folder).
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// For whom a component is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// For its author: backtraces name lines.
    Desk,
    /// For others: small.
    Release,
}

/// A component in its place.
pub(super) struct Component {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) bytes: usize,
    pub(super) imports: Vec<String>,
    pub(super) toolchain: String,
}

pub(super) async fn build(global: &Global, args: BuildArgs) -> Result<ExitCode> {
    let folder = folder_or_here(args.folder);
    let purpose = if args.release { Purpose::Release } else { Purpose::Desk };
    let built = component(&folder, args.out.as_deref(), purpose).await?;
    if global.json {
        output::print_json(&json!({
            "name": built.name,
            "path": built.path,
            "size_bytes": built.bytes,
            "imports": built.imports,
            "toolchain": built.toolchain,
        }))?;
    } else {
        output::print_line(&told(&built))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn told(built: &Component) -> String {
    let imports = if built.imports.is_empty() { "nothing".to_owned() } else { built.imports.join(", ") };
    format!("built {}: {} KiB, imports {imports}", built.path.display(), built.bytes.div_ceil(1024))
}

/// Builds the plugin in `folder` into `out`, or into the folder itself.
pub(super) async fn component(folder: &Path, out: Option<&Path>, purpose: Purpose) -> Result<Component> {
    match Language::of(folder)? {
        Language::Rust => rust(folder, out.unwrap_or(folder), purpose).await,
    }
}

/// What a plugin's folder is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    Rust,
}

impl Language {
    pub(super) fn of(folder: &Path) -> Result<Self> {
        if folder.join("Cargo.toml").is_file() {
            return Ok(Language::Rust);
        }
        if !folder.is_dir() {
            bail!("there is no folder `{}`; hint: `watchkeep plugin new NAME` makes one", folder.display());
        }
        bail!(
            "`{}` holds no plugin: there is no `Cargo.toml` in it; hint: name the plugin's folder, or make one with \
             `watchkeep plugin new`",
            folder.display()
        )
    }
}

async fn rust(folder: &Path, out: &Path, purpose: Purpose) -> Result<Component> {
    let names = match purpose {
        Purpose::Desk => Names::WithLines,
        Purpose::Release => Names::Strip,
    };
    let progress = if std::io::stderr().is_terminal() { Progress::Told } else { Progress::Quiet };
    let build = Build::of(folder).names(names).progress(progress);
    let built = tokio::task::spawn_blocking(move || build.run()).await.context("the build ended abruptly")?;
    // The chain of causes stands in the sentence already.
    let built = built.map_err(|error| anyhow!("{error}"))?;
    let [built] =
        <[_; 1]>::try_from(built).map_err(|all| anyhow!("{} components were built, not one", all.len()))?;
    let path = out.join(format!("{}.wasm", built.name));
    put(&path, &built.bytes)?;
    Ok(Component {
        name: built.name,
        bytes: built.bytes.len(),
        imports: built.imports,
        toolchain: built.toolchain,
        path,
    })
}

/// Whoever watches the file, as a host does, sees the old or the new one, whole.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let growing = path.with_extension(format!("tmp-{}", std::process::id()));
        std::fs::write(&growing, bytes)?;
        std::fs::rename(&growing, path)
    };
    written().with_context(|| format!("cannot write `{}`", path.display()))
}
