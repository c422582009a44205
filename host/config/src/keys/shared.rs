//! Keys that several sections accept.

use super::{Key, Kind, Named};

pub(super) const MINUTE: u64 = 60_000;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// The keys that `[defaults]`, templates and checks all accept.
pub(super) const TIMING: &[Key] = &[
    Key {
        name: "interval",
        kind: Kind::Span { min: 100, max: 366 * DAY },
        default: "60s",
        doc: "From one start to the next. Starts are spread by the check's name.",
    },
    Key {
        name: "timeout",
        kind: Kind::Span { min: 1_000, max: HOUR },
        default: "10s",
        doc: "The wall time that one run may take. Its network calls end a little earlier, so that a target that hangs is still judged.",
    },
    Key {
        name: "retry_interval",
        kind: Kind::Span { min: 100, max: 366 * DAY },
        default: "15s",
        doc: "The time to the next run while a problem is not confirmed. Never longer than `interval`.",
    },
    Key {
        name: "failure_threshold",
        kind: Kind::Count { min: 1, max: 100 },
        default: "3",
        doc: "How many bad judgements in a row confirm a problem. Not together with `failures`.",
    },
    Key {
        name: "failures",
        kind: Kind::Failures,
        default: "",
        doc: "With `\"3 of 5\"`, three bad judgements among the last five confirm a problem. Not together with `failure_threshold`.",
    },
    Key {
        name: "success_threshold",
        kind: Kind::Count { min: 1, max: 100 },
        default: "2",
        doc: "How many good judgements in a row resolve it.",
    },
    Key {
        name: "time_zone",
        kind: Kind::Zone,
        default: "UTC",
        doc: "The IANA name of the zone of `schedule`.",
    },
    Key {
        name: "run_hours",
        kind: Kind::Name(Named::Calendar),
        default: "always",
        doc: "The calendar in whose hours it runs, or `always`.",
    },
    Key {
        name: "notify_hours",
        kind: Kind::Name(Named::Calendar),
        default: "always",
        doc: "The calendar in whose hours notices may go out, or `always`. The check is judged and its alert recorded all the same.",
    },
    Key {
        name: "missed",
        kind: Kind::Choice(&["skip", "run_once"]),
        default: "skip",
        doc: "What becomes of a `schedule` start that fell while the host was down or the check was closed.",
    },
    Key {
        name: "grace",
        kind: Kind::Span { min: 0, max: 30 * DAY },
        default: "2m",
        doc: "How long after its due time a check without a judgement is told as not judged.",
    },
    Key {
        name: "send_short",
        kind: Kind::Flag,
        default: "false",
        doc: "Whether to send one notice about a problem that was over before anybody was told.",
    },
    Key {
        name: "runbook",
        kind: Kind::Text,
        default: "",
        doc: "Where to read what to do. Included in every notice.",
    },
    LABELS,
];

pub(super) const EACH_FILE: Key = Key {
    name: "each_file",
    kind: Kind::Path,
    default: "",
    doc: "The same from a CSV file with a header line. The column `key`, or else the first one, is the key.",
};

pub(super) const LABELS: Key = Key {
    name: "labels",
    kind: Kind::Labels,
    default: "",
    doc: "Names and values that routes match. Host, `[defaults]`, site, templates and check are merged, later ones win. `check`, `plugin`, `state`, `severity`, `kind` and `finding` are made by the host.",
};

pub(super) const ALLOW: Key = Key {
    name: "allow",
    kind: Kind::Allow,
    default: "",
    doc: "Grants: capability to list of targets. What stands in `config` as a target needs none. Lists of templates and check are joined.",
};

pub(super) const CONFIG: Key = Key {
    name: "config",
    kind: Kind::PluginConfig,
    default: "",
    doc: "For the plugin; see `watchkeep plugin inspect`. Merged key by key over the templates', tables in it likewise.",
};

pub(super) const UNSET: Key = Key {
    name: "unset",
    kind: Kind::Texts,
    default: "",
    doc: "Keys of the templates' `config` that are not inherited: `[\"find\", \"headers.accept\"]`.",
};
