//! `depends_on`: checks and findings, alone or in redundancy groups.

use watchkeep_core::ids::{CheckName, FindingKey};
use watchkeep_core::setup::Parent;

use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, wrong_kind};
use crate::tree::{Node, Value};

/// What one check depends on, in the order of the text.
#[derive(Debug, Default)]
pub(crate) struct Parents(Vec<Vec<Placed<Parent>>>);

impl Parents {
    pub(crate) fn read(reader: &Reader<'_>, problems: &mut Problems) -> Self {
        let Some(node) = reader.node("depends_on", problems) else { return Self::default() };
        let path = reader.path.key("depends_on");
        let Value::List(list) = &node.value else {
            let draft = wrong_kind(&node, &path, "a list of checks");
            problems.push(match as_text(&node) {
                Some(text) => draft.hint(format!("write it as `[\"{text}\"]`")),
                None => draft,
            });
            return Self::default();
        };
        let mut groups: Vec<Vec<Placed<Parent>>> = Vec::with_capacity(list.len());
        for item in list {
            let group = group(item, &path, problems);
            if group.is_empty() {
                continue;
            }
            if groups.iter().any(|other| same(other, &group)) {
                let message = "the same parent is listed twice";
                problems.push(Draft::warning(item.span, &path, message).hint("keep one of the two"));
                continue;
            }
            groups.push(group);
        }
        Self(groups)
    }
    /// All of them, whatever their groups are.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Placed<Parent>> {
        self.0.iter().flatten()
    }
    pub(crate) fn into_core(self) -> Vec<Vec<Parent>> {
        self.0.into_iter().map(|group| group.into_iter().map(|parent| parent.value).collect()).collect()
    }
}

fn same(one: &[Placed<Parent>], other: &[Placed<Parent>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.value == b.value)
}

fn group(node: &Node, path: &KeyPath<'_>, problems: &mut Problems) -> Vec<Placed<Parent>> {
    let Value::List(list) = &node.value else {
        return parent(node, path, problems).into_iter().collect();
    };
    if list.is_empty() {
        let draft = Draft::error(node.span, path, "the redundancy group is empty");
        problems.push(draft.hint("name its members, as in `[\"link-a\", \"link-b\"]`, or take it out"));
    }
    let mut members: Vec<Placed<Parent>> = Vec::with_capacity(list.len());
    for member in list {
        let Some(member) = parent(member, path, problems) else { continue };
        if members.iter().any(|other| other.value == member.value) {
            let draft = Draft::warning(member.span, path, "the redundancy group has it twice");
            problems.push(draft.hint("keep one of the two"));
        } else {
            members.push(member);
        }
    }
    members
}

/// Parses one parent. Names of checks have no slash, keys of findings may.
fn parent(node: &Node, path: &KeyPath<'_>, problems: &mut Problems) -> Option<Placed<Parent>> {
    let Some(text) = as_text(node) else {
        let draft = wrong_kind(node, path, "names of checks");
        problems.push(draft.hint("write `\"CHECK\"` or `\"CHECK/FINDING\"`, or a list of them"));
        return None;
    };
    let value = match text.split_once('/') {
        None => Parent::Check(CheckName::from(text)),
        Some((check, finding)) if !check.is_empty() && !finding.is_empty() => {
            Parent::Finding(CheckName::from(check), FindingKey::from(finding))
        }
        Some(_) => {
            let draft = Draft::error(node.span, path, format!("`{text}` names no finding of a check"));
            problems.push(draft.hint("write it as `\"CHECK/FINDING\"`, as in `\"disks/sda1\"`"));
            return None;
        }
    };
    Some(Placed { value, span: node.span })
}

/// The parent as it is written.
pub(crate) fn written(parent: &Parent) -> String {
    match parent {
        Parent::Check(check) => check.to_string(),
        Parent::Finding(check, finding) => format!("{check}/{finding}"),
    }
}
