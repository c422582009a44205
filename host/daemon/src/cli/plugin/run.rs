//! `watchkeep plugin run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};
use watchkeep_core::grant::Aim;
use watchkeep_engine::{Engine, Generation, Tape};

use super::by_hand::{self, Input, Secrets, USUAL_NOTIFICATION};
use super::ending::Ending;
use super::heard::{Heard, How};
use super::load;
use super::recording::{self, Recording};
use crate::cli::{Global, output, validate};
use crate::host::wall;

pub(super) const EXAMPLES: &str = "\
Examples:
  watchkeep plugin run queue-depth.wasm --config '{\"url\": \"https://example.com/\"}'
  watchkeep plugin run http --config '{\"url\": \"https://example.com/\"}' --grant http=https://cdn.example.com
  watchkeep plugin run log-age.wasm --config '{...}' --machine watchkeep.toml --grant files=logs
  watchkeep plugin run queue-depth.wasm --config '{\"token\": {\"secret\": \"key\"}}' --secret key=key.txt
  watchkeep plugin run queue-depth.wasm --config '{...}' --record tests/empty.json
  watchkeep plugin run queue-depth.wasm --replay tests/empty.json
  watchkeep plugin run restart.wasm --config '{...}' --dry-run

Here `--config` takes the plugin's config: JSON, or a file that holds it. A replay needs no network and no config.
Exit codes: 0 ok, 1 warning, 2 critical, 3 unknown; of a notifier 0 delivered, 2 not delivered; of an
action 0 done or planned, 2 not.";

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// A component, or the name of a bundled plugin.
    file: PathBuf,
    #[command(flatten)]
    circumstances: Circumstances,
    /// Keep every host call and the end in this file; `tests/NAME.json` in the plugin's folder makes a test of it.
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Answer every host call from this recording; the end must be the recorded one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["grant", "machine", "secret", "timeout", "notification", "dry_run"])]
    replay: Option<PathBuf>,
}

/// What a call by hand is given besides its config.
#[derive(clap::Args)]
pub(super) struct Circumstances {
    /// A right beyond the config's own targets, as `capability=pattern`; may be given again.
    #[arg(long, value_name = "GRANT")]
    grant: Vec<String>,
    /// A host's config, whose sockets, roots and commands grants may name.
    #[arg(long, value_name = "FILE")]
    machine: Option<PathBuf>,
    /// A secret that the config names as `{"secret": "NAME"}`, read from a file; it goes where the config and `--grant`
    /// lead, and never into a recording. May be given again.
    #[arg(long, value_name = "NAME=FILE")]
    secret: Vec<String>,
    /// Wall time for the run, in seconds.
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    timeout: u64,
    /// What a notifier is told: firing, reminder, resolved or test.
    #[arg(long, value_name = "KIND")]
    notification: Option<String>,
    /// Ask an action what it would do; it may only look.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(global: &Global, args: RunArgs) -> Result<ExitCode> {
    let heard = Heard::listen(global, How::Told)?;
    let engine = validate::scratch_engine()?;
    let generation = load(&engine, &args.file).await?;
    if let Some(path) = &args.replay {
        let recording = Recording::read(path)?;
        recording.must_be_of(generation.name.as_str(), path)?;
        let (ending, took) = replay(&engine, &generation, &recording)
            .await
            .with_context(|| format!("`{}` was not replayed as it was recorded", path.display()))?;
        return ending.print(global, took, &heard);
    }
    once(global, &engine, &generation, &args.circumstances, args.record.as_deref(), &heard).await
}

/// Runs the plugin as it is told by the command line.
pub(super) async fn once(
    global: &Global,
    engine: &Engine,
    generation: &Arc<Generation>,
    circumstances: &Circumstances,
    record: Option<&Path>,
    heard: &Heard,
) -> Result<ExitCode> {
    let input = Input {
        config: config(global)?.unwrap_or_else(|| json!({})),
        at: wall(),
        timeout: Duration::from_secs(circumstances.timeout),
        notification: match &circumstances.notification {
            None => USUAL_NOTIFICATION,
            Some(name) => recording::notification(name)?,
        },
        aim: if circumstances.dry_run { Aim::Look } else { Aim::Act },
        kv: Default::default(),
    };
    let ceiling = by_hand::ceiling(circumstances.machine.as_deref(), &circumstances.grant)?;
    let rights = by_hand::rights(generation, &input.config, &circumstances.grant, ceiling)?;
    let secrets = by_hand::secrets(&circumstances.secret, &rights)?;
    by_hand::must_be_given(generation, &input.config, &secrets)?;
    let tape = record.map(|_| Tape::record());
    let (ending, took) = by_hand::call(engine, generation, &input, rights, secrets, tape.clone()).await?;
    if let (Some(path), Some(tape)) = (record, tape) {
        let recording = Recording::of(generation.name.as_str(), &input, tape.recorded(), ending.facts());
        recording.write(path)?;
        output::remark(&format!("recorded {} host calls in `{}`", recording.calls.len(), path.display()));
    }
    ending.print(global, took, heard)
}

/// Runs the plugin against the recording. An error says what was not as recorded.
pub(super) async fn replay(
    engine: &Engine,
    generation: &Arc<Generation>,
    recording: &Recording,
) -> Result<(Ending, Duration)> {
    let input = recording.input()?;
    let tape = Tape::replay(recording.calls.clone());
    let rights = by_hand::no_rights(generation);
    let (ending, took) =
        by_hand::call(engine, generation, &input, rights, Secrets::new(), Some(tape.clone())).await?;
    if let Some(difference) = tape.differs() {
        bail!("{difference}; hint: if that is meant, record it again with `watchkeep plugin run --record`");
    }
    if let Some(difference) = recording.ends_otherwise(&ending.facts()) {
        bail!("it ended otherwise: {difference}");
    }
    Ok((ending, took))
}

/// The plugin's config, from `--config`, which names the host's config everywhere else. `None` if it was not given.
pub(super) fn config(global: &Global) -> Result<Option<Value>> {
    let given = global.config.to_string_lossy();
    let is_hosts = std::env::var_os("WATCHKEEP_CONFIG").is_some_and(|hosts| *hosts == *global.config)
        || global.config == Path::new("watchkeep.toml");
    if is_hosts {
        return Ok(None);
    }
    let text = if given.trim_start().starts_with('{') {
        given.into_owned()
    } else {
        std::fs::read_to_string(&global.config).map_err(|error| {
            anyhow!(
                "`{given}` is neither JSON nor a file that can be read ({error}); hint: quote it for the shell, as in \
                 '{{\"url\": \"...\"}}'"
            )
        })?
    };
    let config: Value = serde_json::from_str(&text).with_context(|| {
        format!("`{text}` is not JSON; hint: quote it for the shell, as in '{{\"url\": \"...\"}}'")
    })?;
    if !config.is_object() {
        bail!("`{text}` is not a JSON object; hint: a config is `{{\"key\": value}}`");
    }
    Ok(Some(config))
}
