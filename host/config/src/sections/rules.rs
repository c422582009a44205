//! `[[rule]]`: what is looked at, and from when on it is a problem (rule A14).

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::report::Severity;
use watchkeep_core::rule::{Aggregate, Bound, RuleSpec};
use watchkeep_core::setup::{Schedule, Threshold, Work};

use super::checks::{Checks, ReadContext};
use super::entries;
use super::without_plugin::{self, Common, Own};
use crate::each::Placeholders;
use crate::gather::{Element, Gathered};
use crate::keys::{DEFAULTS, RULE};
use crate::names::KnownNames;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, as_text, refuse_unknown_keys};
use crate::source::Sources;
use crate::text::write_span;

/// The most judgements that an alert remembers.
const IN_A_ROW_MAX: u128 = 2_000;

pub(crate) fn read(
    gathered: &Gathered<'_>,
    around: &ReadContext<'_>,
    given: &mut KnownNames,
    checks: &mut Checks,
    sources: &mut Sources,
    problems: &mut Problems,
) {
    for element in gathered.many("rule") {
        let root = KeyPath::Root;
        let all = root.key("rule");
        let name = element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("");
        let path = all.key(name);
        refuse_unknown_keys(&RULE, element.table, &path, problems);
        entries::for_each(element, "rule", &path, sources, problems, |placeholders, problems| {
            let layers = [element.table];
            let reader = without_plugin::reader(&RULE, &layers, path, placeholders);
            let common = Common::read(&reader, element, around, given, problems);
            let own = own(&reader, element, around, problems);
            common.add_to(checks, "rule", own, element.span);
        });
    }
}

fn own(
    reader: &Reader<'_>,
    element: &Element<'_>,
    around: &ReadContext<'_>,
    problems: &mut Problems,
) -> Option<Own> {
    let matchers = reader.matchers(problems);
    for key in ["metric", "aggregate", "over"] {
        if reader.entry(key).is_none() {
            let draft = Draft::error(element.span, &reader.path, format!("the rule has no `{key}`"));
            problems.push(draft.hint(match key {
                "metric" => "add `metric = \"probe_duration_seconds\"`, or another one that checks report",
                "aggregate" => "add `aggregate = \"avg\"`, or `max`, `p50`, `p95`, `p99`, `rate`, `forecast`",
                _ => "add `over = \"5m\"`: so far back it looks",
            }));
        }
    }
    let metric = reader.text("metric", problems);
    let aggregate = aggregate(reader, problems);
    let over = reader.span("over", problems);
    let bound = bound(reader, element, problems);
    let by = reader.texts("by", problems).unwrap_or_default();
    let severity = match reader.choice("severity", problems) {
        Some("info") => Severity::Info,
        Some("error") => Severity::Error,
        Some(_) | None => Severity::Warning,
    };
    let defaults = [around.defaults];
    let root = KeyPath::Root;
    let below = Reader {
        section: &DEFAULTS,
        layers: &defaults,
        path: root.key("defaults"),
        placeholders: Placeholders::Literal,
    };
    let interval = reader
        .span("interval", problems)
        .or_else(|| below.span("interval", problems))
        .unwrap_or_else(|| without_plugin::default("interval"));
    let firing = firing(reader, interval, problems);
    let grace = below.span("grace", problems).unwrap_or_else(|| without_plugin::default("grace"));
    let spec = RuleSpec {
        matchers,
        metric: metric?.value,
        aggregate: aggregate?,
        over: over?,
        bound: bound?,
        by: by.into_iter().map(|label| label.value).collect(),
        severity,
    };
    Some(Own {
        plugin: without_plugin::RULE,
        work: Work::Rule(Arc::new(spec)),
        schedule: Schedule::Interval(interval),
        firing: firing?,
        grace,
    })
}

fn aggregate(reader: &Reader<'_>, problems: &mut Problems) -> Option<Aggregate> {
    let within = reader.span("within", problems);
    let chosen = reader.choice("aggregate", problems)?;
    let entry = reader.entry("within");
    if chosen != "forecast"
        && let Some(entry) = entry
    {
        let message = format!("`within` is for `forecast`, and the rule's aggregate is `{chosen}`");
        let draft = Draft::error(entry.key, &reader.path.key("within"), message);
        problems.push(draft.hint("take it out, or write `aggregate = \"forecast\"`"));
    }
    Some(match chosen {
        "max" => Aggregate::Max,
        "p50" => Aggregate::P50,
        "p95" => Aggregate::P95,
        "p99" => Aggregate::P99,
        "rate" => Aggregate::Rate,
        "forecast" => {
            if let (None, Some(aggregate)) = (entry, reader.entry("aggregate")) {
                let message = "the forecast does not say how far ahead it looks";
                let draft = Draft::error(aggregate.node.span, &reader.path.key("within"), message);
                problems.push(draft.hint("add `within = \"24h\"`"));
            }
            Aggregate::Forecast(within?)
        }
        _ => Aggregate::Avg,
    })
}

fn bound(reader: &Reader<'_>, element: &Element<'_>, problems: &mut Problems) -> Option<Bound> {
    match (reader.entry("above"), reader.entry("below")) {
        (None, None) => {
            let draft = Draft::error(element.span, &reader.path, "the rule has neither `above` nor `below`");
            problems.push(draft.hint("add `above = 1.0`: beyond it the rule holds"));
            None
        }
        (Some(above), Some(below)) => {
            let message = "`above` and `below` exclude each other";
            let draft = Draft::error(below.key, &reader.path.key("below"), message);
            problems.push(
                draft
                    .hint("keep one of the two; write two rules for a range")
                    .note(above.key, "the other one"),
            );
            None
        }
        (Some(_), None) => reader.number("above", problems).map(Bound::Above),
        (None, Some(_)) => reader.number("below", problems).map(Bound::Below),
    }
}

/// The threshold for `for`: as many judgements in a row as fit into it, plus one, because the first is at its
/// beginning.
fn firing(reader: &Reader<'_>, interval: Duration, problems: &mut Problems) -> Option<Threshold> {
    let lasts = reader.span("for", problems).unwrap_or_default();
    let count = lasts.as_millis() / interval.as_millis().max(1) + 1;
    if count > IN_A_ROW_MAX
        && let Some(entry) = reader.entry("for")
    {
        let message = format!(
            "`for` is {count} times the interval of {}, more than {IN_A_ROW_MAX}",
            write_span(interval)
        );
        let draft = Draft::error(entry.node.span, &reader.path.key("for"), message);
        problems.push(draft.hint("give the rule a longer `interval`, or a shorter `for`"));
        return None;
    }
    let count = u32::try_from(count).ok().and_then(NonZeroU32::new)?;
    Threshold::new(count, count)
}
