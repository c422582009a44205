//! `[[maintenance]]` and `[witness]`: when notifications are held back, and when the host distrusts itself.

use super::shared::{DAY, MINUTE};
use super::{Key, Kind, Named, Section};

pub(crate) const MAINTENANCE: Section = Section {
    header: "[[maintenance]]",
    noun: "a maintenance window",
    doc: "A span in which notices about matching alerts are held back; checks are judged and alerts recorded all the same. Either once, with `from` and `until`, or recurring, with `schedule` and `lasts`. One that is over may stay in the config.",
    keys: &[&[
        Key { name: "name", kind: Kind::Text, default: "", doc: "Required. Letters, digits and `-_.:`." },
        Key {
            name: "match",
            kind: Kind::Matchers,
            default: "",
            doc: "Required. All must match an alert's labels. Matchers that would match every alert are refused.",
        },
        Key {
            name: "from",
            kind: Kind::Moment,
            default: "",
            doc: "Its beginning: `2026-12-24T22:00:00+01:00`, or `2026-12-24 22:00` in `time_zone`.",
        },
        Key { name: "until", kind: Kind::Moment, default: "", doc: "Its end." },
        Key {
            name: "schedule",
            kind: Kind::Cron,
            default: "",
            doc: "Its beginnings. Cron, five fields or six with seconds in front.",
        },
        Key {
            name: "lasts",
            kind: Kind::Span { min: MINUTE, max: 400 * DAY },
            default: "",
            doc: "How long each lasts. Required with `schedule`.",
        },
        Key {
            name: "time_zone",
            kind: Kind::Zone,
            default: "(that of `[defaults]`)",
            doc: "The IANA name of its zone.",
        },
        Key { name: "comment", kind: Kind::Text, default: "", doc: "Why; operators read it." },
        Key {
            name: "announcement",
            kind: Kind::Text,
            default: "",
            doc: "What status pages say of it, for everybody to read. Without it they say nothing: what is down is then shown as down.",
        },
    ]],
};

pub(crate) const WITNESS: Section = Section {
    header: "[witness]",
    noun: "[witness]",
    doc: "Checks that tell whether the host itself is cut off. Use targets that hardly ever fail, such as the gateway and public name servers. While `quorum` of them are down, checks with `beyond_witness` judge nothing, and one alert says so.",
    keys: &[&[
        Key {
            name: "checks",
            kind: Kind::Names(Named::Check),
            default: "",
            doc: "Required. None of them may be `beyond_witness` itself.",
        },
        Key {
            name: "quorum",
            kind: Kind::Count { min: 1, max: 1_000 },
            default: "(all of them)",
            doc: "How many of them must be down.",
        },
    ]],
};
