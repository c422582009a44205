//! The one table of what a config may say. Reading, hints for unknown keys, the JSON Schema and the reference
//! in docs/config.md are all made from it.

mod action;
mod check;
mod host;
mod limits;
mod machine;
mod maintenance;
mod notify;
mod oidc;
mod person;
mod rule;
mod service;
mod shared;
mod status_page;

pub(crate) use action::{ACTION, AFTER_MAX, MOST_WITHIN};
pub(crate) use check::{CHECK, DEFAULTS, TEMPLATE};
pub(crate) use host::{CALENDAR, DEAD_MAN_SIGNAL, HOST, PLUGIN, PUBLIC_TLS, SECRET, SITE, TLS};
pub(crate) use limits::{CEILINGS, LIMITS};
pub(crate) use machine::{COMMAND, ROOT, SOCKET};
pub(crate) use maintenance::{MAINTENANCE, WITNESS};
pub(crate) use notify::{ESCALATION, RECEIVER, ROUTE};
pub(crate) use oidc::{OIDC, OIDC_ROLE};
pub(crate) use person::PERSON;
pub(crate) use rule::{HEARTBEAT, RULE};
pub(crate) use service::SERVICE;
pub(crate) use status_page::STATUS_PAGE;

/// What a key accepts. Durations are in milliseconds, sizes in bytes; bounds are inclusive.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Text,
    /// A file or folder, relative to the folder of the file that names it.
    Path,
    /// `host:port`, both numbers.
    Address,
    Url,
    Flag,
    Count {
        min: u32,
        max: u32,
    },
    Span {
        min: u64,
        max: u64,
    },
    Size {
        min: u64,
        max: u64,
    },
    /// Whole, or with a fraction.
    Number,
    Choice(&'static [&'static str]),
    /// An IANA time zone.
    Zone,
    Cron,
    /// RFC 3339, or a local time in a zone.
    Moment,
    /// `"3 of 5"`.
    Failures,
    /// `"3 in 1h"`.
    Most,
    /// Names of actions, some with a delay.
    Remedies,
    /// The name of something else in the config.
    Name(Named),
    Names(Named),
    /// A name, or a list of names.
    OneOrMore(Named),
    /// Checks and findings; a list among them is a redundancy group.
    Parents,
    Texts,
    Networks,
    Labels,
    /// A table from names to texts.
    TextTable,
    Allow,
    Matchers,
    /// `{ secret = "NAME" }`.
    SecretReference,
    /// A text, or `{ secret = "NAME" }`.
    TextOrSecret,
    /// A value by the plugin's own schema.
    PluginConfig,
    Hours,
    Holidays,
    Exceptions,
    Origins,
    /// Entries by name, each a table of fields.
    Entries,
    Section(&'static Section),
    /// A list of tables.
    Tables(&'static Section),
    /// A known key that only a later version supports.
    NotYet,
}

/// The kinds of things that are referred to by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Named {
    Calendar,
    Site,
    Plugin,
    Template,
    Check,
    Receiver,
    Person,
    Action,
    Route,
    Service,
    Escalation,
    Root,
    Command,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The default as it would be written; empty if there is none, a sentence in brackets if it depends.
    pub(crate) default: &'static str,
    pub(crate) doc: &'static str,
}

impl Key {
    /// Whether its description begins by saying that it is required. A value that may come from a template does not
    /// count as required.
    pub(crate) fn is_required(&self) -> bool {
        self.doc.starts_with("Required.")
    }
}

/// A table of keys.
#[derive(Debug)]
pub(crate) struct Section {
    /// The header as it is written.
    pub(crate) header: &'static str,
    /// Its name in a sentence: "unknown key `x` in ...".
    pub(crate) noun: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) keys: &'static [&'static [Key]],
}

impl Section {
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.keys.iter().flat_map(|part| part.iter())
    }
    pub(crate) fn find(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
    /// The key with this name, which the code reads.
    pub(crate) fn key(&self, name: &str) -> &'static Key {
        self.find(name).expect("every key that is read stands in the table of keys")
    }
    /// The names for hints, which do not offer what is not supported.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys().filter(|key| !matches!(key.kind, Kind::NotYet)).map(|key| key.name)
    }
}

/// How a top-level key is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// `[host]`
    One,
    /// `[site.NAME]`
    Named,
    /// `[secrets]` with `NAME = { ... }`.
    Inline,
    /// `[[check]]`
    Many,
    /// `[[escalation.NAME]]`: a list for each name.
    Lists,
}

#[derive(Debug)]
pub(crate) struct TopLevel {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) section: &'static Section,
}

/// The top-level keys, in the order of the reference.
pub(crate) const TOP_LEVEL: &[TopLevel] = &[
    TopLevel { name: "host", shape: Shape::One, section: &HOST },
    TopLevel { name: "defaults", shape: Shape::One, section: &DEFAULTS },
    TopLevel { name: "calendars", shape: Shape::Named, section: &CALENDAR },
    TopLevel { name: "site", shape: Shape::Named, section: &SITE },
    TopLevel { name: "plugin", shape: Shape::Named, section: &PLUGIN },
    TopLevel { name: "secrets", shape: Shape::Inline, section: &SECRET },
    TopLevel { name: "sockets", shape: Shape::Inline, section: &SOCKET },
    TopLevel { name: "roots", shape: Shape::Inline, section: &ROOT },
    TopLevel { name: "commands", shape: Shape::Named, section: &COMMAND },
    TopLevel { name: "template", shape: Shape::Named, section: &TEMPLATE },
    TopLevel { name: "check", shape: Shape::Many, section: &CHECK },
    TopLevel { name: "rule", shape: Shape::Many, section: &RULE },
    TopLevel { name: "heartbeat", shape: Shape::Many, section: &HEARTBEAT },
    TopLevel { name: "service", shape: Shape::Many, section: &SERVICE },
    TopLevel { name: "person", shape: Shape::Named, section: &PERSON },
    TopLevel { name: "status_page", shape: Shape::Many, section: &STATUS_PAGE },
    TopLevel { name: "receiver", shape: Shape::Many, section: &RECEIVER },
    TopLevel { name: "route", shape: Shape::Many, section: &ROUTE },
    TopLevel { name: "escalation", shape: Shape::Lists, section: &ESCALATION },
    TopLevel { name: "action", shape: Shape::Many, section: &ACTION },
    TopLevel { name: "maintenance", shape: Shape::Many, section: &MAINTENANCE },
    TopLevel { name: "witness", shape: Shape::One, section: &WITNESS },
];

/// Sections that only a later version reads.
pub(crate) const NOT_YET: &[&str] =
    &["client", "cluster", "duty", "incident", "location", "silence", "sla", "token", "user"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_section_has_a_key_twice() {
        for top in TOP_LEVEL {
            let mut names: Vec<_> = top.section.keys().map(|key| key.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", top.section.header);
        }
    }

    #[test]
    fn every_key_is_described() {
        for key in TOP_LEVEL.iter().flat_map(|top| top.section.keys()) {
            assert!(key.doc.ends_with('.'), "{}", key.name);
        }
    }
}
