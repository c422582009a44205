//! Gatus: endpoints with conditions. Gatus fills its texts from the environment before it reads them, so the value of
//! anything with a `$` is not known to the importer.

mod answer;
mod condition;
mod endpoint;
mod external;
mod kinds;
mod web;

use std::collections::BTreeMap;

pub(crate) use external::{every_of, key};
pub(crate) use kinds::name_server;

use crate::NewKey;
use crate::draft::Work;
use crate::error::ImportError;
use crate::given::EnvText;
use crate::model::{Import, NoteKind, Tool};
use crate::tools::wrong_tool;
use crate::tree::{Node, Scalar, parse_yaml};

/// Reads Gatus's own file.
///
/// # Errors
/// If it is not YAML, or not Gatus's.
pub fn gatus(text: &str, new_key: NewKey<'_>) -> Result<Import, ImportError> {
    let root = parse_yaml(text)?;
    // `endpoints` was once called `services`.
    let is_list = |key: &&str| matches!(root.get(key), Some(Node { value: Scalar::List(_), .. }));
    let lists: Vec<&str> = ["endpoints", "services"].into_iter().filter(is_list).collect();
    if lists.is_empty() && !is_list(&"external-endpoints") && !is_list(&"suites")
        || root.get("scrape_configs").is_some()
    {
        return Err(wrong_tool(Tool::Gatus, &root));
    }
    let mut work = Work::new(Tool::Gatus);
    let thresholds = default_thresholds(&root);
    for key in lists {
        for (at, node) in root.list(key).iter().enumerate() {
            endpoint::endpoint(&mut work, node, &place(key, at, node), &thresholds);
        }
    }
    for (at, node) in root.list("external-endpoints").iter().enumerate() {
        external::external(&mut work, node, &place("external-endpoints", at, node), new_key);
    }
    rest(&mut work, &root);
    work.into_import()
}

/// The place of an endpoint, as in `endpoints[2] "shop" in group "core" (line 12)`.
fn place(list: &str, at: usize, node: &Node) -> String {
    let name = node.text("name").map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let group = node.text("group").map(|group| format!(" in group \"{group}\"")).unwrap_or_default();
    format!("{list}[{at}]{name}{group} (line {})", node.line)
}

/// After how many failures and successes an alert of a type fires and ends, if an endpoint does not say so.
type Thresholds = BTreeMap<String, (Option<u32>, Option<u32>)>;

fn default_thresholds(root: &Node) -> Thresholds {
    let providers = root.get("alerting").map(Node::entries).unwrap_or_default();
    let of = |node: &Node| {
        let alert = node.get("default-alert")?;
        Some((alert.count("failure-threshold"), alert.count("success-threshold")))
    };
    providers.iter().filter_map(|(name, node)| Some((name.clone(), of(node)?))).collect()
}

/// Reports what is beside the endpoints.
fn rest(work: &mut Work, root: &Node) {
    for (name, _) in root.get("alerting").map(Node::entries).unwrap_or_default() {
        let text = "write a [[receiver]] and a [[route]] that match the label `alerts`";
        work.note(NoteKind::ToDo, &format!("alerting.{name}"), text);
    }
    for (at, suite) in root.list("suites").iter().enumerate() {
        let place = place("suites", at, suite);
        work.lost(&place, "a suite; write it as a check `http` with steps");
    }
    let why = |key: &str| match key {
        "endpoints" | "services" | "external-endpoints" | "suites" | "alerting" => None,
        "maintenance" => Some("write it as [[maintenance]], or with `watchkeep maintenance`"),
        "announcements" => Some("announcements stand on Gatus's own page"),
        "connectivity" => Some("write its target as a check, and name that under [witness]"),
        "remote" => Some("endpoints of other instances: import their own files"),
        "security" => Some("who may see the pages is said by `admin_token` under [host]"),
        "storage" => Some("results that Gatus stored; a new history begins"),
        "tunneling" => Some("no check goes through a tunnel"),
        "concurrency"
        | "disable-monitoring-lock"
        | "debug"
        | "metrics"
        | "skip-invalid-config-update"
        | "ui"
        | "web" => Some("a setting of Gatus's own process"),
        _ if key.starts_with("x-") => None,
        _ => Some("not known to this importer"),
    };
    for (key, node) in root.entries() {
        if let (Some(why), false) = (why(key), node.value == Scalar::Null) {
            work.lost(&format!("{key} (line {})", node.line), why);
        }
    }
}

/// A text as Gatus fills it.
fn given(node: &Node, key: &str) -> Option<EnvText> {
    node.text(key).map(|text| EnvText::expanding(&text))
}

/// A text in which nothing is filled; otherwise the variables that are in it.
fn known(text: &str) -> Result<String, String> {
    match EnvText::expanding(text) {
        EnvText::Plain(text) => Ok(text),
        given => Err(given.variables().join("`, `")),
    }
}
