//! StatusCake: what its API answers about uptime tests, lists of them and single ones.

mod kinds;

use std::collections::BTreeMap;

use crate::draft::{Draft, Work};
use crate::error::ImportError;
use crate::model::{EntryKind, Import, Tool};
use crate::span;
use crate::tools::wrong_tool;
use crate::tree::{Node, Scalar, parse_several_json};

/// Reads answers of `GET /v1/uptime` and `GET /v1/uptime/ID`, one after the other or as one list, in any order.
///
/// # Errors
/// If it is not JSON, or not what that API answers.
pub fn statuscake(text: &str) -> Result<Import, ImportError> {
    let roots = parse_several_json(text)?;
    let mut tests = Tests::default();
    for root in &roots {
        tests.take(root, 0);
    }
    if tests.all.is_empty() && !tests.saw_data {
        let nothing = Node { line: 0, value: Scalar::Null };
        return Err(wrong_tool(Tool::StatusCake, roots.first().unwrap_or(&nothing)));
    }
    let mut work = Work::new(Tool::StatusCake);
    for test in tests.in_order() {
        import(&mut work, &test);
    }
    work.into_import()
}

/// Tests by their numbers, in the order in which they came; what came twice is merged.
#[derive(Default)]
struct Tests {
    all: Vec<Vec<(String, Node)>>,
    places: BTreeMap<String, usize>,
    saw_data: bool,
}

impl Tests {
    fn take(&mut self, node: &Node, depth: usize) {
        const DEPTH_MAX: usize = 4;
        if depth > DEPTH_MAX {
            return;
        }
        if node.get("test_type").is_some() {
            self.add(node);
        } else if let Some(data) = node.get("data") {
            self.saw_data = true;
            self.take(data, depth + 1);
        } else {
            node.items().iter().for_each(|item| self.take(item, depth + 1));
        }
    }

    fn add(&mut self, node: &Node) {
        let id = node.text("id").unwrap_or_else(|| format!("of no number, {}", self.all.len()));
        match self.places.get(&id) {
            Some(at) => self.all[*at].extend(node.entries().iter().cloned()),
            None => {
                self.places.insert(id, self.all.len());
                self.all.push(node.entries().to_vec());
            }
        }
    }

    fn in_order(self) -> impl Iterator<Item = Node> {
        self.all.into_iter().map(|entries| Node { line: 0, value: Scalar::Table(entries) })
    }
}

fn import(work: &mut Work, test: &Node) {
    let name = test.text("name").unwrap_or_default();
    let place = format!("test {} \"{name}\"", test.text("id").unwrap_or_default());
    let mut draft = work.draft(EntryKind::Check, &name, place);
    let kind = test.text("test_type").unwrap_or_default().to_ascii_uppercase();
    let is_kept = match kind.as_str() {
        "HTTP" | "HEAD" => kinds::http(work, &mut draft, test, kind == "HEAD"),
        "TCP" => kinds::tcp(work, &mut draft, test),
        "PING" => kinds::ping(work, &mut draft, test),
        "SSH" => kinds::ssh(work, &mut draft, test),
        "SMTP" => kinds::smtp(work, &mut draft, test),
        "DNS" => kinds::dns(work, &mut draft, test),
        _ => {
            work.give_up(&draft, format!("a test of the type `{kind}`"));
            false
        }
    };
    if is_kept {
        common(&mut draft, test);
        work.keep(draft);
    }
}

fn common(draft: &mut Draft, test: &Node) {
    draft.enabled(!test.is_on("paused"));
    timing(draft, test);
    let tags = test.words("tags");
    if !tags.is_empty() {
        draft.label("tags", &tags.join(","));
    }
    let groups = test.words("contact_groups");
    if !groups.is_empty() {
        draft.label("contact_groups", &groups.join(","));
        draft.leave_to_do("write a [[receiver]] and a [[route]] that match the label `contact_groups`");
    }
    if !test.list("servers").is_empty() || !test.list("regions").is_empty() {
        draft.lost("the places that it is tested from: it is tested from this host");
    }
    if test.get("trigger_rate").is_none() && test.get("confirmation").is_none() {
        draft.leave_to_do("a list holds little of a test: import what `GET /v1/uptime/ID` answers as well");
    }
}

/// The timing. A test is down when that many servers confirm it, and people are told when it has been down for
/// `trigger_rate` minutes.
fn timing(draft: &mut Draft, test: &Node) {
    const CONSTANT: u64 = 30;
    let rate = test.count("check_rate").map(u64::from).unwrap_or(300);
    if rate == 0 {
        draft.differs("it was tested without a pause, and is every 30 s");
    }
    let interval = span::seconds(if rate == 0 { CONSTANT } else { rate });
    draft.interval(interval);
    let confirmation = test.count("confirmation").unwrap_or(0);
    let trigger = span::minutes(test.count("trigger_rate").map(u64::from).unwrap_or(0));
    let mut threshold = u64::from(confirmation) + 1;
    if trigger > 0 {
        threshold = threshold.max(2);
        let retry = (trigger / (threshold - 1)).min(interval).max(1_000);
        threshold = threshold.max(trigger.div_ceil(retry) + 1);
        draft.retry_interval(retry);
    }
    draft.failure_threshold(u32::try_from(threshold).unwrap_or(u32::MAX));
    draft.success_threshold(1);
    if let Some(timeout) = test.count("timeout").filter(|timeout| *timeout > 0) {
        draft.timeout(span::seconds(u64::from(timeout)));
    }
}
