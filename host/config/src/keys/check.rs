//! `[defaults]`, `[template.NAME]`, `[[check]]`.

use super::action::REMEDIES;
use super::shared::{ALLOW, CONFIG, DAY, EACH_FILE, HOUR, TIMING, UNSET};
use super::status_page::DISPLAY;
use super::{Key, Kind, Named, Section};

pub(crate) const DEFAULTS: Section = Section {
    header: "[defaults]",
    noun: "[defaults]",
    doc: "What every check has unless it or one of its templates says otherwise.",
    keys: &[TIMING],
};

/// The keys that templates and checks accept beside the timing.
const WORK: &[Key] = &[
    Key {
        name: "plugin",
        kind: Kind::Name(Named::Plugin),
        default: "",
        doc: "The check plugin. Required, here or in a template.",
    },
    Key {
        name: "use",
        kind: Kind::Names(Named::Template),
        default: "",
        doc: "Templates. If two set the same key, the later one wins.",
    },
    Key {
        name: "schedule",
        kind: Kind::Cron,
        default: "",
        doc: "Cron, five fields or six with seconds in front. In place of `interval`.",
    },
    CONFIG,
    UNSET,
    ALLOW,
    Key {
        name: "site",
        kind: Kind::Name(Named::Site),
        default: "",
        doc: "The place that it checks: gives the check its opening hours and the label `site`.",
    },
    Key {
        name: "depends_on",
        kind: Kind::Parents,
        default: "",
        doc: "Checks, or findings as `CHECK/FINDING`, that this one depends on: while one of them is confirmed critical, notices about this one are held back. A list among them is a redundancy group, which holds notices back only when all its members are critical, as in `[\"gateway\", [\"link-a\", \"link-b\"]]`.",
    },
    Key { name: "enabled", kind: Kind::Flag, default: "true", doc: "Whether it runs." },
    Key {
        name: "beyond_witness",
        kind: Kind::Flag,
        default: "false",
        doc: "Whether its target lies beyond the `[witness]`: while the host is cut off, its reports judge nothing.",
    },
    Key {
        name: "absent",
        kind: Kind::Choice(&["keep", "resolve", "critical"]),
        default: "resolve",
        doc: "What becomes of a finding that is gone from a report: its alert is kept, resolves, or counts as critical until the finding is back. A finding that was never reported is not missed.",
    },
    Key {
        name: "flapping",
        kind: Kind::Flag,
        default: "true",
        doc: "Whether judgements that change too often are told as flapping, once, instead of one by one.",
    },
    Key {
        name: "event_memory",
        kind: Kind::Span { min: HOUR, max: 3_660 * DAY },
        default: "30d",
        doc: "How long the ids of events that it reported are remembered, so that none is told twice.",
    },
    DISPLAY,
    Key { name: "client", kind: Kind::NotYet, default: "", doc: "Whom it is run for." },
    Key { name: "locations", kind: Kind::NotYet, default: "", doc: "Where it runs." },
];

pub(crate) const TEMPLATE: Section = Section {
    header: "[template.NAME]",
    noun: "a template",
    doc: "What several checks have in common.",
    keys: &[WORK, REMEDIES, TIMING],
};

const OWN: &[Key] = &[
    Key { name: "name", kind: Kind::Text, default: "", doc: "Required. Letters, digits and `-_.:`." },
    Key {
        name: "each",
        kind: Kind::Entries,
        default: "",
        doc: "One check for each entry: `{ shop = { url = \"...\" } }`. `${each.key}` and `${each.FIELD}` stand for the entry's key and fields in every text; a text that is nothing else takes the field's type. Write `$${` for `${`, and `$$${` for a `$` before a placeholder.",
    },
    EACH_FILE,
    Key {
        name: "renamed_from",
        kind: Kind::Text,
        default: "",
        doc: "Its earlier name: an open alert continues under the new one.",
    },
];

pub(crate) const CHECK: Section =
    Section { header: "[[check]]", noun: "a check", doc: "A job.", keys: &[OWN, WORK, REMEDIES, TIMING] };
