//! `watchkeep plugin inspect`: what a plugin is, what it asks for, and which of that a config grants.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};
use watchkeep_config::{FieldDoc, fields};
use watchkeep_core::grant::{Aim, Allow, Ceiling, Requests, Rights, asks_for_more};
use watchkeep_engine::{Generation, Request};

use super::{by_hand, load, run};
use crate::cli::{Global, output, validate};

pub(super) const EXAMPLES: &str = "\
Examples:
  watchkeep plugin inspect plugins/first-check.wasm
  watchkeep plugin inspect http --config '{\"url\": \"https://example.com/\"}' --grant tls_unverified=https://example.com
  watchkeep --config watchkeep.toml plugin inspect plugins/detectify.wasm

With `--config`, which takes the plugin's config or a host's, it also says what every use of it may do, and which of its
requests nobody has granted.";

#[derive(clap::Args)]
pub(crate) struct InspectArgs {
    /// A component, or the name of a bundled plugin.
    file: PathBuf,
    /// With a plugin's config: a right beyond the config's own targets, as `capability=pattern`; may be given again.
    #[arg(long, value_name = "GRANT")]
    grant: Vec<String>,
}

/// What a check, a receiver or a config of the plugin grants it.
struct Use {
    /// Such as "check `shop`".
    who: String,
    rights: Rights,
}

pub(super) async fn inspect(global: &Global, args: InspectArgs) -> Result<ExitCode> {
    let engine = validate::scratch_engine()?;
    let generation = load(&engine, &args.file).await?;
    let uses = uses(global, &generation, &args.grant).await?;
    if global.json {
        output::print_json(&as_json(&generation, uses.as_deref()))?;
    } else {
        print(&generation, uses.as_deref())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `None` if no config was given.
async fn uses(global: &Global, generation: &Generation, grants: &[String]) -> Result<Option<Vec<Use>>> {
    let is_hosts = !global.config.to_string_lossy().trim_start().starts_with('{')
        && (global.config.is_dir() || global.config.extension().is_some_and(|extension| extension == "toml"));
    if is_hosts && global.config != Path::new("watchkeep.toml") {
        return in_host(global, generation).await.map(Some);
    }
    let config = run::config(global)?;
    if config.is_none() && grants.is_empty() {
        return Ok(None);
    }
    let config = config.unwrap_or_else(|| json!({}));
    let rights = by_hand::rights(generation, &config, grants, Ceiling::default())?;
    Ok(Some(vec![Use { who: "this config".to_owned(), rights }]))
}

/// Every check, receiver and action of a host's config that uses the plugin.
async fn in_host(global: &Global, generation: &Generation) -> Result<Vec<Use>> {
    let (config, _, _) = validate::load_good(global).await?;
    let everywhere =
        config.plugins.get(&generation.name).map(|settings| settings.allow.clone()).unwrap_or_default();
    let ceiling = Arc::new(Ceiling {
        private_networks: config.host.private_networks.clone(),
        sockets: config.sockets.clone(),
        roots: config.roots.clone(),
        commands: config.commands.clone(),
        ..Ceiling::default()
    });
    let rights = |own: Option<&Allow>, targets: Option<&Vec<_>>| {
        let mut allow = everywhere.clone();
        if let Some(own) = own {
            allow.merge(own);
        }
        Rights {
            plugin: generation.name.clone(),
            requests: Requests::Unstated,
            allow: allow.into(),
            targets: targets.cloned().unwrap_or_default(),
            ceiling: Arc::clone(&ceiling),
            aim: Aim::Act,
        }
    };
    let checks = config.setup.checks.values().filter(|spec| spec.plugin == generation.name).map(|spec| Use {
        who: format!("check `{}`", spec.name),
        rights: rights(config.check_allow.get(&spec.name), config.check_targets.get(&spec.name)),
    });
    let receivers = config.setup.receivers.values().filter(|spec| spec.plugin == generation.name);
    let receivers = receivers.map(|spec| Use {
        who: format!("receiver `{}`", spec.name),
        rights: rights(config.receiver_allow.get(&spec.name), config.receiver_targets.get(&spec.name)),
    });
    let actions = config.setup.actions.values().filter(|spec| spec.plugin == generation.name);
    let actions = actions.map(|spec| {
        let grants = config.action_grants.get(&spec.name);
        Use {
            who: format!("action `{}`", spec.name),
            rights: rights(grants.map(|grants| &grants.allow), grants.map(|grants| &grants.targets)),
        }
    });
    Ok(checks.chain(receivers).chain(actions).collect())
}

impl Use {
    fn nothing(&self) -> Rights {
        Rights { allow: Arc::default(), targets: Vec::new(), ..self.rights.clone() }
    }
    /// In the grammar of `allow`.
    fn granted(&self) -> Vec<String> {
        asks_for_more(&self.nothing(), &self.rights, &[]).iter().map(ToString::to_string).collect()
    }
    fn grants(&self, request: &Request) -> bool {
        let mut asked = Allow::default();
        // The engine has refused a plugin whose requests are not understood.
        asked.parse_entry(&request.capability, &request.target).is_ok()
            && asks_for_more(&self.rights, &Rights { allow: asked.into(), ..self.nothing() }, &[]).is_empty()
    }
    fn missing<'a>(&self, generation: &'a Generation) -> Vec<&'a Request> {
        generation.requests.iter().filter(|request| !self.grants(request)).collect()
    }
}

