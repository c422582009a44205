//! `[[escalation.NAME]]`: the steps of each, in the order of the text.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::ids::{EscalationName, ReceiverName};
use watchkeep_core::setup::{Escalation, EscalationStep};

use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::ESCALATION;
use crate::names::Names;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, as_text, check_name, refuse_unknown_keys, wrong_kind};
use crate::tree::{Node, Value};

/// How long after the step before it a step comes by default (rule R4).
const AFTER: Duration = Duration::from_mins(10);

pub(crate) fn read(
    gathered: &Gathered<'_>,
    names: &Names,
    problems: &mut Problems,
) -> BTreeMap<EscalationName, Arc<Escalation>> {
    let root = KeyPath::Root;
    let all = root.key("escalation");
    let mut escalations = BTreeMap::new();
    for (name, entry) in gathered.named("escalation") {
        let path = all.key(name);
        check_name(name, entry.key, &path, problems);
        let Value::List(list) = &entry.node.value else {
            let draft = wrong_kind(&entry.node, &path, "a list of steps");
            problems.push(draft.hint(format!("write the header `[[escalation.{name}]]`, with two brackets")));
            continue;
        };
        if list.is_empty() {
            let draft = Draft::error(entry.node.span, &path, format!("the escalation `{name}` has no step"));
            problems.push(draft.hint(format!("add a step under `[[escalation.{name}]]`")));
            continue;
        }
        let steps =
            list.iter().enumerate().filter_map(|(place, node)| step(node, place, &path, names, problems));
        let name = EscalationName::from(name);
        escalations.insert(name.clone(), Arc::new(Escalation { name, steps: steps.collect() }));
    }
    nobody_uses(gathered, &escalations, problems);
    escalations
}

fn step(
    node: &Node,
    place: usize,
    path: &KeyPath<'_>,
    names: &Names,
    problems: &mut Problems,
) -> Option<EscalationStep> {
    let Value::Table(table) = &node.value else {
        problems.push(wrong_kind(node, path, "a list of steps"));
        return None;
    };
    refuse_unknown_keys(&ESCALATION, table, path, problems);
    let layers = [table];
    let reader =
        Reader { section: &ESCALATION, layers: &layers, path: *path, placeholders: Placeholders::Literal };
    let receivers = reader.names("receivers", names, problems);
    let tells_nobody = match reader.entry("receivers") {
        None => Some(node.span),
        Some(entry) => match &entry.node.value {
            Value::List(list) if list.is_empty() => Some(entry.node.span),
            _ => None,
        },
    };
    if let Some(span) = tells_nobody {
        let draft = Draft::error(span, path, "the step tells nobody");
        problems.push(draft.hint("add `receivers = [\"...\"]`, or take the step out"));
    }
    let default = if place == 0 { Duration::ZERO } else { AFTER };
    let after = reader.span("after", problems).unwrap_or(default);
    let repeat = reader.count("repeat", problems).unwrap_or(0);
    if repeat > 0
        && after.is_zero()
        && let Some(entry) = reader.entry("repeat")
    {
        let message = "the step would be told again at once, since its `after` is zero";
        let draft = Draft::error(entry.key, &path.key("repeat"), message);
        problems.push(draft.hint("give the step an `after` such as `\"5m\"`, or take `repeat` out"));
    }
    let receivers = receivers?.iter().map(|name| ReceiverName::from(name.value.as_str())).collect();
    Some(EscalationStep { after, receivers, repeat })
}

fn nobody_uses(
    gathered: &Gathered<'_>,
    escalations: &BTreeMap<EscalationName, Arc<Escalation>>,
    problems: &mut Problems,
) {
    let routes = gathered.many("route").iter();
    let used: Vec<&str> = routes.filter_map(|route| as_text(&route.table.get("escalation")?.node)).collect();
    // A misspelled name has been reported already, and is probably the one that seems to be missing.
    if used.iter().any(|name| !escalations.contains_key(*name)) {
        return;
    }
    for (name, entry) in gathered.named("escalation") {
        if !used.contains(&name) {
            let root = KeyPath::Root;
            let all = root.key("escalation");
            let message = format!("no route has the escalation `{name}`");
            let draft = Draft::warning(entry.key, &all.key(name), message).may_follow();
            problems
                .push(draft.hint(format!("add `escalation = \"{name}\"` to a [[route]], or take it out")));
        }
    }
}
