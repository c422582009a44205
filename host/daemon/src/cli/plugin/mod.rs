//! `watchkeep plugin`: what an author of plugins types, and what an operator asks about them. One file per command.

mod build;
mod by_hand;
mod ending;
mod heard;
mod inspect;
mod list;
mod new;
mod orders;
mod patience;
mod recording;
mod run;
mod samples;
mod test;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use clap::Subcommand;
use watchkeep_engine::{Engine, Generation};

use super::Global;

#[derive(Subcommand)]
pub(crate) enum PluginCommand {
    /// The host's plugins: generation, digest, since when, and why one did not load. Asks the host, or reads the
    /// config where none runs.
    #[command(after_help = "Example: watchkeep plugin list --json")]
    List,
    /// Inspect a plugin file: kind, contract version, what it imports and asks for, its config. Needs no host.
    #[command(after_help = inspect::EXAMPLES)]
    Inspect(inspect::InspectArgs),
    /// Start a plugin: a folder that builds, with a test that passes. Needs no host.
    #[command(after_help = new::EXAMPLES)]
    New(new::NewArgs),
    /// Build a plugin's folder as a component. Needs no host.
    #[command(after_help = build::EXAMPLES)]
    Build(build::BuildArgs),
    /// Test a plugin: its own unit tests, then the component in the real engine against the exchanges in `tests`.
    /// Needs no host, and no network.
    #[command(after_help = test::EXAMPLES)]
    Test(test::TestArgs),
    /// Run a plugin once, in the real engine: a check, or a notifier with a sample notification. Needs no host; exits
    /// like a Nagios plugin.
    #[command(after_help = run::EXAMPLES)]
    Run(run::RunArgs),
    /// Build a plugin's folder and run it, now and whenever a file in it is saved. Needs no host; ends with Ctrl-C.
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::WatchArgs),
    /// Let a new file run that asks for more than the one that runs. Needs a running host.
    #[command(
        after_help = "Example: watchkeep plugin approve detectify\n\nBound to the file and to exactly the rights that `watchkeep plugin list` shows."
    )]
    Approve {
        name: String,
        /// Only if the file that waits is this one: its whole SHA-256.
        #[arg(long)]
        digest: Option<String>,
    },
    /// Go back to the version before the one that runs; that one is not tried again. Needs a running host.
    #[command(after_help = "Example: watchkeep plugin rollback detectify")]
    Rollback { name: String },
}

pub(crate) async fn answer(global: &Global, command: PluginCommand) -> Result<ExitCode> {
    match command {
        PluginCommand::List => list::list(global).await,
        PluginCommand::Inspect(args) => inspect::inspect(global, args).await,
        PluginCommand::New(args) => new::new(global, args),
        PluginCommand::Build(args) => build::build(global, args).await,
        PluginCommand::Test(args) => test::test(global, args).await,
        PluginCommand::Run(args) => run::run(global, args).await,
        PluginCommand::Watch(args) => watch::watch(global, args).await,
        PluginCommand::Approve { name, digest } => orders::approve(global, &name, digest).await,
        PluginCommand::Rollback { name } => orders::roll_back(global, &name).await,
    }
}

/// A file, or a bundled plugin by name.
async fn load(engine: &Engine, file: &Path) -> Result<Arc<Generation>> {
    let bundled = watchkeep_bundle::BUNDLED.iter().find(|plugin| Path::new(plugin.name) == file);
    let (bytes, source): (Arc<[u8]>, String) = match bundled {
        Some(plugin) if !file.exists() => (Arc::from(plugin.bytes), "bundled".to_owned()),
        _ => {
            let bytes = std::fs::read(file).with_context(|| {
                format!(
                    "cannot read `{}`; hint: name a component, as `watchkeep plugin build` makes it, or a bundled plugin",
                    file.display()
                )
            })?;
            (bytes.into(), file.display().to_string())
        }
    };
    let what = format!("`{source}` is being compiled");
    patience::told(&what, engine.load(bytes, &source)).await.map_err(|error| anyhow!("{error}"))
}

/// `folder`, or here.
fn folder_or_here(folder: Option<PathBuf>) -> PathBuf {
    folder.unwrap_or_else(|| PathBuf::from("."))
}
