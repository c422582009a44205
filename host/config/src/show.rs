//! A check, a rule or a heartbeat as it is after templates, `each` and defaults.

mod without_plugin;

use serde_json::Value as Json;
use toml::{Table, Value};
use watchkeep_core::grant::Allow;
use watchkeep_core::ids::{CheckName, PluginName};
use watchkeep_core::limits::{Limit, Limits};
use watchkeep_core::recovery::{Occurs, Remedy};
use watchkeep_core::setup::{CheckSpec, Missed, Parent, Schedule, Work};

use crate::config::Config;
use crate::limits::as_toml;
use crate::parents::written;
use crate::sections::checks::absent;
use crate::text::write_span;

/// The TOML of a check, rule or heartbeat, with secrets as `{ secret = "NAME" }`. `None` if there is none of this name.
pub fn show(config: &Config, name: &CheckName) -> Option<String> {
    let spec = config.setup.checks.get(name)?;
    let mut table = common(spec);
    let (section, limits) = match &spec.work {
        Work::Plugin => {
            check(config, spec, &mut table);
            ("check", limits(config, &spec.plugin))
        }
        Work::Rule(rule) => {
            without_plugin::rule(spec, rule, &mut table);
            ("rule", Table::new())
        }
        Work::Heartbeat(heartbeat) => {
            let secret = config.check_secrets.get(name).and_then(|names| names.first());
            without_plugin::heartbeat(spec, heartbeat, secret, &mut table);
            ("heartbeat", Table::new())
        }
    };
    let mut whole = Table::from_iter([(section.to_owned(), Value::Array(vec![table.into()]))]);
    whole.extend(limits);
    Some(toml::to_string(&whole).expect("a table of plain values can be written"))
}

/// What checks, rules and heartbeats have in common.
fn common(spec: &CheckSpec) -> Table {
    let mut table = Table::new();
    let hours = [("run_hours", &spec.run_hours), ("notify_hours", &spec.notify_hours)];
    for (key, calendar) in hours {
        let name = calendar.as_ref().map_or("always", |calendar| calendar.name().as_str());
        table.insert(key.to_owned(), name.into());
    }
    table.insert("name".to_owned(), spec.name.as_str().into());
    table.insert("enabled".to_owned(), spec.enabled.into());
    if !spec.depends_on.is_empty() {
        let groups = spec.depends_on.iter().map(|group| parents(group));
        table.insert("depends_on".to_owned(), Value::Array(groups.collect()));
    }
    if let Some(display) = &spec.display {
        table.insert("display".to_owned(), literal(display));
    }
    if let Some(runbook) = &spec.runbook {
        table.insert("runbook".to_owned(), literal(runbook));
    }
    if let Some(from) = &spec.renamed_from {
        table.insert("renamed_from".to_owned(), from.as_str().into());
    }
    for (key, when) in [("on_pending", Occurs::Pending), ("on_firing", Occurs::Firing)] {
        let named: Vec<Value> = spec.remedies.iter().filter(|it| it.when == when).map(remedy).collect();
        if !named.is_empty() {
            table.insert(key.to_owned(), Value::Array(named));
        }
    }
    let labels: Table = spec.labels.iter().map(|(name, value)| (name.to_owned(), literal(value))).collect();
    if !labels.is_empty() {
        table.insert("labels".to_owned(), labels.into());
    }
    table
}

fn remedy(remedy: &Remedy) -> Value {
    if remedy.after.is_zero() {
        return remedy.action.as_str().into();
    }
    let fields =
        [("action", Value::from(remedy.action.as_str())), ("after", write_span(remedy.after).into())];
    Table::from_iter(fields.map(|(key, value)| (key.to_owned(), value))).into()
}

