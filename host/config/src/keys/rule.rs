//! `[[rule]]` and `[[heartbeat]]`: checks without a plugin.

use super::action::REMEDIES;
use super::shared::{DAY, EACH_FILE, LABELS, MINUTE};
use super::status_page::DISPLAY;
use super::{Key, Kind, Named, Section};

/// The keys that both accept just as checks do.
const AS_CHECKS: &[Key] = &[
    Key {
        name: "name",
        kind: Kind::Text,
        default: "",
        doc: "Required. Letters, digits and `-_.:`. Checks, rules and heartbeats share their names.",
    },
    Key {
        name: "each",
        kind: Kind::Entries,
        default: "",
        doc: "One of them for each entry: `{ db = { key = \"...\" } }`, as a check has it.",
    },
    EACH_FILE,
    LABELS,
    DISPLAY,
    Key {
        name: "runbook",
        kind: Kind::Text,
        default: "(that of `[defaults]`)",
        doc: "Where to read what to do. Included in every notice.",
    },
    Key {
        name: "run_hours",
        kind: Kind::Name(Named::Calendar),
        default: "(that of `[defaults]`)",
        doc: "The calendar in whose hours it judges, or `always`.",
    },
    Key {
        name: "notify_hours",
        kind: Kind::Name(Named::Calendar),
        default: "(that of `[defaults]`)",
        doc: "The calendar in whose hours notices may go out, or `always`.",
    },
    Key { name: "depends_on", kind: Kind::Parents, default: "", doc: "As a check has it." },
    Key { name: "enabled", kind: Kind::Flag, default: "true", doc: "Whether it judges." },
    Key {
        name: "renamed_from",
        kind: Kind::Text,
        default: "",
        doc: "Its earlier name: an open alert continues under the new one.",
    },
];

pub(crate) const RULE: Section = Section {
    header: "[[rule]]",
    noun: "a rule",
    doc: "A check without a plugin: it evaluates a metric that checks have reported. Its label `plugin` is `rule`.",
    keys: &[
        AS_CHECKS,
        REMEDIES,
        &[
            Key {
                name: "match",
                kind: Kind::Matchers,
                default: "(every check)",
                doc: "Which checks' metrics: all must match the check's labels, which include `check` and `plugin`.",
            },
            Key { name: "metric", kind: Kind::Text, default: "", doc: "Required. The metric's name." },
            Key {
                name: "aggregate",
                kind: Kind::Choice(&["avg", "max", "p50", "p95", "p99", "rate", "forecast"]),
                default: "",
                doc: "Required. What is computed from the samples: `rate` is the growth of a counter per second, `forecast` the value of a straight line through them after `within`.",
            },
            Key {
                name: "over",
                kind: Kind::Span { min: 1_000, max: 366 * DAY },
                default: "",
                doc: "Required. How far back it looks.",
            },
            Key {
                name: "within",
                kind: Kind::Span { min: MINUTE, max: 366 * DAY },
                default: "",
                doc: "How far ahead it looks. Required with `forecast`, and only allowed with it.",
            },
            Key {
                name: "above",
                kind: Kind::Number,
                default: "",
                doc: "The rule fires above this. Exactly one of `above` and `below`.",
            },
            Key { name: "below", kind: Kind::Number, default: "", doc: "The rule fires below this." },
            Key {
                name: "for",
                kind: Kind::Span { min: 0, max: 30 * DAY },
                default: "0s",
                doc: "How long the value must be beyond the bound: as many judgements in a row as fit into this time, plus one.",
            },
            Key {
                name: "by",
                kind: Kind::Texts,
                default: "(one value over all)",
                doc: "Labels of the metric or of its check. Each of their values is judged separately, as a finding.",
            },
            Key {
                name: "severity",
                kind: Kind::Choice(&["info", "warning", "error"]),
                default: "warning",
                doc: "The severity of its notices.",
            },
            Key {
                name: "interval",
                kind: Kind::Span { min: 1_000, max: 366 * DAY },
                default: "(that of `[defaults]`)",
                doc: "From one evaluation to the next.",
            },
        ],
    ],
};

pub(crate) const HEARTBEAT: Section = Section {
    header: "[[heartbeat]]",
    noun: "a heartbeat",
    doc: "A check that waits: a job pings `/ping/KEY` when it is done, or appends `/start`, `/fail`, `/log` or its exit status. A ping that does not come in time is critical. Its label `plugin` is `heartbeat`.",
    keys: &[
        AS_CHECKS,
        REMEDIES,
        &[
            Key {
                name: "key",
                kind: Kind::TextOrSecret,
                default: "",
                doc: "Required. The last part of the ping URL, a text or `{ secret = \"NAME\" }`. Whoever knows it may ping. At least 16 letters, digits, `-` and `_`; a UUID fits.",
            },
            Key {
                name: "every",
                kind: Kind::Span { min: 1_000, max: 366 * DAY },
                default: "",
                doc: "A ping is due within each such span. Exactly one of `every` and `schedule`.",
            },
            Key {
                name: "schedule",
                kind: Kind::Cron,
                default: "",
                doc: "A ping is due for each of these starts. Cron, five fields or six with seconds in front.",
            },
            Key {
                name: "time_zone",
                kind: Kind::Zone,
                default: "(that of `[defaults]`)",
                doc: "The IANA name of the zone of `schedule`.",
            },
            Key {
                name: "grace",
                kind: Kind::Span { min: 0, max: 30 * DAY },
                default: "5m",
                doc: "How much later than due a ping may come.",
            },
            Key {
                name: "lasts_max",
                kind: Kind::Span { min: 1_000, max: 366 * DAY },
                default: "(`every`, or `1h` with a `schedule`)",
                doc: "How long a job that pinged its start has to ping its end.",
            },
            Key {
                name: "failure_threshold",
                kind: Kind::Count { min: 1, max: 100 },
                default: "1",
                doc: "How many failures in a row confirm a problem.",
            },
        ],
    ],
};
