//! The reference of every key, as Markdown. A test compares `docs/config.md` with it.

use crate::keys::{Key, Kind, NOT_YET, Named, Section, TOP_LEVEL};
use crate::text::{write_size, write_span};

const HEAD: &str = "\
# The config

TOML: one file that may include others, or a folder whose `.toml` files are merged by name. A name given twice
is an error. Durations are written `1h30m` or `500ms` (`w`, `d`, `h`, `m`, `s`, `ms`), sizes `32MiB` (`KiB`, `MiB`,
`GiB`, `TiB`, or `KB` and so on in thousands). `watchkeep validate` tells every problem at once; `watchkeep config
schema` prints a JSON Schema for editors, `watchkeep config show NAME` a check as it is after templates and defaults.

Configs that work: `examples/config/minimal.toml`, `examples/config/one-site.toml` and the folder
`examples/config/team`.

This page is made from the table of keys in the program; a test holds it to that.
";

/// The text of `docs/config.md`.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for top in TOP_LEVEL {
        section(top.section, &mut page);
        for key in top.section.keys() {
            within(key, &mut page);
        }
    }
    page.push_str("\n## Not yet\n\nThese sections are refused as not yet supported by this version: ");
    page.push_str(&format!("`{}`.\n", NOT_YET.join("`, `")));
    page
}

/// The sections that a key holds.
fn within(key: &Key, page: &mut String) {
    if let Kind::Section(inner) | Kind::Tables(inner) = key.kind {
        section(inner, page);
        inner.keys().filter(|key| matches!(key.kind, Kind::Tables(_))).for_each(|key| within(key, page));
    }
}

fn section(section: &Section, page: &mut String) {
    page.push_str(&format!("\n## `{}`\n\n{}\n\n", section.header, section.doc));
    page.push_str("| key | takes | default | |\n| --- | --- | --- | --- |\n");
    for key in section.keys() {
        page.push_str(&row(key));
    }
}

fn row(key: &Key) -> String {
    let default = match key.default {
        "" => String::new(),
        sentence if sentence.starts_with('(') => sentence.trim_matches(['(', ')']).to_owned(),
        value => format!("`{value}`"),
    };
    // A bar would end the cell.
    let doc = key.doc.replace('|', "\\|");
    format!("| `{}` | {} | {default} | {doc} |\n", key.name, takes(&key.kind))
}

fn takes(kind: &Kind) -> String {
    let span = |millis: u64| write_span(std::time::Duration::from_millis(millis));
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Path => "file or folder".to_owned(),
        Kind::Address => "address and port".to_owned(),
        Kind::Url => "URL".to_owned(),
        Kind::Flag => "`true`, `false`".to_owned(),
        Kind::Count { min, max } => format!("number, {min} to {max}"),
        Kind::Span { min, max } => format!("duration, {} to {}", span(*min), span(*max)),
        Kind::Size { min, max } => format!("size, {} to {}", write_size(*min), write_size(*max)),
        Kind::Choice(choices) => format!("`{}`", choices.join("`, `")),
        Kind::Zone => "time zone".to_owned(),
        Kind::Cron => "cron expression".to_owned(),
        Kind::Moment => "date and time".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Most => "`\"N in DURATION\"`".to_owned(),
        Kind::Remedies => "list of names of actions, or of tables".to_owned(),
        Kind::Failures => "`\"M of N\"`".to_owned(),
        Kind::Name(Named::Escalation) => "name of an escalation".to_owned(),
        Kind::Name(named) => format!("name of a {}", noun(*named)),
        Kind::Names(named) => format!("names of {}s", noun(*named)),
        Kind::OneOrMore(named) => format!("name of a {0}, or names of {0}s", noun(*named)),
        Kind::Parents => "list of names, or of lists of names".to_owned(),
        Kind::Texts => "list of texts".to_owned(),
        Kind::Networks => "list of networks".to_owned(),
        Kind::Labels | Kind::TextTable => "table of texts".to_owned(),
        Kind::Allow => "table of lists of targets".to_owned(),
        Kind::Matchers => "list of matchers".to_owned(),
        Kind::SecretReference => "`{ secret = \"NAME\" }`".to_owned(),
        Kind::TextOrSecret => "text, or `{ secret = \"NAME\" }`".to_owned(),
        Kind::PluginConfig => "table, as the plugin's schema says".to_owned(),
        Kind::Hours => "table of days to hours".to_owned(),
        Kind::Holidays => "list of dates, or an `.ics` file".to_owned(),
        Kind::Exceptions => "table of dates to hours".to_owned(),
        Kind::Origins => "list of origins".to_owned(),
        Kind::Entries => "table of entries".to_owned(),
        Kind::Section(_) => "table, see below".to_owned(),
        Kind::Tables(_) => "list of tables, see below".to_owned(),
        Kind::NotYet => "not yet supported".to_owned(),
    }
}

const fn noun(named: Named) -> &'static str {
    match named {
        Named::Calendar => "calendar",
        Named::Site => "site",
        Named::Plugin => "plugin",
        Named::Template => "template",
        Named::Check => "check",
        Named::Receiver => "receiver",
        Named::Person => "person",
        Named::Route => "route",
        Named::Service => "service",
        Named::Escalation => "escalation",
        Named::Action => "action",
        Named::Root => "root",
        Named::Command => "command",
    }
}
