//! `[host.dead_man_signal]`: the URL that the host reports to that it is alive, and how often.

use std::time::Duration;

use watchkeep_core::grant::{Origin, OriginPattern, Scheme};

use super::secrets::Secrets;
use crate::config::DeadManSignal;
use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::DEAD_MAN_SIGNAL;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, refuse_unknown_keys, wrong_kind};
use crate::secret::Secret;
use crate::tree::Value;

pub(crate) fn read(
    gathered: &Gathered<'_>,
    secrets: &Secrets,
    problems: &mut Problems,
) -> Option<DeadManSignal> {
    let entry = gathered.one("host")?.get("dead_man_signal")?;
    let root = KeyPath::Root;
    let host = root.key("host");
    let path = host.key("dead_man_signal");
    let Value::Table(table) = &entry.node.value else {
        let draft = wrong_kind(&entry.node, &path, "a table");
        problems.push(draft.hint("write it as `dead_man_signal = { url = \"https://...\" }`"));
        return None;
    };
    refuse_unknown_keys(&DEAD_MAN_SIGNAL, table, &path, problems);
    let layers = [table];
    let reader =
        Reader { section: &DEAD_MAN_SIGNAL, layers: &layers, path, placeholders: Placeholders::Literal };
    let interval = reader.span("interval", problems).unwrap_or(const { Duration::from_mins(1) });
    if reader.entry("url").is_none() {
        let draft = Draft::error(entry.key, &path, "[host.dead_man_signal] has no `url`");
        problems.push(draft.hint("add `url = \"https://...\"`, or `url = { secret = \"NAME\" }`"));
        return None;
    }
    let url = reader.text_or_secret("url", secrets, problems)?;
    let origin = match Origin::of_url(&url.value.value) {
        Ok(origin) if matches!(origin.scheme, Scheme::Http | Scheme::Https) => origin,
        // None of it is shown, because the URL of a dead-man signal is as good as a key.
        Ok(_) | Err(_) => {
            let draft = Draft::error(url.span, &path.key("url"), "it is not the URL of a web server");
            problems.push(draft.hint("write it as `\"https://hc.example.com/ping/...\"`"));
            return None;
        }
    };
    Some(DeadManSignal {
        url: Secret::new(url.value.value.into_bytes(), vec![OriginPattern::exactly(&origin)]),
        interval,
    })
}
