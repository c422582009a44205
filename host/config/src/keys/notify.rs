//! `[[receiver]]` and `[[route]]`.

use super::shared::{ALLOW, CONFIG, DAY, HOUR, MINUTE};
use super::{Key, Kind, Named, Section};

pub(crate) const RECEIVER: Section = Section {
    header: "[[receiver]]",
    noun: "a receiver",
    doc: "A notifier plugin with a config.",
    keys: &[&[
        Key { name: "name", kind: Kind::Text, default: "", doc: "Required. Letters, digits and `-_.:`." },
        Key {
            name: "plugin",
            kind: Kind::Name(Named::Plugin),
            default: "",
            doc: "Required. The notifier plugin.",
        },
        CONFIG,
        ALLOW,
        Key {
            name: "timeout",
            kind: Kind::Span { min: 1_000, max: 10 * MINUTE },
            default: "30s",
            doc: "The wall time that one attempt may take.",
        },
        Key {
            name: "concurrency",
            kind: Kind::Count { min: 1, max: 1_000 },
            default: "4",
            doc: "How many attempts may be under way at once.",
        },
        Key {
            name: "rate_per_minute",
            kind: Kind::Count { min: 1, max: 100_000 },
            default: "(no bound)",
            doc: "How many attempts may begin in a minute.",
        },
        Key {
            name: "grouping",
            kind: Kind::Choice(&["per_group", "per_alert"]),
            default: "(the plugin's)",
            doc: "One notification for a group, for people to read (the default of most plugins), or one for each alert, for pagers and tickets (the default of `pagerduty`).",
        },
        Key {
            name: "time_zone",
            kind: Kind::Zone,
            default: "(that of `[defaults]`)",
            doc: "The IANA name of the zone for times in its messages, which state it.",
        },
        Key {
            name: "fallback",
            kind: Kind::Name(Named::Receiver),
            default: "",
            doc: "The receiver that is told as well when this one has failed for two minutes; attempts for this one continue.",
        },
        Key {
            name: "people",
            kind: Kind::Texts,
            default: "(nobody)",
            doc: "Who reads its messages, by the names of `[person.NAME]`; `[\"*\"]` is everybody. They can acknowledge an alert from within the message, once and for half a day, by a button of the service or by a page with one button. Without it messages have no such button.",
        },
    ]],
};

pub(crate) const ROUTE: Section = Section {
    header: "[[route]]",
    noun: "a route",
    doc: "Routes are a tree: the one without `under` is the root, and takes every alert. A route inherits what it does not set from the one above.",
    keys: &[&[
        Key { name: "name", kind: Kind::Text, default: "", doc: "Required. Letters, digits and `-_.:`." },
        Key {
            name: "under",
            kind: Kind::Name(Named::Route),
            default: "(none: it is the root)",
            doc: "The route above.",
        },
        Key {
            name: "match",
            kind: Kind::Matchers,
            default: "",
            doc: "All must match: `team=\"web\"`, `!=`, `=~` and `!~` with anchored patterns. A missing label is empty.",
        },
        Key {
            name: "continue",
            kind: Kind::Flag,
            default: "false",
            doc: "Whether the next routes beside it are tried after it matched.",
        },
        Key {
            name: "group_by",
            kind: Kind::Texts,
            default: "[\"check\"]",
            doc: "Alerts with the same values of these labels are told together; `[\"...\"]` groups nothing. From above.",
        },
        Key {
            name: "group_wait",
            kind: Kind::Span { min: 0, max: HOUR },
            default: "30s",
            doc: "How long a new group waits for more alerts. From above.",
        },
        Key {
            name: "group_interval",
            kind: Kind::Span { min: 1_000, max: DAY },
            default: "5m",
            doc: "The least time between two notices about a group that changes; when nothing in it fires any more, that is told at once. From above.",
        },
        Key {
            name: "repeat_interval",
            kind: Kind::Span { min: MINUTE, max: 366 * DAY },
            default: "4h",
            doc: "The time between two reminders. From above.",
        },
        Key {
            name: "notify_hours",
            kind: Kind::Name(Named::Calendar),
            default: "always",
            doc: "The calendar in whose hours it tells, or `always`. From above.",
        },
        Key {
            name: "receivers",
            kind: Kind::Names(Named::Receiver),
            default: "",
            doc: "Who is told. Not together with `escalation`; one of the two comes from above. `[]` is nobody.",
        },
        Key {
            name: "escalation",
            kind: Kind::Name(Named::Escalation),
            default: "",
            doc: "Who is told, and who is told next if nobody acknowledges. Not together with `receivers`.",
        },
    ]],
};

pub(crate) const ESCALATION: Section = Section {
    header: "[[escalation.NAME]]",
    noun: "an escalation",
    doc: "One step of an escalation, in the order in which they are written. Each is told unless somebody acknowledges before. An escalation ends when the alert is acknowledged or over, waits while notices are held back, and continues at once if nobody of a step can be told.",
    keys: &[&[
        Key {
            name: "after",
            kind: Kind::Span { min: 0, max: 7 * DAY },
            default: "(`0s` for the first step, `10m` for others)",
            doc: "How long after the step before it, or after the alert fired.",
        },
        Key {
            name: "receivers",
            kind: Kind::Names(Named::Receiver),
            default: "",
            doc: "Required. Who is told.",
        },
        Key {
            name: "repeat",
            kind: Kind::Count { min: 0, max: 100 },
            default: "0",
            doc: "How many times more this step is told, each `after` apart, before the next one.",
        },
    ]],
};
