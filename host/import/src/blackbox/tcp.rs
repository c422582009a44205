//! The prober `tcp`.

use super::Probe;
use super::http::{certificate, tls_rest};
use crate::address::{host, host_port};
use crate::draft::{Draft, Work};
use crate::expect::{is_pattern, literal};
use crate::given::EnvText;
use crate::request::TLS_UNVERIFIED;
use crate::secrets::may_hold_secret;
use crate::tree::Node;
use crate::value::{Value, table};

pub(super) fn tcp(work: &mut Work, draft: &mut Draft, probe: &Probe<'_>) -> bool {
    let address = match probe.target.map(|target| host_port(target, None)) {
        None => None,
        Some(Ok(address)) => Some(address),
        Some(Err(why)) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "tcp");
    let origins: Vec<String> = address.iter().map(|address| format!("tcp://{address}")).collect();
    if let Some(address) = address {
        draft.config("address", address);
    }
    if probe.settings.is_on("tls") {
        draft.config("tls", true);
    }
    let steps = steps(work, draft, probe, &origins);
    let is_tls = probe.settings.is_on("tls")
        || probe.settings.list("query_response").iter().any(|step| step.is_on("starttls"));
    let has_secret = steps
        .iter()
        .any(|step| matches!(step, Value::Table(entries) if entries.iter().any(|(key, _)| key == "secret")));
    if !steps.is_empty() {
        draft.config("talk", Value::List(steps));
    }
    probe.family(draft);
    if let (true, Some(config)) = (is_tls, probe.settings.get("tls_config")) {
        tls(work, draft, probe, config, &origins, has_secret);
    }
    probe.lost(draft, &[("source_ip_address", "")]);
    probe.rest(
        draft,
        &[
            "ip_protocol_fallback",
            "preferred_ip_protocol",
            "query_response",
            "source_ip_address",
            "tls",
            "tls_config",
        ],
    );
    true
}

fn tls(
    work: &mut Work,
    draft: &mut Draft,
    probe: &Probe<'_>,
    config: &Node,
    origins: &[String],
    has_secret: bool,
) {
    if let Some(name) = config.text("server_name") {
        match host(&name) {
            Ok(name) => {
                draft.config("server_name", name.as_str());
                draft.allow("server_name", name);
            }
            Err(_) => draft.lost("`tls_config.server_name`, which is not a host name"),
        }
    }
    let ignores = config.is_on("insecure_skip_verify");
    let pem = certificate(config);
    if ignores && (has_secret || pem.is_some()) {
        draft.lost(
            "that any certificate is taken: no secret travels to a server that is not verified; hint: name its certificate \
             as `ca_file` under [host]",
        );
    } else if ignores {
        draft.config("ignore_certificate", true);
        match origins {
            [] => draft.leave_to_do(
                "a check that uses it needs `allow = { tls_unverified = [\"tcp://HOST:PORT\"] }`",
            ),
            origins => origins.iter().for_each(|origin| draft.allow(TLS_UNVERIFIED, origin.clone())),
        }
    }
    if let Some(pem) = pem {
        let hint = format!("{}-certificate", probe.module);
        let value = draft.secret(&mut work.secrets, ("its client certificate", &hint), &pem, origins);
        value.into_iter().for_each(|value| draft.config("client_certificate", value));
    }
    tls_rest(draft, config);
}

/// The steps of a conversation. In a query, what is expected comes first, then what is sent, then TLS.
fn steps(work: &mut Work, draft: &mut Draft, probe: &Probe<'_>, origins: &[String]) -> Vec<Value> {
    let mut steps = Vec::new();
    let mut in_login = false;
    for (at, line) in probe.settings.list("query_response").iter().enumerate() {
        if let Some(pattern) = line.text("expect") {
            match expected(&pattern) {
                Some(step) => steps.push(step),
                None => draft.lost(format!(
                    "`query_response[{at}].expect`, which is not a pattern that a check takes"
                )),
            }
        }
        if line.get("expect_bytes").is_some() {
            draft.lost(format!("`query_response[{at}].expect_bytes`"));
        }
        if line.get("labels").is_some() {
            draft.lost(format!("`query_response[{at}].labels`"));
        }
        if let Some(text) = line.text("send") {
            let is_secret = in_login || is_login(&text);
            in_login = is_login(&text) || in_login && text.trim().len() > 1 && !text.contains(' ');
            match sent(work, draft, (probe.module, at), &text, is_secret, origins) {
                Some(step) => steps.push(step),
                None => {
                    draft.lost(format!("`query_response[{at}].send`, which takes parts of what came before"))
                }
            }
        }
        if line.is_on("starttls") {
            steps.push(table([("starttls", true.into())]));
        }
    }
    steps
}

/// A step that expects a pattern. The exporter looks at lines one by one; here the pattern is looked for in everything
/// that came.
fn expected(pattern: &str) -> Option<Value> {
    if let Some(text) = literal(pattern) {
        return Some(table([("expect", Value::Text(text))]));
    }
    let is_end = pattern.ends_with('$') && !pattern.ends_with("\\$");
    let pattern = match pattern.strip_suffix('$').filter(|_| is_end) {
        Some(front) => format!("{front}\\r?$"),
        None => pattern.to_owned(),
    };
    let has_anchor = pattern.contains(['^', '$']);
    let pattern = if has_anchor { format!("(?m){pattern}") } else { pattern };
    is_pattern(&pattern).then(|| table([("expect_pattern", Value::Text(pattern))]))
}

/// Whether the text is a login, or may contain a secret.
fn is_login(text: &str) -> bool {
    let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
    let is_one = |word: &str| matches!(word, "PASS" | "AUTH" | "LOGIN" | "AUTHENTICATE" | "OPER");
    words.next().is_some_and(|word| is_one(&word))
        || words.next().is_some_and(|word| is_one(&word))
        || may_hold_secret(text)
}

fn sent(
    work: &mut Work,
    draft: &mut Draft,
    (module, at): (&str, usize),
    text: &str,
    is_secret: bool,
    origins: &[String],
) -> Option<Value> {
    if text.contains("${") || text.contains("{secret}") {
        return None;
    }
    // The exporter ends each line.
    if !is_secret {
        return Some(table([("send", Value::Text(format!("{text}\n")))]));
    }
    let hint = format!("{module}-send-{at}");
    let bare = text.trim_end_matches(['\r', '\n']);
    let end = &text[bare.len()..];
    let secret =
        draft.secret(&mut work.secrets, ("a line of a login", &hint), &EnvText::literal(bare), origins)?;
    Some(table([("send", Value::Text(format!("{{secret}}{end}\n"))), ("secret", secret)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_awaited_is_looked_for_in_all_that_came() {
        let text = |key: &str, value: &str| Some(table([(key, value.into())]));
        assert_eq!(expected("AMQP"), text("expect", "AMQP"));
        assert_eq!(expected("^220 ([^ ]+) (.+)$"), text("expect_pattern", "(?m)^220 ([^ ]+) (.+)\\r?$"));
        assert_eq!(expected("OK.*STARTTLS"), text("expect_pattern", "OK.*STARTTLS"));
        assert_eq!(expected("("), None);
    }

    #[test]
    fn lines_of_a_login_are_known() {
        for text in ["PASS hunter2", "AUTH PLAIN AGE=", "a1 LOGIN ada hunter2", "password: x"] {
            assert!(is_login(text), "{text}");
        }
        for text in ["EHLO prober\r", "QUIT", "NICK prober", ". STARTTLS"] {
            assert!(!is_login(text), "{text}");
        }
    }
}