fn check(config: &Config, spec: &CheckSpec, table: &mut Table) {
    table.extend(timing(spec));
    table.insert("plugin".to_owned(), spec.plugin.as_str().into());
    table.insert("send_short".to_owned(), spec.send_short.into());
    table.insert("beyond_witness".to_owned(), spec.beyond_witness.into());
    table.insert("absent".to_owned(), absent(spec.absent).into());
    table.insert("flapping".to_owned(), spec.flapping.into());
    table.insert("event_memory".to_owned(), write_span(spec.event_memory).into());
    let allow = config.check_allow.get(&spec.name).map(allow_table).unwrap_or_default();
    if !allow.is_empty() {
        table.insert("allow".to_owned(), allow.into());
    }
    let plugin_config = serde_json::from_str::<Json>(&spec.config).ok().and_then(to_toml);
    table.insert("config".to_owned(), plugin_config.unwrap_or_else(|| Table::new().into()));
}

/// The limits of its runs where they are not the default, and the host's ceilings.
fn limits(config: &Config, plugin: &PluginName) -> Table {
    let mut table = Table::new();
    let (limits, default) = (config.limits(plugin), Limits::default());
    let changed = Limit::ALL.iter().filter(|limit| limits.get(**limit) != default.get(**limit));
    let changed: Table =
        changed.map(|limit| (limit.key().to_owned(), as_toml(*limit, limits.get(*limit)))).collect();
    if !changed.is_empty() {
        let own = Table::from_iter([("limits".to_owned(), changed.into())]);
        let plugins = Table::from_iter([(plugin.to_string(), own.into())]);
        table.insert("plugin".to_owned(), plugins.into());
    }
    let ceilings = config.host.ceilings.iter();
    let ceilings: Table =
        ceilings.map(|(limit, most)| (limit.key().to_owned(), as_toml(limit, most))).collect();
    if !ceilings.is_empty() {
        let host = Table::from_iter([("ceilings".to_owned(), ceilings.into())]);
        table.insert("host".to_owned(), host.into());
    }
    table
}

fn timing(spec: &CheckSpec) -> Table {
    let mut table = Table::new();
    let mut set = |key: &str, value: Value| table.insert(key.to_owned(), value);
    match &spec.schedule {
        Schedule::Interval(interval) => set("interval", write_span(*interval).into()),
        Schedule::Cron(cron) => {
            set("schedule", cron.as_str().into());
            set("time_zone", cron.zone().name().into())
        }
    };
    set("timeout", write_span(spec.timeout).into());
    if let Some(retry) = spec.retry_interval {
        set("retry_interval", write_span(retry).into());
    }
    let (needed, of) = (spec.firing.needed(), spec.firing.of());
    match needed == of {
        true => set("failure_threshold", (needed as i64).into()),
        false => set("failures", format!("{needed} of {of}").into()),
    };
    set("success_threshold", i64::from(spec.success_threshold.get()).into());
    set("grace", write_span(spec.grace).into());
    let missed = match spec.missed {
        Missed::Skip => "skip",
        Missed::RunOnce => "run_once",
    };
    set("missed", missed.into());
    table
}

/// A redundancy group; a group of one is written as its member.
fn parents(group: &[Parent]) -> Value {
    match group {
        [parent] => literal(&written(parent)),
        group => Value::Array(group.iter().map(|parent| literal(&written(parent))).collect()),
    }
}

fn allow_table(allow: &Allow) -> Table {
    let mut table = Table::new();
    for (capability, entry) in allow.entries() {
        let list = table.entry(capability.as_str()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(entry.into());
        }
    }
    table
}

/// A text as it is written where `${` begins a placeholder.
fn literal(text: &str) -> Value {
    Value::from(text.replace("${", "$${"))
}

/// The value as TOML; `None` for null, which TOML does not have.
fn to_toml(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(flag) => flag.into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Json::String(text) => literal(&text),
        Json::Array(list) => Value::Array(list.into_iter().filter_map(to_toml).collect()),
        Json::Object(object) => {
            let entries = object.into_iter().filter_map(|(key, value)| Some((key, to_toml(value)?)));
            Value::Table(entries.collect())
        }
    })
}
