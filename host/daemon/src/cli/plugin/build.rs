//! `watchkeep plugin build`. What differs from language to language is in a file each.

mod javascript;
mod python;
mod rust;

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::json;
use tokio::process::Command;

use super::{folder_or_here, patience};
use crate::cli::{Global, output};

pub(super) const EXAMPLES: &str = "\
Examples:
  watchkeep plugin build
  watchkeep plugin build queue-depth --release --out plugins

Without --release a component in Rust keeps the lines of its source, for backtraces, and is some times larger.
What Python and JavaScript need is installed at the first build: into the plugin's folder, or into the folder that
WATCHKEEP_TOOLS names.";

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

/// Whom a component is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Its author: backtraces name lines.
    Desk,
    /// Others: it is small.
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
    let out = out.unwrap_or(folder);
    let language = Language::of(folder)?;
    let work = async {
        match language {
            Language::Rust => rust::component(folder, out, purpose).await,
            Language::Python => python::component(folder, out).await,
            Language::JavaScript => javascript::component(folder, out).await,
        }
    };
    patience::told(&format!("`{}` is being built", folder.display()), work).await
}

/// Runs the plugin's unit tests with the language's own tool. Their output goes to standard error, like a compiler's.
pub(super) async fn unit_tests(folder: &Path) -> Result<()> {
    let language = Language::of(folder)?;
    let work = async {
        match language {
            Language::Rust => rust::unit_tests(folder).await,
            Language::Python => python::unit_tests(folder).await,
            Language::JavaScript => javascript::unit_tests(folder).await,
        }
    };
    patience::told(&format!("the unit tests of `{}` are being built and run", folder.display()), work).await
}

/// The language of a plugin's folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Language {
    Rust,
    Python,
    JavaScript,
}

impl Language {
    fn of(folder: &Path) -> Result<Self> {
        let known = [
            ("Cargo.toml", Language::Rust),
            ("plugin.py", Language::Python),
            ("plugin.js", Language::JavaScript),
        ];
        if let Some((_, language)) = known.into_iter().find(|(file, _)| folder.join(file).is_file()) {
            return Ok(language);
        }
        if !folder.is_dir() {
            bail!("there is no folder `{}`; hint: `watchkeep plugin new NAME` makes one", folder.display());
        }
        bail!(
            "`{}` holds no plugin: there is no `Cargo.toml`, `plugin.py` or `plugin.js` in it; hint: name the plugin's \
             folder, or make one with `watchkeep plugin new`",
            folder.display()
        )
    }
}

/// Moves a component that a tool has written to `out`, under the plugin's name.
fn taken_over(folder: &Path, out: &Path, written: &Path, toolchain: &str) -> Result<Component> {
    let bytes = std::fs::read(written).with_context(|| format!("`{toolchain}` wrote no component"))?;
    let name = folder_name(folder)?;
    let path = out.join(format!("{name}.wasm"));
    put(&path, &bytes)?;
    let imports = watchkeep_build::imports_of(&bytes).map_err(|error| anyhow!("{error}"))?;
    Ok(Component { name, bytes: bytes.len(), imports, toolchain: toolchain.to_owned(), path })
}

/// The name of the folder: that of a plugin without a manifest of its own.
fn folder_name(folder: &Path) -> Result<String> {
    let whole = folder.canonicalize().with_context(|| format!("cannot find `{}`", folder.display()))?;
    let name = whole.file_name().with_context(|| format!("`{}` has no name", whole.display()))?;
    Ok(name.to_string_lossy().into_owned())
}

/// A folder for what a tool writes, until it is moved: in the plugin's folder, under a name that hosts ignore.
fn scratch(folder: &Path) -> Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix(".building-")
        .tempdir_in(folder)
        .with_context(|| format!("cannot write into `{}`", folder.display()))
}

/// Runs a tool in `folder`. Its output goes to standard error, and `why` says what failed.
async fn tool(command: &mut Command, why: impl FnOnce() -> String) -> Result<()> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(std::io::stderr()).kill_on_drop(true);
    let status = command.status().await.with_context(|| {
        format!("cannot start `{program}`; hint: install it, and see that it is on the PATH")
    })?;
    if !status.success() {
        bail!("{}; what `{program}` said is above", why());
    }
    Ok(())
}

/// Writes the file so that whoever watches it, like a host, sees either the old or the new one, complete.
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
