//! The jobs of a Prometheus that use the exporter.

use super::relabel::{Labels, Rule};
use crate::address::http_url;
use crate::draft::{Draft, Work};
use crate::error::ImportError;
use crate::given::EnvText;
use crate::model::EntryKind;
use crate::span;
use crate::tree::{Node, parse_yaml};

const PARAM_TARGET: &str = "__param_target";
const PARAM_MODULE: &str = "__param_module";

pub(super) fn read(text: &str) -> Result<Node, ImportError> {
    let root = parse_yaml(text).map_err(|error| {
        ImportError::new(format!("the config of Prometheus: {error}"), "or leave out `--prometheus`")
    })?;
    if root.list("scrape_configs").is_empty() {
        return Err(ImportError::new(
            "what `--prometheus` names has no `scrape_configs`",
            "give Prometheus's own file, often prometheus.yml",
        ));
    }
    Ok(root)
}

pub(super) fn jobs(work: &mut Work, modules: &Node, prometheus: &Node) {
    let global = prometheus.get("global");
    for (at, job) in prometheus.list("scrape_configs").iter().enumerate() {
        let name = job.text("job_name").unwrap_or_default();
        let place = format!("scrape_configs[{at}] \"{name}\" (line {})", job.line);
        if is_of_the_exporter(job) {
            Job { name, place, node: job, global }.checks(work, modules);
        } else {
            work.lost(&place, "it does not ask the blackbox exporter");
        }
    }
}

fn is_of_the_exporter(job: &Node) -> bool {
    let is_probe =
        job.text("metrics_path").is_some_and(|path| path.trim_end_matches('/').ends_with("/probe"));
    let has_module = job.get("params").is_some_and(|params| params.get("module").is_some());
    let relabelled = job
        .list("relabel_configs")
        .iter()
        .any(|rule| rule.text("target_label").as_deref() == Some(PARAM_TARGET));
    is_probe && (has_module || relabelled) || has_module && relabelled
}

struct Job<'n> {
    name: String,
    place: String,
    node: &'n Node,
    global: Option<&'n Node>,
}

impl Job<'_> {
    fn checks(&self, work: &mut Work, modules: &Node) {
        let mut rules = Vec::new();
        for (at, node) in self.node.list("relabel_configs").iter().enumerate() {
            match Rule::read(node) {
                Some(rule) => rules.push(rule),
                None => work
                    .lost(&format!("{}, relabel_configs[{at}]", self.place), "a rule that is not known here"),
            }
        }
        for (key, _) in self.node.entries().iter().filter(|(key, _)| key.ends_with("_sd_configs")) {
            let why =
                format!("targets that `{key}` finds; write them as `each` or `each_file` of a [[check]]");
            work.lost(&self.place, why);
        }
        for (at, group) in self.node.list("static_configs").iter().enumerate() {
            for target in group.words("targets") {
                let place = format!("{}, static_configs[{at}] \"{}\"", self.place, shown(&target));
                self.check(work, modules, &rules, (group, &target), place);
            }
        }
    }

    fn labels(&self, group: &Node, target: &str) -> Labels {
        let mut labels = Labels::from([
            ("job".to_owned(), self.name.clone()),
            ("__address__".to_owned(), target.to_owned()),
        ]);
        for (name, _) in self.node.get("params").map(Node::entries).unwrap_or_default() {
            let value = self.node.get("params").and_then(|params| params.words(name).into_iter().next());
            labels.extend(value.map(|value| (format!("__param_{name}"), value)));
        }
        for (name, value) in group.get("labels").map(Node::entries).unwrap_or_default() {
            labels.extend(value.word().map(|value| (name.clone(), value)));
        }
        labels
    }

    fn check(
        &self,
        work: &mut Work,
        modules: &Node,
        rules: &[Rule],
        (group, target): (&Node, &str),
        place: String,
    ) {
        let mut labels = self.labels(group, target);
        if !rules.iter().all(|rule| rule.apply(&mut labels)) {
            work.lost(&place, "the job's own rules drop it");
            return;
        }
        let Some(asked) = labels.get(PARAM_TARGET).cloned() else {
            work.lost(&place, format!("no rule makes it `{PARAM_TARGET}`"));
            return;
        };
        let name = labels.get(PARAM_MODULE).cloned().unwrap_or_else(|| "http_2xx".to_owned());
        let Some(module) = modules.get(&name) else {
            work.lost(&place, format!("the exporter has no module `{name}`"));
            return;
        };
        let wanted = format!("{}.{}", self.name, shown(&asked));
        let mut draft = work.draft(EntryKind::Check, &crate::names::valid(&wanted), place);
        if super::write(work, &mut draft, (&name, module), Some(&asked)) {
            self.timing(&mut draft, module);
            for (name, value) in labels.iter().filter(|(name, _)| !name.starts_with("__")) {
                if name != "instance" && !crate::secrets::has_login(value) {
                    draft.label(name, value);
                }
            }
            work.keep(draft);
        }
    }

    /// The timing. The exporter ends a probe a little before Prometheus gives up.
    fn timing(&self, draft: &mut Draft, module: &Node) {
        const TIMEOUT: u64 = 10_000;
        let said = |key: &str| self.node.text(key).or_else(|| self.global?.text(key));
        if let Some(interval) = said("scrape_interval").and_then(|text| span::parse(&text)) {
            draft.interval(interval);
        }
        let of_module = module.text("timeout").and_then(|text| span::parse(&text)).filter(|span| *span > 0);
        let of_job = said("scrape_timeout").and_then(|text| span::parse(&text)).unwrap_or(TIMEOUT);
        let timeout = of_module.map_or(of_job, |span| span.min(of_job));
        if timeout != TIMEOUT {
            draft.timeout(timeout);
        }
    }
}

/// A target without what may be secret in it.
fn shown(target: &str) -> String {
    let whole = if target.contains("://") { target.to_owned() } else { format!("http://{target}") };
    match http_url(&EnvText::literal(whole)) {
        Ok(url) => {
            let rest = url.url.split_once("://").map_or(url.url.as_str(), |(_, rest)| rest);
            rest.split('?').next().unwrap_or(rest).trim_end_matches('/').to_owned()
        }
        Err(_) => "a target that is not an address".to_owned(),
    }
}
