//! `[[status_page]]`: what people outside are shown.

use super::{Key, Kind, Named, Section};

/// What status pages call a check or a service.
pub(super) const DISPLAY: Key = Key {
    name: "display",
    kind: Kind::Text,
    default: "",
    doc: "What status pages call it, for everybody to read. A `[[status_page]]` with `match` shows only what has one.",
};

pub(crate) const STATUS_PAGE: Section = Section {
    header: "[[status_page]]",
    noun: "a status page",
    doc: "What people outside are shown: how things are, have been for 90 days, and what is said about them. It is found at `/status/NAME`, also on `public_listen`. Only the titles chosen here are shown: no name of a check, no summary, no label and no address. See docs/status-pages.md.",
    keys: &[&[
        Key {
            name: "name",
            kind: Kind::Text,
            default: "",
            doc: "Required. Letters, digits and `-_.:`. Part of its address.",
        },
        Key { name: "title", kind: Kind::Text, default: "", doc: "Required. What people read at its top." },
        Key { name: "description", kind: Kind::Text, default: "", doc: "A sentence below the title." },
        Key {
            name: "services",
            kind: Kind::Names(Named::Service),
            default: "",
            doc: "The services that it shows, in this order, each under its `display`, or else its name. Either this or `match`.",
        },
        Key {
            name: "match",
            kind: Kind::Matchers,
            default: "",
            doc: "The checks that it shows, each under its `display`; those without one are not shown. All must match a check's labels, which include `check` and `plugin`.",
        },
        Key {
            name: "token",
            kind: Kind::SecretReference,
            default: "",
            doc: "The secret without which nothing is shown: the page is then at `/status/NAME?token=SECRET`. At least 16 letters, digits, `-` and `_`. Without it the page is for everybody.",
        },
        Key {
            name: "time_zone",
            kind: Kind::Zone,
            default: "(that of `[defaults]`)",
            doc: "The IANA name of the zone of its days and times.",
        },
        Key {
            name: "latencies",
            kind: Kind::Flag,
            default: "false",
            doc: "Whether it shows how long checks took in the last 24 hours.",
        },
        Key {
            name: "url",
            kind: Kind::Url,
            default: "",
            doc: "Where it is found from outside, as `\"https://status.example.com/status/acme\"`. Feeds then link there; without it they link relative to where they were read. Required with `subscriptions`.",
        },
        Key {
            name: "subscriptions",
            kind: Kind::Name(Named::Receiver),
            default: "",
            doc: "The receiver that sends mail to whoever subscribes on the page, of the plugin `email` or one like it. No route may tell it as well, or letters would hold up pages. Its `to` is replaced by each subscriber; test notices still go there.",
        },
        Key {
            name: "letters_after",
            kind: Kind::Span { min: 1_000, max: 3_600_000 },
            default: "2m",
            doc: "How long changes are gathered into one letter. What was over by then is not told. At most six letters go out in an hour.",
        },
    ]],
};
