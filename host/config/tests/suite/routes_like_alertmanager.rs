//! Rule R1 says that the tree answers as Alertmanager's does. Random trees and labels are written down for both, and
//! Alertmanager's own `amtool` is asked what it would do.

use std::fmt::Write as _;
use std::process::Command;

use crate::lab::taken;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use watchkeep_core::labels::Labels;
use watchkeep_core::route;

const ROUTES_MAX: usize = 12;
const NAMES: [&str; 4] = ["team", "site", "tier", "disk"];
/// Beginnings of each other, so that a pattern that is not anchored shows; one with what quoting is for.
const VALUES: [&str; 7] = ["web", "web-eu", "we", "db", "a.b", "axb", "night shift"];
const PATTERNS: [&str; 9] = ["web", "we", "web|db", "web.*", "", ".*", ".+", r"a\.b", "(?i)WEB"];

#[derive(Clone, Debug)]
struct Node {
    /// One of those before it; the first is the root.
    under: prop::sample::Index,
    matchers: Vec<String>,
    continues: bool,
    /// Else that of the route above.
    has_receiver: bool,
}

fn matcher() -> impl Strategy<Value = String> {
    let equal = (select(&NAMES[..]), select(&["=", "!="][..]), option::weighted(0.8, select(&VALUES[..])));
    let fits = (select(&NAMES[..]), select(&["=~", "!~"][..]), select(&PATTERNS[..]).prop_map(Some));
    prop_oneof![equal.boxed(), fits.boxed()]
        .prop_map(|(name, operator, value)| format!("{name}{operator}\"{}\"", value.unwrap_or_default()))
}

fn node() -> impl Strategy<Value = Node> {
    (any::<prop::sample::Index>(), vec(matcher(), 0..3), any::<bool>(), any::<bool>()).prop_map(
        |(under, matchers, continues, has_receiver)| Node { under, matchers, continues, has_receiver },
    )
}

fn labels() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    vec(option::weighted(0.7, select(&VALUES[..])), NAMES.len()).prop_map(|values| {
        NAMES.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect()
    })
}

/// For each its parent; none for the root.
fn parents(nodes: &[Node]) -> Vec<Option<usize>> {
    nodes.iter().enumerate().map(|(at, node)| (at > 0).then(|| node.under.index(at))).collect()
}

fn ours(nodes: &[Node]) -> String {
    let mut text = String::new();
    for at in 0..nodes.len() {
        write!(text, "[[receiver]]\nname = \"r{at}\"\nplugin = \"console\"\n").unwrap();
    }
    for ((at, node), parent) in nodes.iter().enumerate().zip(parents(nodes)) {
        write!(text, "[[route]]\nname = \"n{at}\"\n").unwrap();
        if at == 0 || node.has_receiver {
            writeln!(text, "receivers = [\"r{at}\"]").unwrap();
        }
        if let Some(parent) = parent {
            writeln!(text, "under = \"n{parent}\"\ncontinue = {}", node.continues).unwrap();
            writeln!(text, "match = {:?}", node.matchers).unwrap();
        }
    }
    text
}

/// JSON is YAML.
fn theirs(nodes: &[Node]) -> String {
    let parents = parents(nodes);
    let receivers: Vec<String> = (0..nodes.len()).map(|at| format!("{{\"name\":\"r{at}\"}}")).collect();
    format!("{{\"route\":{},\"receivers\":[{}]}}", tree(nodes, &parents, 0), receivers.join(","))
}

fn tree(nodes: &[Node], parents: &[Option<usize>], at: usize) -> String {
    let node = &nodes[at];
    let mut fields = Vec::new();
    if at == 0 || node.has_receiver {
        fields.push(format!("\"receiver\":\"r{at}\""));
    }
    if at > 0 {
        fields.push(format!("\"continue\":{},\"matchers\":{:?}", node.continues, node.matchers));
    }
    let below = (0..nodes.len()).filter(|other| parents[*other] == Some(at));
    let below: Vec<String> = below.map(|other| tree(nodes, parents, other)).collect();
    fields.push(format!("\"routes\":[{}]", below.join(",")));
    format!("{{{}}}", fields.join(","))
}

fn asked(config: &std::path::Path, labels: &[(&str, &str)]) -> Vec<String> {
    let output = Command::new("amtool")
        .args(["config", "routes", "test", "--config.file"])
        .arg(config)
        .args(labels.iter().map(|(name, value)| format!("{name}={value:?}")))
        .output()
        .expect("amtool starts; hint: `make setup` installs it");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "amtool: {complaint}");
    String::from_utf8_lossy(&output.stdout).trim().split(',').map(ToOwned::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn a_tree_answers_as_alertmanagers_does(
        nodes in vec(node(), 1..ROUTES_MAX),
        alerts in vec(labels(), 1..8),
    ) {
        let config = taken(&ours(&nodes));
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join("alertmanager.yml");
        std::fs::write(&written, theirs(&nodes)).unwrap();
        for alert in alerts {
            let labels: Labels = alert.iter().copied().collect();
            let routes = route::taken(&config.setup, &labels);
            let told: Vec<String> =
                routes.iter().flat_map(|route| &route.receivers).map(ToString::to_string).collect();
            prop_assert_eq!(told, asked(&written, &alert), "{:?}\n{}", alert, ours(&nodes));
        }
    }
}
