//! Names that a config accepts, each used once.

use std::collections::BTreeMap;

/// The longest name. The host accepts 200 bytes; some are left for a number at the end.
const BYTES_MAX: usize = 180;

/// A valid name made from any text: letters, digits and `-_.:`.
pub(crate) fn valid(text: &str) -> String {
    tidy(text, |c| c.is_alphanumeric() || "-_.:".contains(c))
}

/// A valid name for a secret, which is also the name of a file.
pub(crate) fn valid_file(text: &str) -> String {
    let name = tidy(&text.to_ascii_lowercase(), |c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match name.trim_start_matches(['.', '-']) {
        "" => "secret".to_owned(),
        name => name.to_owned(),
    }
}

/// A valid name for a label: letters, digits and `_`, not beginning with a digit, and none that the host sets itself.
pub(crate) fn valid_label(text: &str) -> String {
    const DERIVED: [&str; 7] = ["check", "plugin", "state", "severity", "kind", "finding", "site"];
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut name: String =
        text.trim().chars().map(|c| if is_of_name(c) { c } else { '_' }).take(100).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        name.insert(0, '_');
    }
    if DERIVED.contains(&name.as_str()) {
        name.insert_str(0, "tag_");
    }
    name
}

fn tidy(text: &str, is_good: impl Fn(char) -> bool) -> String {
    let mut name = String::new();
    for c in text.trim().chars() {
        let c = if is_good(c) { c } else { '-' };
        if c == '-' && name.ends_with('-') {
            continue;
        }
        if name.len() + c.len_utf8() > BYTES_MAX {
            break;
        }
        name.push(c);
    }
    let name = name.trim_matches('-');
    if name.is_empty() { "unnamed".to_owned() } else { name.to_owned() }
}

/// Names that are taken, each with the number that the next one gets.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, u32>);

impl Names {
    /// The name, followed by a number if it is taken.
    pub(crate) fn unique(&mut self, name: String) -> String {
        let Some(mut number) = self.0.get(&name).copied() else {
            self.0.insert(name.clone(), 2);
            return name;
        };
        let found = loop {
            let found = format!("{name}-{number}");
            number += 1;
            if !self.0.contains_key(&found) {
                break found;
            }
        };
        self.0.insert(name, number);
        self.0.insert(found.clone(), 2);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_valid_and_unique() {
        for (text, name) in [
            ("front-end", "front-end"),
            ("My shop / Basket!", "My-shop-Basket"),
            ("  ", "unnamed"),
            ("größe", "größe"),
            ("a\u{1b}[31m", "a-31m"),
        ] {
            assert_eq!(valid(text), name);
        }
        assert!(valid(&"ü".repeat(300)).len() <= 180);
        assert_eq!(valid_file("../Shop Password"), "shop-password");
        let mut names = Names::default();
        let all: Vec<String> = ["a", "a", "a-2", "a"].map(|name| names.unique(name.to_owned())).into();
        assert_eq!(all, ["a", "a-2", "a-2-2", "a-3"]);
    }

    #[test]
    fn labels_are_none_of_the_hosts_own() {
        assert_eq!(valid_label("state"), "tag_state");
        assert_eq!(valid_label("2nd-team"), "_2nd_team");
        assert_eq!(valid_label("team"), "team");
    }
}