fn as_json(generation: &Generation, uses: Option<&[Use]>) -> Value {
    let requests: Vec<Value> = generation
        .requests
        .iter()
        .map(|request| {
            json!({ "capability": request.capability, "target": request.target, "reason": request.reason })
        })
        .collect();
    let uses = uses.map(|uses| {
        let one = |used: &Use| {
            let missing: Vec<String> = used
                .missing(generation)
                .iter()
                .map(|request| format!("{}: {}", request.capability, request.target))
                .collect();
            json!({ "who": used.who, "granted": used.granted(), "not_granted": missing })
        };
        uses.iter().map(one).collect::<Vec<_>>()
    });
    json!({
        "name": generation.name.as_str(),
        "kind": generation.kind.as_str(),
        "version": generation.version,
        "summary": generation.summary,
        "world": generation.world(),
        "contract": generation.contract,
        "digest": generation.digest.to_string(),
        "size_bytes": generation.size,
        "imports": generation.imports,
        "requests": requests,
        "uses": uses,
        "config": fields(&generation.schema).iter().map(field_as_json).collect::<Vec<_>>(),
        "config_schema": generation.schema,
    })
}

fn print(generation: &Generation, uses: Option<&[Use]>) -> Result<()> {
    let listed = |items: &[String]| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    output::print_line(&format!(
        "{} {} ({})\n  {}\n  world     {}\n  contract  {}\n  digest    {}\n  size      {} bytes\n  imports   {}",
        generation.name,
        output::plain(&generation.version),
        generation.kind,
        output::plain(&generation.summary),
        generation.world(),
        generation.contract.as_deref().unwrap_or("none: a program of the Nagios convention"),
        generation.digest,
        generation.size,
        listed(&generation.imports),
    ))?;
    output::print_line(if generation.requests.is_empty() { "  requests  none" } else { "  requests" })?;
    for Request { capability, target, reason } in &generation.requests {
        output::print_line(&output::plain(&format!("    {capability}: {target}  {reason}")))?;
    }
    output::print_line("  config")?;
    for line in config_lines(&fields(&generation.schema)) {
        output::print_line(&format!("    {line}"))?;
    }
    let Some(uses) = uses else { return Ok(()) };
    if uses.is_empty() {
        output::print_line("  uses      none: no check and no receiver of this config names it")?;
    }
    for used in uses {
        output::print_line(&output::plain(&format!("  {} grants  {}", used.who, listed(&used.granted()))))?;
        for Request { capability, target, .. } in used.missing(generation) {
            output::print_line(&output::plain(&format!(
                "    not granted: {capability}: {target}; hint: add `{capability} = [{target:?}]` under [plugin.{}.allow]",
                generation.name
            )))?;
        }
    }
    Ok(())
}

/// For each field its name, type, whether it is required, its default and description; below that, how it may be
/// written.
fn config_lines(fields: &[FieldDoc]) -> Vec<String> {
    if fields.is_empty() {
        return vec!["none".to_owned()];
    }
    let lines = fields.iter().flat_map(|field| {
        let default = field.default.as_ref().map(|default| format!("default {}", as_toml(default)));
        let grants = (!field.grants.is_empty()).then(|| format!("grants {}", field.grants.join(", ")));
        let kind = (!field.kind.is_empty()).then(|| field.kind.clone());
        let facts = [
            kind,
            bounds(field),
            choices(field),
            field.required.then(|| "required".to_owned()),
            default,
            grants,
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        let what = field.description.as_deref().unwrap_or_default();
        let key = field.path.rsplit('.').next().unwrap_or_default();
        let example = field.example.as_ref().map(|example| format!("    {key} = {}", as_toml(example)));
        let hint = field.hint.as_ref().map(|hint| format!("    {hint}"));
        [Some(format!("{} ({})  {what}", field.path, facts.join(", "))), example, hint]
    });
    lines.flatten().map(|line| output::plain(&line)).collect()
}

/// The bounds of a field, without those of its type that nobody gets near.
fn bounds(field: &FieldDoc) -> Option<String> {
    let (least, most) = &field.bounds;
    let sensible = |bound: &&Value| bound.as_f64().is_none_or(|bound| bound.abs() < f64::from(i32::MAX));
    match (least.as_ref().filter(sensible), most.as_ref().filter(sensible)) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("{least} or more")),
        (None, Some(most)) => Some(format!("{most} or less")),
        (None, None) => None,
    }
}

fn choices(field: &FieldDoc) -> Option<String> {
    let choices: Vec<String> = field.choices.iter().map(as_toml).collect();
    (!choices.is_empty()).then(|| format!("one of {}", choices.join(", ")))
}

fn field_as_json(field: &FieldDoc) -> Value {
    json!({
        "path": field.path,
        "type": field.kind,
        "choices": field.choices,
        "minimum": field.bounds.0,
        "maximum": field.bounds.1,
        "required": field.required,
        "default": field.default,
        "example": field.example,
        "hint": field.hint,
        "description": field.description,
        "grants": field.grants,
        "secret": field.takes_secret,
    })
}

/// A value as it is written after `key =` in a config.
fn as_toml(value: &Value) -> String {
    let listed = |items: Vec<String>| items.join(", ");
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{key} = {}", as_toml(value)));
            format!("{{ {} }}", listed(fields.collect()))
        }
        Value::Array(items) => format!("[{}]", listed(items.iter().map(as_toml).collect())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
