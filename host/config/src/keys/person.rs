//! `[person.NAME]`: who may answer from within messages.

use super::{Key, Kind, Section};

pub(crate) const PERSON: Section = Section {
    header: "[person.NAME]",
    noun: "a person",
    doc: "Somebody who may acknowledge alerts from within messages of receivers that name this person in `people`. Everybody who was told sees who it was.",
    keys: &[&[
        Key {
            name: "name",
            kind: Kind::Text,
            default: "(the NAME in the header)",
            doc: "What others call this person.",
        },
        Key {
            name: "ids",
            kind: Kind::TextTable,
            default: "",
            doc: "What services call this person, by plugin: `{ slack = \"U012AB3CD\", telegram = \"123456789\" }`. Needed for buttons that the service itself shows. Whoever presses one and is not in the config is told this id.",
        },
    ]],
};
