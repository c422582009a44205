//! Values of a plugin's config that need a grant as well: without it, every run would end denied, and only the first
//! run would show that.

use std::collections::BTreeMap;

use watchkeep_core::grant::{Host, HostPattern};
use watchkeep_core::ids::PluginName;

use crate::config::PluginSettings;
use crate::problems::{Draft, KeyPath, Problems};
use crate::sections::checks::ParsedCheck;

/// The mark for names that `Host` and the TLS handshake carry in place of the URL's.
pub(crate) const SERVER_NAME: &str = "server_name";

/// Reports names that nobody granted. The host of the URL itself needs no grant.
pub(crate) fn server_names(
    jobs: &[ParsedCheck],
    plugins: &BTreeMap<PluginName, PluginSettings>,
    problems: &mut Problems,
) {
    for job in jobs {
        let of_plugin = plugins.get(&job.spec.plugin).map(|settings| &settings.allow);
        let granted =
            || job.allow.server_name.iter().chain(of_plugin.into_iter().flat_map(|allow| &allow.server_name));
        for named in &job.server_names {
            // It is up to the plugin to refuse what is not a host name.
            let Some(host) = host(&named.value) else { continue };
            let is_own = job.targets.iter().any(|target| target.is_for(&host));
            if is_own || granted().any(|pattern: &HostPattern| pattern.covers(&host)) {
                continue;
            }
            let root = KeyPath::Root;
            let all = root.key("check");
            let own = all.key(job.spec.name.as_str());
            let message =
                format!("`{host}` is asked for in place of the URL's host, and nobody granted that");
            let draft = Draft::error(named.span, &own.key("config"), message);
            problems.push(draft.hint(format!("add `allow = {{ server_name = [\"{host}\"] }}` to the check")));
        }
    }
}

/// The host, without a port that may follow it.
fn host(text: &str) -> Option<Host> {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match text.rsplit_once(':') {
        Some((name, port)) if is_port(port) && (name.ends_with(']') || !name.contains(':')) => name,
        _ => text,
    };
    Host::parse(name).ok()
}
