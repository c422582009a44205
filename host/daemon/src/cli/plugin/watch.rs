//! `watchkeep plugin watch`: builds and runs a plugin again whenever a file of it is saved.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use notify::{EventKind, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use watchkeep_engine::Engine;

use super::build::{self, Purpose};
use super::heard::{Heard, How};
use super::run::{self, Circumstances};
use super::{folder_or_here, load, test};
use crate::cli::{Global, output, validate};

pub(super) const EXAMPLES: &str = "\
Examples:
  watchkeep plugin watch --config '{\"url\": \"https://example.com/\"}'
  watchkeep plugin watch queue-depth

With `--config`, which takes the plugin's config, it is run against the world; without, it is held to the exchanges in
`tests`.";

/// How long to wait after a change, because editors write several times when they save.
const QUIET: Duration = Duration::from_millis(150);
/// Names that builds make, or that do not belong to the plugin.
const NOT_SOURCES: [&str; 4] = ["target", "node_modules", "__pycache__", "Cargo.lock"];

#[derive(clap::Args)]
pub(crate) struct WatchArgs {
    /// The plugin's folder (default: here).
    folder: Option<PathBuf>,
    #[command(flatten)]
    circumstances: Circumstances,
}

pub(super) async fn watch(global: &Global, args: WatchArgs) -> Result<ExitCode> {
    let folder = folder_or_here(args.folder);
    let heard = Heard::listen(global, How::Told)?;
    let engine = validate::scratch_engine()?;
    // One message is enough, however much was saved.
    let (tell, mut saved) = mpsc::channel(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.as_ref().map_or(true, matters) {
            // If it is full, a message is there already.
            let _ = tell.try_send(());
        }
    })
    .context("cannot watch files on this machine")?;
    loop {
        look_at(&mut watcher, &folder)?;
        if let Err(error) = once(global, &engine, &folder, &args.circumstances, &heard).await {
            output::failed(&error);
        }
        output::remark("waiting for a file to be saved; Ctrl-C ends this");
        if saved.recv().await.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
        while let Ok(Some(())) = tokio::time::timeout(QUIET, saved.recv()).await {}
    }
}

async fn once(
    global: &Global,
    engine: &Engine,
    folder: &Path,
    circumstances: &Circumstances,
    heard: &Heard,
) -> Result<()> {
    let built = build::component(folder, None, Purpose::Desk).await?;
    output::print_line(&build::told(&built))?;
    if run::config(global)?.is_none() {
        return test::recordings(engine, folder, &built.path, heard)
            .await?
            .iter()
            .try_for_each(test::Tested::print);
    }
    let generation = load(engine, &built.path).await?;
    run::once(global, engine, &generation, circumstances, None, heard).await?;
    Ok(())
}

/// Watches the folder and the folders of sources in it, including those that are new since last time.
fn look_at(watcher: &mut notify::RecommendedWatcher, folder: &Path) -> Result<()> {
    let cannot = || format!("cannot watch `{}`", folder.display());
    watcher.watch(folder, RecursiveMode::NonRecursive).with_context(cannot)?;
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.is_dir() && is_source(&path) {
            watcher.watch(&path, RecursiveMode::Recursive).with_context(cannot)?;
        }
    }
    Ok(())
}

fn matters(event: &notify::Event) -> bool {
    // Builds read sources, and reading changes nothing.
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(|path| is_source(path))
}

/// Whether it is written by a person: no component, nothing hidden, nothing that a build made.
fn is_source(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let is_component = name.ends_with(".wasm") || name.contains(".tmp-");
    let is_made = name.starts_with('.') || name.ends_with('~') || NOT_SOURCES.contains(&name);
    let in_made = path.components().any(|part| part.as_os_str() == "__pycache__");
    !is_component && !is_made && !in_made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_writes_starts_no_other_build() {
        for made in
            ["p/p.wasm", "p/p.tmp-17", "p/.building-x", "p/Cargo.lock", "p/__pycache__/a.pyc", "p/a.py~"]
        {
            assert!(!is_source(Path::new(made)), "{made}");
        }
        for source in ["p/src/lib.rs", "p/plugin.py", "p/tests/example.json", "p/wit/world.wit"] {
            assert!(is_source(Path::new(source)), "{source}");
        }
    }
}
