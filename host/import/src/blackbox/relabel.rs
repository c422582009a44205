//! Relabelling as Prometheus does it before it scrapes, which is how a target gets to the exporter.

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::tree::Node;

pub(super) type Labels = BTreeMap<String, String>;

/// The longest value. Longer ones are cut, because a replacement can double a label with every rule.
const VALUE_BYTES_MAX: usize = 8 << 10;

pub(super) struct Rule {
    sources: Vec<String>,
    separator: String,
    regex: Regex,
    replacement: String,
    target: String,
    action: Action,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Replace,
    Keep,
    Drop,
    LabelMap,
    LabelDrop,
    LabelKeep,
    Lower,
    Upper,
}

impl Rule {
    /// Reads a rule; `None` if it is of a kind that is not known here.
    pub(super) fn read(node: &Node) -> Option<Self> {
        let action = match node.text("action").map(|action| action.to_ascii_lowercase()).as_deref() {
            None | Some("replace") => Action::Replace,
            Some("keep") => Action::Keep,
            Some("drop") => Action::Drop,
            Some("labelmap") => Action::LabelMap,
            Some("labeldrop") => Action::LabelDrop,
            Some("labelkeep") => Action::LabelKeep,
            Some("lowercase") => Action::Lower,
            Some("uppercase") => Action::Upper,
            Some(_) => return None,
        };
        let pattern = node.text("regex").unwrap_or_else(|| "(.*)".to_owned());
        let word = |key: &str| node.get(key).and_then(Node::word);
        Some(Self {
            sources: node.words("source_labels"),
            separator: word("separator").unwrap_or_else(|| ";".to_owned()),
            regex: Regex::new(&format!("^(?s:{pattern})$")).ok()?,
            replacement: word("replacement").unwrap_or_else(|| "$1".to_owned()),
            target: word("target_label").unwrap_or_default(),
            action,
        })
    }

    /// Applies the rule; returns whether the target is kept.
    pub(super) fn apply(&self, labels: &mut Labels) -> bool {
        let values: Vec<&str> =
            self.sources.iter().map(|name| labels.get(name).map_or("", String::as_str)).collect();
        let value = values.join(&self.separator);
        match self.action {
            Action::Keep => return self.regex.is_match(&value),
            Action::Drop => return !self.regex.is_match(&value),
            Action::Replace => {
                if let Some(found) = self.regex.captures(&value) {
                    let target = expand(&self.target, &found);
                    let value = expand(&self.replacement, &found);
                    if value.is_empty() {
                        labels.remove(&target);
                    } else {
                        labels.insert(target, value);
                    }
                }
            }
            Action::Lower => drop(labels.insert(self.target.clone(), value.to_lowercase())),
            Action::Upper => drop(labels.insert(self.target.clone(), value.to_uppercase())),
            Action::LabelDrop => labels.retain(|name, _| !self.regex.is_match(name)),
            Action::LabelKeep => labels.retain(|name, _| self.regex.is_match(name)),
            Action::LabelMap => {
                let mapped: Vec<(String, String)> = labels
                    .iter()
                    .filter_map(|(name, value)| {
                        Some((expand(&self.replacement, &self.regex.captures(name)?), value.clone()))
                    })
                    .collect();
                labels.extend(mapped);
            }
        }
        true
    }
}

fn expand(text: &str, found: &regex_lite::Captures<'_>) -> String {
    let mut value = String::new();
    found.expand(text, &mut value);
    let mut end = value.len().min(VALUE_BYTES_MAX);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value.truncate(end);
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::parse_yaml;

    #[test]
    fn labels_go_where_rules_send_them() {
        let rules = "
- {source_labels: [__address__], target_label: __param_target}
- {source_labels: [__address__], regex: '([^/]+)/.*', target_label: site, replacement: 'at-$1'}
- {source_labels: [kind], regex: old, action: drop}
- {regex: 'x_(.+)', action: labelmap}
- {target_label: __address__, replacement: '127.0.0.1:9115'}
";
        let tree = parse_yaml(rules).unwrap();
        let rules: Vec<Rule> = tree.items().iter().map(|node| Rule::read(node).unwrap()).collect();
        let mut labels: Labels = [("__address__", "a.example/x"), ("x_team", "web")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        assert!(rules.iter().all(|rule| rule.apply(&mut labels)));
        for (name, value) in [
            ("__param_target", "a.example/x"),
            ("site", "at-a.example"),
            ("team", "web"),
            ("__address__", "127.0.0.1:9115"),
        ] {
            assert_eq!(labels.get(name).map(String::as_str), Some(value), "{name}");
        }
        labels.insert("kind".to_owned(), "old".to_owned());
        assert!(!rules[2].apply(&mut labels));
    }
}
