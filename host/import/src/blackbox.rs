//! The blackbox exporter: its modules, and the jobs of a Prometheus that probe targets with them.

mod http;
mod kinds;
mod prometheus;
mod relabel;
mod tcp;

use crate::draft::{Draft, Work};
use crate::error::ImportError;
use crate::model::{EntryKind, Import, NoteKind, Tool};
use crate::tools::wrong_tool;
use crate::tree::{Node, parse_yaml};

/// Reads the exporter's own file, and the config of the Prometheus that uses it. Without the latter, a module becomes a
/// template.
///
/// # Errors
/// If one of them is not YAML, or not what it should be.
pub fn blackbox(text: &str, prometheus: Option<&str>) -> Result<Import, ImportError> {
    let root = parse_yaml(text)?;
    let Some(modules) = root.get("modules").filter(|modules| modules.is_table()) else {
        return Err(wrong_tool(Tool::Blackbox, &root));
    };
    let mut work = Work::new(Tool::Blackbox);
    for key in root.others(&["modules"]) {
        work.lost(key, "not known to this importer");
    }
    match prometheus {
        Some(text) => prometheus::jobs(&mut work, modules, &prometheus::read(text)?),
        None => {
            for (name, module) in modules.entries() {
                let place = format!("modules.{name} (line {})", module.line);
                let mut draft = work.draft(EntryKind::Template, name, place);
                if write(&mut work, &mut draft, (name, module), None) {
                    work.keep(draft);
                }
            }
            work.note(
                NoteKind::ToDo,
                "modules",
                "write the checks that `use` these templates, or give `--prometheus FILE`",
            );
        }
    }
    work.into_import()
}

/// Writes a module for a target, or for none yet.
fn write(work: &mut Work, draft: &mut Draft, (name, module): (&str, &Node), target: Option<&str>) -> bool {
    let kind = module.text("prober").unwrap_or_default();
    let settings = module.get(&kind);
    let nothing = Node { line: module.line, value: crate::tree::Scalar::Table(Vec::new()) };
    let probe = Probe { module: name, settings: settings.unwrap_or(&nothing), target };
    for key in
        module.others(&["prober", "timeout", "http", "tcp", "icmp", "dns", "grpc", "unix", "websocket"])
    {
        draft.lost(format!("`{key}`"));
    }
    match kind.as_str() {
        "http" => http::http(work, draft, &probe),
        "tcp" => tcp::tcp(work, draft, &probe),
        "icmp" => kinds::icmp(work, draft, &probe),
        "dns" => kinds::dns(work, draft, &probe),
        "grpc" => kinds::grpc(work, draft, &probe),
        _ => {
            work.give_up(draft, format!("the module `{name}`, whose prober no check is like"));
            false
        }
    }
}

/// A module, and the target that it probes.
struct Probe<'n> {
    module: &'n str,
    settings: &'n Node,
    target: Option<&'n str>,
}

impl Probe<'_> {
    fn lost(&self, draft: &mut Draft, keys: &[(&str, &str)]) {
        for (key, why) in keys {
            if self.settings.get(key).is_some_and(|node| node.word().as_deref() != Some("false")) {
                draft.lost(if why.is_empty() { format!("`{key}`") } else { format!("`{key}`: {why}") });
            }
        }
    }
    fn rest(&self, draft: &mut Draft, known: &[&str]) {
        for key in self.settings.others(known) {
            draft.lost(format!("`{key}`, which this importer does not know"));
        }
    }
    /// Sets the address family, only where one is required.
    fn family(&self, draft: &mut Draft) {
        let falls_back = self.settings.flag("ip_protocol_fallback") != Some(false);
        let family = match self.settings.text("preferred_ip_protocol").as_deref() {
            Some("ip4") => "ipv4",
            Some("ip6") | None => "ipv6",
            Some(_) => return,
        };
        let is_address = self.target.is_some_and(is_address);
        if !falls_back && !is_address {
            draft.config("ip_family", family);
        }
    }
}

fn is_address(target: &str) -> bool {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
    [rest, host].iter().any(|host| host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok())
}
