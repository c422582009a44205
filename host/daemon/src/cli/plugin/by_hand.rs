//! One call of a plugin without a host: what it is given, and what came of it.
//!
//! A secret comes from a file, and is bound to the places that the config and `--grant` lead to: whoever types both has
//! decided about both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use watchkeep_core::commit::KvScope;
use watchkeep_core::delivery::NotificationKind;
use watchkeep_core::grant::{
    Aim, Allow, Capability, Ceiling, GrantedBy, OriginPattern, Requests, Rights, Target,
};
use watchkeep_core::ids::{CheckName, ReceiverName, RunId, SecretName};
use watchkeep_core::labels::Labels;
use watchkeep_core::time::{Local, Wall, Zone};
use watchkeep_engine::{
    ActionCall, CheckCall, Engine, Generation, KvReadError, KvReader, Limits, NoSnapshots, NotifierCall,
    PluginKind, Ports, Tape,
};

use super::ending::Ending;
use super::samples;
use crate::cli::run::colour;
use crate::host::{NamedSecrets, control};

/// The kind of notification that a notifier gets by default.
pub(super) const USUAL_NOTIFICATION: NotificationKind = NotificationKind::Firing;
/// The kinds of notification of which there are samples.
pub(super) const NOTIFICATIONS: [NotificationKind; 4] = [
    NotificationKind::Firing,
    NotificationKind::Reminder,
    NotificationKind::Resolved,
    NotificationKind::Test,
];

/// Everything that decides how a call goes, except the world.
#[derive(Clone, Debug)]
pub(super) struct Input {
    /// JSON.
    pub(super) config: Value,
    /// When the call claims to happen.
    pub(super) at: Wall,
    pub(super) timeout: Duration,
    /// For a notifier.
    pub(super) notification: NotificationKind,
    /// For an action.
    pub(super) aim: Aim,
    /// The key-value state that an earlier run left.
    pub(super) kv: BTreeMap<String, String>,
}

/// Secrets by the names that a config uses.
pub(super) type Secrets = BTreeMap<SecretName, watchkeep_config::Secret>;

/// Calls the plugin once. Its config is checked first.
pub(super) async fn call(
    engine: &Engine,
    generation: &Arc<Generation>,
    input: &Input,
    rights: Rights,
    secrets: Secrets,
    tape: Option<Tape>,
) -> Result<(Ending, Duration)> {
    let config = input.config.to_string();
    check_config(engine, generation, &config).await?;
    let at = input.at;
    let ports = Ports {
        kv: Arc::new(PresetState(input.kv.clone())),
        snapshots: Arc::new(NoSnapshots),
        secrets: NamedSecrets::of(&secrets.keys().cloned().collect::<Vec<_>>(), &secrets),
        wall: Arc::new(move || at),
        local: Arc::new(|at| Local::at(Zone::UTC, at)),
        tape,
    };
    if input.aim == Aim::Look && generation.kind != PluginKind::Action {
        bail!(
            "plugin `{}` is a {}, and only an action has a dry run; hint: leave it out",
            generation.name,
            generation.kind.as_str()
        );
    }
    let rights = Arc::new(Rights { aim: input.aim, ..rights });
    match generation.kind {
        PluginKind::Check => {
            let call = run(generation, input, &config, rights);
            let ended = engine.run_check(generation, call, &ports).await;
            Ok((Ending::Run(ended.value), ended.took))
        }
        PluginKind::Notifier => {
            let call = attempt(generation, input, &config, rights);
            let ended = engine.deliver(generation, call, &ports).await;
            Ok((Ending::Attempt(ended.value.result), ended.took))
        }
        PluginKind::Action => {
            let call = action(generation, input, &config, rights);
            let ended = engine.act(generation, call, &ports).await;
            Ok((Ending::Action(ended.value), ended.took))
        }
    }
}

async fn check_config(engine: &Engine, generation: &Generation, config: &str) -> Result<()> {
    let Err(problems) = engine.validate(generation, config).await else { return Ok(()) };
    let told: Vec<String> = problems
        .iter()
        .map(|problem| match problem.path.as_str() {
            "" => problem.message.clone(),
            path => format!("`{path}` {}", problem.message),
        })
        .collect();
    Err(anyhow!("plugin `{}` does not take this config: {}", generation.name, told.join("; ")))
}

fn name_of(generation: &Generation) -> String {
    format!("by-hand-{}", generation.name)
}

fn run(generation: &Generation, input: &Input, config: &str, rights: Arc<Rights>) -> CheckCall {
    let name = CheckName::new(name_of(generation));
    CheckCall {
        run: RunId { check: name.clone(), scheduled_at: input.at },
        config: config.into(),
        scheduled_at: input.at,
        timeout: input.timeout,
        previous: None,
        location: "local".into(),
        labels: Labels::default(),
        rights,
        limits: Limits::default(),
        scope: KvScope::of_check(name, generation.name.clone()),
    }
}

fn attempt(generation: &Generation, input: &Input, config: &str, rights: Arc<Rights>) -> NotifierCall {
    let receiver = ReceiverName::new(name_of(generation));
    NotifierCall {
        notification: Arc::new(samples::notification(input.notification, receiver.clone(), input.at)),
        attempt: 1,
        config: config.into(),
        timeout: input.timeout,
        previous_id: None,
        invitations: BTreeMap::new(),
        private: Vec::new(),
        rights,
        limits: Limits::default(),
        scope: KvScope::of_receiver(receiver, generation.name.clone()),
    }
}

