//! `[[action]]`, and what a check says of actions.

use super::shared::{ALLOW, CONFIG, DAY, HOUR, MINUTE};
use super::{Key, Kind, Named, Section};

pub(crate) const ACTION: Section = Section {
    header: "[[action]]",
    noun: "an action",
    doc: "An action plugin with a config: automatic recovery. Checks name it in `on_pending` or `on_firing`; `watchkeep action run` acts by hand. It acts at most once for each decision, also across a crash, and never in maintenance, while a parent of the check is down, or while this host is cut off.",
    keys: &[&[
        Key { name: "name", kind: Kind::Text, default: "", doc: "Required. Letters, digits and `-_.:`." },
        Key {
            name: "plugin",
            kind: Kind::Name(Named::Plugin),
            default: "",
            doc: "Required. The action plugin.",
        },
        CONFIG,
        ALLOW,
        Key {
            name: "timeout",
            kind: Kind::Span { min: 1_000, max: HOUR },
            default: "1m",
            doc: "The wall time that one attempt may take. What takes longer has an unknown result.",
        },
        Key {
            name: "level",
            kind: Kind::Choice(&["critical", "warning"]),
            default: "critical",
            doc: "The least severe state for which it acts by itself.",
        },
        Key {
            name: "attempts",
            kind: Kind::Count { min: 1, max: 100 },
            default: "1",
            doc: "How often it acts in the life of one alert. When the last attempt did not help, whoever was told of the alert is told that, and the next step of an escalation does not wait.",
        },
        Key {
            name: "cool_down",
            kind: Kind::Span { min: 0, max: 31 * DAY },
            default: "10m",
            doc: "The least time from the end of one attempt to the next for the same check or finding, also over a restart.",
        },
        Key {
            name: "most",
            kind: Kind::Most,
            default: "3 in 1h",
            doc: "How often it acts for the same check or finding, whatever became of the alerts.",
        },
        Key {
            name: "most_overall",
            kind: Kind::Most,
            default: "30 in 1h",
            doc: "How often it acts for all checks and findings together.",
        },
        Key {
            name: "hours",
            kind: Kind::Name(Named::Calendar),
            default: "always",
            doc: "The calendar in whose hours it acts by itself, or `always`.",
        },
        Key {
            name: "while_acknowledged",
            kind: Kind::Flag,
            default: "false",
            doc: "Whether it acts although somebody has acknowledged the alert.",
        },
        Key {
            name: "settle",
            kind: Kind::Span { min: 0, max: DAY },
            default: "10s",
            doc: "How long after its end the check is run again. A problem that is found before says nothing about whether it helped.",
        },
        Key {
            name: "needs_approval",
            kind: Kind::Flag,
            default: "false",
            doc: "Whether a person has to agree first, with `watchkeep action approve` or on the page of the alert.",
        },
        Key {
            name: "dry_run",
            kind: Kind::Flag,
            default: "false",
            doc: "Whether it only says what it would do. It then has no right that changes anything.",
        },
    ]],
};

/// What checks, rules and heartbeats accept.
pub(super) const REMEDIES: &[Key] = &[
    Key {
        name: "on_pending",
        kind: Kind::Remedies,
        default: "",
        doc: "Actions that are due when a problem begins, before it is confirmed and anybody is told: names, or `{ action = \"NAME\", after = \"30s\" }` with a delay. For each finding separately.",
    },
    Key {
        name: "on_firing",
        kind: Kind::Remedies,
        default: "",
        doc: "Actions that are due when an alert fires, written alike.",
    },
];

/// The longest delay of an action.
pub(crate) const AFTER_MAX: u64 = 7 * DAY;
/// The longest span of `most`: limits look back no further.
pub(crate) const MOST_WITHIN: (u64, u64) = (MINUTE, 31 * DAY);
