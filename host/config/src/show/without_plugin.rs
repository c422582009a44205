//! Rules and heartbeats as they would be written.

use toml::{Table, Value};
use watchkeep_core::heartbeat::{Expects, HeartbeatSpec};
use watchkeep_core::ids::SecretName;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::rule::{Aggregate, Bound, RuleSpec};
use watchkeep_core::setup::{CheckSpec, Schedule};

use super::literal;
use crate::text::write_span;

pub(super) fn rule(spec: &CheckSpec, rule: &RuleSpec, table: &mut Table) {
    let mut set = |key: &str, value: Value| table.insert(key.to_owned(), value);
    let RuleSpec { matchers, metric, aggregate, over, bound, by, severity } = rule;
    if !matchers.is_empty() {
        set("match", texts(matchers.iter().map(Matcher::to_string)));
    }
    set("metric", literal(metric));
    set("aggregate", aggregate.as_str().into());
    if let Aggregate::Forecast(within) = aggregate {
        set("within", write_span(*within).into());
    }
    set("over", write_span(*over).into());
    match bound {
        Bound::Above(bound) => set("above", (*bound).into()),
        Bound::Below(bound) => set("below", (*bound).into()),
    };
    if !by.is_empty() {
        set("by", texts(by.iter().cloned()));
    }
    set("severity", severity.as_str().into());
    if let Schedule::Interval(interval) = &spec.schedule {
        set("interval", write_span(*interval).into());
        let further = u32::try_from(spec.firing.needed() - 1).unwrap_or(u32::MAX);
        set("for", write_span(interval.saturating_mul(further)).into());
    }
}

pub(super) fn heartbeat(
    spec: &CheckSpec,
    heartbeat: &HeartbeatSpec,
    secret: Option<&SecretName>,
    table: &mut Table,
) {
    let mut set = |key: &str, value: Value| table.insert(key.to_owned(), value);
    let HeartbeatSpec { key, expects, lasts_max } = heartbeat;
    set(
        "key",
        match secret {
            Some(name) => Table::from_iter([("secret".to_owned(), Value::from(name.as_str()))]).into(),
            None => key.as_str().into(),
        },
    );
    match expects {
        Expects::Every(every) => {
            set("every", write_span(*every).into());
        }
        Expects::At(cron) => {
            set("schedule", cron.as_str().into());
            set("time_zone", cron.zone().name().into());
        }
    }
    set("lasts_max", write_span(*lasts_max).into());
    set("grace", write_span(spec.grace).into());
    set("failure_threshold", (spec.firing.needed() as i64).into());
}

fn texts(all: impl Iterator<Item = String>) -> Value {
    Value::Array(all.map(|text| literal(&text)).collect())
}