fn action(generation: &Generation, input: &Input, config: &str, rights: Arc<Rights>) -> ActionCall {
    ActionCall {
        occasion: Arc::new(samples::occasion(input.at)),
        attempt: 1,
        config: config.into(),
        timeout: input.timeout,
        rights,
        limits: Limits::default(),
        scope: KvScope::of_check(CheckName::new(name_of(generation)), generation.name.clone()),
    }
}

/// What a host's config names on this machine. Grants by hand use these names.
pub(super) fn ceiling(machine: Option<&Path>, grants: &[String]) -> Result<Ceiling> {
    let Some(path) = machine else {
        for grant in grants {
            let (capability, _) = parts(grant)?;
            let of_machine = match Capability::parse(capability) {
                Some(
                    Capability::NetLocal | Capability::HttpLocal | Capability::Files | Capability::Commands,
                ) => true,
                Some(_) | None => false,
            };
            if of_machine {
                bail!(
                    "`--grant {grant}` is about something of this machine, and a host's config says what has that name; \
                     hint: add `--machine watchkeep.toml`"
                );
            }
        }
        return Ok(Ceiling { granted_by: GrantedBy::CommandLine, ..Ceiling::default() });
    };
    let machine =
        watchkeep_config::machine(path, &watchkeep_config::ProcessEnvironment).map_err(|problems| {
            let text = watchkeep_config::render(&problems, colour());
            anyhow!("`--machine {}` cannot be taken\n{}", path.display(), text.trim_end())
        })?;
    let resolved = |path: PathBuf| path.canonicalize().unwrap_or(path);
    Ok(Ceiling {
        sockets: machine.sockets,
        roots: machine.roots,
        commands: machine.commands,
        own_sockets: vec![control::socket_path(&resolved(machine.data_dir.clone()))],
        closed: machine.files.into_iter().chain([machine.data_dir]).map(resolved).collect(),
        granted_by: GrantedBy::CommandLine,
        ..Ceiling::default()
    })
}

fn parts(grant: &str) -> Result<(&str, &str)> {
    grant.split_once('=').ok_or_else(|| {
        anyhow!("`{grant}` is not a valid grant; hint: write it as `http=https://api.example.com`")
    })
}

/// The config's own targets, and what `--grant` names.
pub(super) fn rights(
    generation: &Generation,
    config: &Value,
    grants: &[String],
    ceiling: Ceiling,
) -> Result<Rights> {
    let mut allow = Allow::default();
    for grant in grants {
        let (capability, pattern) = parts(grant)?;
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
    Ok(Rights { targets, allow: allow.into(), ceiling: Arc::new(ceiling), ..no_rights(generation) })
}

/// Reads secrets, each given as `NAME=FILE`. They are bound to every place that the config and the grants lead to; one
/// that is a URL is bound to its own origin, as in a host's config.
pub(super) fn secrets(given: &[String], rights: &Rights) -> Result<Secrets> {
    let mut secrets = Secrets::new();
    for entry in given {
        let (name, file) = entry.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            anyhow!("`--secret {entry}` names no file; hint: write it as `--secret NAME=FILE`")
        })?;
        let mut value =
            std::fs::read(file).with_context(|| format!("cannot read the secret `{name}` from `{file}`"))?;
        while value.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            value.pop();
        }
        let own = std::str::from_utf8(&value).ok().and_then(|url| OriginPattern::of_url(url).ok());
        let to = match own {
            Some(origin) => vec![origin],
            None => rights
                .targets
                .iter()
                .flat_map(|target| target.as_allow().entries())
                .chain(rights.allow.entries())
                .filter(|(capability, _)| matches!(capability, Capability::Http | Capability::Net))
                .filter_map(|(_, entry)| OriginPattern::parse(&entry).ok())
                .collect(),
        };
        secrets.insert(SecretName::from(name), watchkeep_config::Secret::new(value, to));
    }
    Ok(secrets)
}

/// Refuses a config that names a secret which was not given, as a host does.
pub(super) fn must_be_given(generation: &Generation, config: &Value, secrets: &Secrets) -> Result<()> {
    let missing = watchkeep_config::secrets_named(&generation.schema, config)
        .into_iter()
        .find(|name| !secrets.keys().any(|given| given.as_str() == name));
    match missing {
        None => Ok(()),
        Some(name) => bail!(
            "the config names the secret `{name}`, which was not given; hint: add `--secret {name}=FILE`, with a file that \
             holds its value"
        ),
    }
}

/// The rights in a replay: none, so a call that the recording does not answer reaches nothing.
pub(super) fn no_rights(generation: &Generation) -> Rights {
    Rights {
        plugin: generation.name.clone(),
        requests: Requests::Unstated,
        allow: Arc::default(),
        targets: Vec::new(),
        ceiling: Arc::new(Ceiling::default()),
        aim: Aim::Act,
    }
}

/// Key-value state that has what it was given, and keeps nothing.
struct PresetState(BTreeMap<String, String>);

impl KvReader for PresetState {
    fn get(&self, _: &KvScope, key: &str) -> Result<Option<(Vec<u8>, u64)>, KvReadError> {
        Ok(self.0.get(key).map(|value| (value.clone().into_bytes(), 1)))
    }
    fn keys(&self, _: &KvScope, prefix: &str) -> Result<Vec<String>, KvReadError> {
        Ok(self.0.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }
}
