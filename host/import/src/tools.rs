//! Recognises the tool of a config, if it is not the one that was named.

use crate::error::ImportError;
use crate::model::Tool;
use crate::tree::{Node, Scalar};

/// The error if the text is not a config of this tool. It says what the text is.
pub(crate) fn wrong_tool(tool: Tool, root: &Node) -> ImportError {
    let has = |key: &str| root.get(key).is_some();
    let is_list = |key: &str| matches!(root.get(key), Some(Node { value: Scalar::List(_), .. }));
    let blackbox =
        "it belongs behind `--prometheus`: `watchkeep import blackbox blackbox.yml --prometheus FILE`";
    let (what, hint) = if has("scrape_configs") || has("rule_files") {
        ("a config of Prometheus", blackbox)
    } else if root.get("modules").is_some_and(Node::is_table) {
        ("a config of the blackbox exporter", "import it with `watchkeep import blackbox FILE`")
    } else if has("monitorList") {
        ("a backup of Uptime Kuma", "import it with `watchkeep import kuma FILE`")
    } else if is_list("endpoints") || is_list("external-endpoints") {
        ("a config of Gatus", "import it with `watchkeep import gatus FILE`")
    } else if is_list("data") || root.items().iter().any(|item| item.get("test_type").is_some()) {
        ("an answer of StatusCake", "import it with `watchkeep import statuscake FILE`")
    } else if root.get("services").is_some_and(Node::is_table) {
        ("a file of Docker Compose", fix(tool))
    } else {
        ("something else", fix(tool))
    };
    ImportError::new(format!("it is {what}, and not {}", wanted(tool)), hint)
}

const fn wanted(tool: Tool) -> &'static str {
    match tool {
        Tool::Gatus => "a config of Gatus: it has no `endpoints`",
        Tool::Blackbox => "a config of the blackbox exporter: it has no `modules`",
        Tool::Kuma => "a backup of Uptime Kuma: it has no `monitorList`",
        Tool::StatusCake => "what the API of StatusCake answers: it has no `data`",
    }
}

const fn fix(tool: Tool) -> &'static str {
    match tool {
        Tool::Gatus => "give Gatus's own file, often config/config.yaml",
        Tool::Blackbox => "give the exporter's own file, often blackbox.yml",
        Tool::Kuma => "give what Uptime Kuma writes under Settings, Backup, Export",
        Tool::StatusCake => "give what `GET /v1/uptime` answers, or `--token-file` in place of a file",
    }
}
