//! Reads limits and ceilings, and checks that no limit is above its ceiling.

use std::time::Duration;

use watchkeep_core::limits::{Ceilings, Limit, Limits};

use crate::each::Placeholders;
use crate::keys::{CEILINGS, LIMITS, Section};
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, refuse_unknown_keys, wrong_kind};
use crate::source::Span;
use crate::text::{write_size, write_span};
use crate::tree::{Node, Table, Value};

/// The host's ceilings, with the table that they are in, which is named if a limit is above one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Above<'a> {
    pub(crate) ceilings: &'a Ceilings,
    pub(crate) written: Option<&'a Table>,
}

impl<'a> Above<'a> {
    pub(crate) fn of(ceilings: &'a Ceilings, host: Option<&'a Table>) -> Self {
        let written = host.and_then(|host| match &host.get("ceilings")?.node.value {
            Value::Table(table) => Some(table),
            _ => None,
        });
        Self { ceilings, written }
    }
    fn place(&self, limit: Limit) -> Option<Span> {
        Some(self.written?.get(limit.key())?.key)
    }
}

pub(crate) fn read_ceilings(node: &Node, path: KeyPath<'_>, problems: &mut Problems) -> Ceilings {
    let Some(table) = table(node, &path, "ceilings", problems) else { return Ceilings::default() };
    written(&CEILINGS, table, path, problems).collect()
}

/// The limits as written, not yet kept below the ceilings. A limit above its ceiling is reported.
pub(crate) fn read_limits(
    node: &Node,
    path: KeyPath<'_>,
    above: Above<'_>,
    problems: &mut Problems,
) -> Limits {
    let mut limits = Limits::default();
    let Some(table) = table(node, &path, "limits", problems) else { return limits };
    let all: Vec<(Limit, u64)> = written(&LIMITS, table, path, problems).collect();
    for (limit, amount) in all {
        limits.set(limit, amount);
        let Some(most) = above.ceilings.get(limit).filter(|most| amount > *most) else { continue };
        let Some(entry) = table.get(limit.key()) else { continue };
        let message = format!(
            "`{limit}` is {}, above the host's ceiling of {}",
            shown(limit, amount),
            shown(limit, most)
        );
        let hint = format!("lower it, or raise `{limit}` under [host.ceilings]");
        let draft = Draft::error(entry.node.span, &path.key(limit.key()), message).hint(hint);
        problems.push(match above.place(limit) {
            Some(place) => draft.note(place, "the host's ceiling"),
            None => draft,
        });
    }
    limits
}

fn table<'a>(node: &'a Node, path: &KeyPath<'_>, name: &str, problems: &mut Problems) -> Option<&'a Table> {
    if let Value::Table(table) = &node.value {
        return Some(table);
    }
    let draft = wrong_kind(node, path, "a table");
    problems.push(draft.hint(format!("write it as `{name} = {{ memory = \"32MiB\" }}`")));
    None
}

fn written<'a>(
    section: &'static Section,
    table: &'a Table,
    path: KeyPath<'a>,
    problems: &'a mut Problems,
) -> impl Iterator<Item = (Limit, u64)> + 'a {
    refuse_unknown_keys(section, table, &path, problems);
    Limit::ALL.iter().filter_map(move |limit| {
        let layers = [table];
        let reader = Reader { section, layers: &layers, path, placeholders: Placeholders::Literal };
        Some((*limit, amount(&reader, limit.key(), problems)?))
    })
}

/// The amount of a key of whichever kind: the readers of the other kinds read nothing.
fn amount(reader: &Reader<'_>, key: &str, problems: &mut Problems) -> Option<u64> {
    let count = reader.count(key, problems).map(u64::from);
    let span = |problems: &mut Problems| reader.span(key, problems).map(|span| span.as_millis() as u64);
    count.or_else(|| span(problems)).or_else(|| reader.size(key, problems))
}

/// The limit as it would be written.
pub(crate) fn shown(limit: Limit, amount: u64) -> String {
    match LIMITS.key(limit.key()).kind {
        crate::keys::Kind::Size { .. } => write_size(amount),
        crate::keys::Kind::Span { .. } => write_span(Duration::from_millis(amount)),
        _ => amount.to_string(),
    }
}

/// The limit for a config that is shown: a number where a number is written.
pub(crate) fn as_toml(limit: Limit, amount: u64) -> toml::Value {
    match LIMITS.key(limit.key()).kind {
        crate::keys::Kind::Count { .. } => i64::try_from(amount).unwrap_or(i64::MAX).into(),
        _ => shown(limit, amount).into(),
    }
}
