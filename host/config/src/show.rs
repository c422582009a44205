//! A check as it is after templates, `each` and defaults.

use serde_json::Value as Json;
use toml::{Table, Value};
use watchkeep_core::grant::Allow;
use watchkeep_core::ids::{CheckName, PluginName};
use watchkeep_core::limits::{Limit, Limits};
use watchkeep_core::setup::{CheckSpec, Missed, Schedule};

use crate::config::Config;
use crate::limits::as_toml;
use crate::text::write_span;

/// TOML; secrets stand in it as `{ secret = "NAME" }`. `None` if there is no such check.
pub fn show(config: &Config, name: &CheckName) -> Option<String> {
    let spec = config.setup.checks.get(name)?;
    let mut check = timing(spec);
    let hours = [("run_hours", &spec.run_hours), ("notify_hours", &spec.notify_hours)];
    for (key, calendar) in hours {
        let name = calendar.as_ref().map_or("always", |calendar| calendar.name().as_str());
        check.insert(key.to_owned(), name.into());
    }
    check.insert("name".to_owned(), spec.name.as_str().into());
    check.insert("plugin".to_owned(), spec.plugin.as_str().into());
    check.insert("enabled".to_owned(), spec.enabled.into());
    check.insert("send_short".to_owned(), spec.send_short.into());
    if !spec.depends_on.is_empty() {
        let names = spec.depends_on.iter().map(|name| Value::from(name.as_str()));
        check.insert("depends_on".to_owned(), Value::Array(names.collect()));
    }
    if let Some(runbook) = &spec.runbook {
        check.insert("runbook".to_owned(), literal(runbook));
    }
    if let Some(from) = &spec.renamed_from {
        check.insert("renamed_from".to_owned(), from.as_str().into());
    }
    let labels: Table = spec.labels.iter().map(|(name, value)| (name.to_owned(), literal(value))).collect();
    if !labels.is_empty() {
        check.insert("labels".to_owned(), labels.into());
    }
    let allow = config.check_allow.get(name).map(allow_table).unwrap_or_default();
    if !allow.is_empty() {
        check.insert("allow".to_owned(), allow.into());
    }
    let plugin_config = serde_json::from_str::<Json>(&spec.config).ok().and_then(to_toml);
    check.insert("config".to_owned(), plugin_config.unwrap_or_else(|| Table::new().into()));
    let mut whole = Table::from_iter([("check".to_owned(), Value::Array(vec![check.into()]))]);
    whole.extend(limits(config, &spec.plugin));
    Some(toml::to_string(&whole).expect("a table of plain values can be written"))
}

/// What its runs may use, where that is not the default, and the host's ceilings.
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

/// `None` for null, which TOML does not have.
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
