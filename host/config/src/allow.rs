//! `allow = { http = [...], ... }`.

use watchkeep_core::grant::{Allow, Capability, GrantError, SystemPattern};

use crate::keys::Named;
use crate::names::Names;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{texts_of, wrong_kind};
use crate::text::nearest;
use crate::tree::{Node, Value};

/// Capabilities that a later version grants.
const NOT_YET: [&str; 1] = ["actions"];

pub(crate) fn read(node: &Node, path: &KeyPath<'_>, names: &Names, problems: &mut Problems) -> Allow {
    let mut allow = Allow::default();
    let Value::Table(table) = &node.value else {
        let draft = wrong_kind(node, path, "a table of lists");
        problems.push(draft.hint("write it as `allow = { http = [\"https://api.example.com\"] }`"));
        return allow;
    };
    for (capability, entry) in table.iter() {
        let path = path.key(capability);
        if NOT_YET.contains(&capability) {
            let message = format!("`{capability}` is not yet supported by this version");
            let draft = Draft::error(entry.key, &path, message);
            problems.push(draft.hint("take it out until a later version reads it"));
            continue;
        }
        let known = || Capability::ALL.iter().map(|known| known.as_str());
        if Capability::parse(capability).is_none() {
            let draft = Draft::error(entry.key, &path, format!("unknown capability `{capability}`"));
            problems.push(draft.hint(match nearest(capability, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("capabilities are `{}`", known().collect::<Vec<_>>().join("`, `")),
            }));
            continue;
        }
        let named = match Capability::parse(capability) {
            Some(Capability::Files) => Some(Named::Root),
            Some(Capability::Commands) => Some(Named::Command),
            Some(_) | None => None,
        };
        for text in texts_of(&entry.node, &path, problems).unwrap_or_default() {
            if named.is_some_and(|named| !names.check(named, &text, &path, problems)) {
                continue;
            }
            if let Err(error) = allow.parse_entry(capability, &text.value) {
                let message =
                    format!("`{}` is not a valid target for `{capability}`: {}", text.value, error.problem);
                let hint = meant(capability, error);
                problems.push(Draft::error(text.span, &path, message).hint(hint));
            }
        }
    }
    allow
}

/// The hint: the capability that was probably meant, else the error's own hint.
fn meant(capability: &str, error: GrantError) -> String {
    let (word, rest) = error.entry.split_at(error.entry.find(':').unwrap_or(error.entry.len()));
    let words = SystemPattern::WORDS;
    if capability == Capability::System.as_str()
        && !words.contains(&word)
        && let Some(near) = nearest(word, words)
    {
        return format!("did you mean `{near}{rest}`?");
    }
    error.hint
}
