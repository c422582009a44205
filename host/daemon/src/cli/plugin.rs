//! `watchkeep plugin`.

mod orders;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Subcommand;
use serde_json::{Value, json};
use watchkeep_core::grant::{Allow, Ceiling, Requests, Rights, Target};
use watchkeep_core::ids::{CheckName, RunId};
use watchkeep_core::labels::Labels;
use watchkeep_engine::{CheckCall, Engine, Generation, Limits, PluginKind, Ports};

use super::{Global, check, client::Client, output, validate};
use crate::host::{NamedSecrets, NoKv, wall};

#[derive(Subcommand)]
pub(crate) enum PluginCommand {
    /// The host's plugins: generation, digest, since when, and why one did not load. Asks the host, or reads the
    /// config where none runs.
    #[command(after_help = "Example: watchkeep plugin list --json")]
    List,
    /// Look into a plugin file: kind, contract version, what it imports and asks for, its config. Needs no host.
    #[command(after_help = "Example: watchkeep plugin inspect plugins/first-check.wasm")]
    Inspect { file: PathBuf },
    /// Run a check plugin once, in the real engine. Needs no host; exits like a Nagios plugin.
    #[command(
        after_help = "Example: watchkeep plugin run first-check.wasm --config '{\"url\": \"https://example.com/\"}'\n\nHere `--config` takes the plugin's config, as JSON."
    )]
    Run(RunPluginArgs),
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

#[derive(clap::Args)]
pub(crate) struct RunPluginArgs {
    /// A component, or the name of a bundled plugin.
    file: PathBuf,
    /// A right beyond the config's own targets, as `capability=pattern`; may be given again.
    #[arg(long, value_name = "GRANT")]
    grant: Vec<String>,
    /// Wall time for the run, in seconds.
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    timeout: u64,
}

pub(crate) async fn answer(global: &Global, command: PluginCommand) -> Result<ExitCode> {
    match command {
        PluginCommand::List => list(global).await,
        PluginCommand::Inspect { file } => inspect(global, &file).await,
        PluginCommand::Run(args) => run(global, args).await,
        PluginCommand::Approve { name, digest } => orders::approve(global, &name, digest).await,
        PluginCommand::Rollback { name } => orders::roll_back(global, &name).await,
    }
}

async fn list(global: &Global) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let items = client.whole("/api/v1/plugins").await?;
    output::print_list(
        global,
        items,
        &["NAME", "KIND", "STATUS", "VERSION", "GENERATION", "SINCE", "SOURCE", "ASKS", "PROBLEM"],
        |item| {
            let live = item.get("generation").cloned().unwrap_or_default();
            let digest = output::field(&live, "digest");
            let short = digest.get(..12).unwrap_or(&digest).to_owned();
            vec![
                output::field(item, "name"),
                output::field(&live, "kind"),
                output::field(item, "status"),
                output::field(&live, "version"),
                short,
                output::field(&live, "since"),
                output::field(&live, "source"),
                asks(item),
                output::field(item, "problem"),
            ]
        },
    )
}

/// What a file that waits asks for.
fn asks(item: &Value) -> String {
    let rights = item.get("pending").and_then(|pending| pending.get("rights")).and_then(Value::as_array);
    let rights: Vec<&str> = rights.into_iter().flatten().filter_map(Value::as_str).collect();
    rights.join(", ")
}

