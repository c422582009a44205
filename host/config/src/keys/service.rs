//! `[[service]]`: several checks shown as one.

use super::{Key, Kind, Section};

const fn number(name: &'static str, doc: &'static str) -> Key {
    Key { name, kind: Kind::Text, default: "", doc }
}

pub(crate) const SERVICE: Section = Section {
    header: "[[service]]",
    noun: "a service",
    doc: "Several checks that the overview shows as one: Healthy while all of them are ok, Down when `down_at` of them are critical, Degraded in between. Nobody is told by it: that is what alerts are for. How fast it is and how much it does is read from metrics that its checks report about it, and not from how long the checks took.",
    keys: &[&[
        Key { name: "name", kind: Kind::Text, default: "", doc: "Required. Letters, digits and `-_.:`." },
        Key {
            name: "match",
            kind: Kind::Matchers,
            default: "",
            doc: "Required. All must match a check's labels, which include `check` and `plugin`.",
        },
        Key {
            name: "down_at",
            kind: Kind::Count { min: 1, max: 10_000 },
            default: "(more than half of those judged)",
            doc: "From so many critical checks on it is Down.",
        },
        Key {
            name: "display",
            kind: Kind::Text,
            default: "(its name)",
            doc: "What status pages call it, for everybody to read.",
        },
        number("average", "The metric that says how long its requests take on average."),
        number("p95", "The metric within which 95 % of its requests are answered."),
        number("p99", "The metric within which 99 % of its requests are answered."),
        number(
            "request_rate",
            "The metric that says how many requests it gets; of several checks, and of several labels, the sum.",
        ),
        number(
            "error_rate",
            "The metric that says which part of its requests fail; of several, the highest.",
        ),
    ]],
};