async fn inspect(global: &Global, file: &Path) -> Result<ExitCode> {
    let engine = validate::scratch_engine()?;
    let generation = load(&engine, file).await?;
    let requests: Vec<String> = generation
        .requests
        .iter()
        .map(|request| format!("{}: {} ({})", request.capability, request.target, request.reason))
        .collect();
    if global.json {
        output::print_json(&json!({
            "name": generation.name.as_str(),
            "kind": generation.kind.as_str(),
            "version": generation.version,
            "summary": generation.summary,
            "digest": generation.digest.to_string(),
            "size_bytes": generation.size,
            "imports": generation.imports,
            "requests": requests,
            "config_schema": generation.schema,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let listed = |items: &[String]| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    output::print_line(&format!(
        "{} {} ({})\n  {}\n  digest    {}\n  size      {} bytes\n  imports   {}\n  requests  {}\n  config",
        generation.name,
        generation.version,
        generation.kind,
        output::plain(&generation.summary),
        generation.digest,
        generation.size,
        listed(&generation.imports),
        listed(&requests),
    ))?;
    for line in config_keys(&generation.schema) {
        output::print_line(&format!("    {line}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One line a key: name, type, whether it must be there, what it is.
fn config_keys(schema: &Value) -> Vec<String> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut lines: Vec<String> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let must = if required.contains(&name.as_str()) { ", required" } else { "" };
            let granted = match property.get("x-watchkeep-grant").and_then(Value::as_str) {
                Some(capability) => format!(", grants {capability}"),
                None => String::new(),
            };
            let what = output::field(property, "description");
            let kind = output::field(property, "type");
            output::plain(&format!("{name} ({kind}{must}{granted})  {what}"))
        })
        .collect();
    if lines.is_empty() {
        lines.push("none".to_owned());
    }
    lines
}

async fn run(global: &Global, args: RunPluginArgs) -> Result<ExitCode> {
    let engine = validate::scratch_engine()?;
    let generation = load(&engine, &args.file).await?;
    if generation.kind != PluginKind::Check {
        bail!(
            "`{}` is a {}; hint: only checks are run by hand, a receiver is tried with `watchkeep receiver test`",
            args.file.display(),
            generation.kind
        );
    }
    let text = config_text(global);
    let config: Value = serde_json::from_str(&text).with_context(|| {
        format!("`{text}` is no JSON; hint: quote it for the shell, as in '{{\"url\": \"...\"}}'")
    })?;
    if let Err(problems) = engine.validate(&generation, &text).await {
        let told: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
        bail!("plugin `{}` does not take this config: {}", generation.name, told.join("; "));
    }
    let now = wall();
    let name = CheckName::new(format!("by-hand-{}", generation.name));
    let call = CheckCall {
        run: RunId { check: name.clone(), scheduled_at: now },
        config: Arc::from(text.as_str()),
        scheduled_at: now,
        timeout: Duration::from_secs(args.timeout),
        previous: None,
        location: Arc::from("local"),
        labels: Labels::default(),
        rights: Arc::new(rights(&generation, &config, &args.grant)?),
        limits: Limits::default(),
        scope: watchkeep_core::commit::KvScope::Check(name),
    };
    let ports = Ports {
        kv: Arc::new(NoKv),
        secrets: NamedSecrets::of(&[], &std::collections::BTreeMap::new()),
        wall: Arc::new(wall),
    };
    let ended = engine.run_check(&generation, call, &ports).await;
    check::print_outcome(global, &ended.value, ended.took)
}

/// `--config` names the host's config everywhere else; a plugin that is run by hand has none but its own.
fn config_text(global: &Global) -> String {
    let text = global.config.to_string_lossy();
    if text.trim_start().starts_with('{') { text.into_owned() } else { "{}".to_owned() }
}

/// A file, or a bundled plugin by name.
async fn load(engine: &Engine, file: &Path) -> Result<Arc<Generation>> {
    let bundled = watchkeep_bundle::BUNDLED.iter().find(|plugin| Path::new(plugin.name) == file);
    let (bytes, source): (Arc<[u8]>, String) = match bundled {
        Some(plugin) if !file.exists() => (Arc::from(plugin.bytes), "bundled".to_owned()),
        _ => {
            let bytes = std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;
            (bytes.into(), file.display().to_string())
        }
    };
    engine.load(bytes, &source).await.map_err(|error| anyhow!("{error}"))
}

/// The config's own targets, and what `--grant` names.
fn rights(generation: &Generation, config: &Value, grants: &[String]) -> Result<Rights> {
    let mut allow = Allow::default();
    for grant in grants {
        let (capability, pattern) = grant.split_once('=').ok_or_else(|| {
            anyhow!("`{grant}` is no grant; hint: write it as `http=https://api.example.com`")
        })?;
        allow
            .parse_entry(capability, pattern)
            .with_context(|| format!("`--grant {grant}` is not understood"))?;
    }
    let mut targets = Vec::new();
    for (capability, value) in watchkeep_config::granting_values(&generation.schema, config) {
        targets.push(
            Target::from_config(&capability, &value).with_context(|| format!("`{value}` grants nothing"))?,
        );
    }
    Ok(Rights {
        plugin: generation.name.clone(),
        requests: Requests::Unstated,
        allow,
        targets,
        ceiling: Arc::new(Ceiling::default()),
    })
}
