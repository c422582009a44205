//! The probers `icmp`, `dns` and `grpc`.

use super::Probe;
use super::http::{certificate, tls_rest};
use crate::address::{host, host_port};
use crate::draft::{Draft, Work};
use crate::expect::one_or_many;
use crate::gatus::name_server;
use crate::request::TLS_UNVERIFIED;

pub(super) fn icmp(work: &mut Work, draft: &mut Draft, probe: &Probe<'_>) -> bool {
    let host = match probe.target.map(host) {
        None => None,
        Some(Ok(host)) => Some(host),
        Some(Err(why)) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "ping");
    if let Some(host) = host {
        draft.config("host", host);
    }
    const SIZE_MAX: u32 = 9_000;
    if let Some(size) = probe.settings.count("payload_size") {
        draft.config("size", size.min(SIZE_MAX));
    }
    probe.family(draft);
    probe.lost(draft, &[("dont_fragment", ""), ("source_ip_address", ""), ("ttl", "")]);
    probe.rest(
        draft,
        &[
            "dont_fragment",
            "ip_protocol_fallback",
            "payload_size",
            "preferred_ip_protocol",
            "source_ip_address",
            "ttl",
        ],
    );
    true
}

pub(super) fn dns(work: &mut Work, draft: &mut Draft, probe: &Probe<'_>) -> bool {
    let settings = probe.settings;
    let Some(name) = settings.text("query_name") else {
        work.give_up(draft, format!("the module `{}`, which asks for no name", probe.module));
        return false;
    };
    let server = match probe.target.map(name_server) {
        Some(None) => {
            work.give_up(draft, "its name server is a name; give its address, such as `192.0.2.53`");
            return false;
        }
        Some(server) => server,
        None => None,
    };
    draft.key("plugin", "dns");
    draft.config("name", if name == "." { "." } else { name.trim_end_matches('.') });
    match settings.text("query_type").map(|kind| kind.to_ascii_uppercase()) {
        Some(kind) if kind != "ANY" => draft.config("type", kind),
        _ => draft.differs("it asked for records of any type, and asks for `A`"),
    }
    if let Some(server) = server {
        draft.config("server", server);
    }
    if settings.text("transport_protocol").as_deref() == Some("tcp") {
        draft.config("protocol", "tcp");
    }
    if settings.flag("recursion_desired") == Some(false) {
        draft.config("recursive", false);
    }
    let codes = settings.words("valid_rcodes");
    if !codes.is_empty() && codes != ["NOERROR"] {
        one_or_many(draft, "expect_status", codes);
    }
    for key in ["validate_answer_rrs", "validate_authority_rrs", "validate_additional_rrs"] {
        if settings.get(key).is_some() {
            draft
                .lost(format!("`{key}`: write the records under `expect`, `expect_some` or `do_not_expect`"));
        }
    }
    probe.lost(draft, &[("dns_over_tls", ""), ("source_ip_address", ""), ("tls_config", "")]);
    if settings.text("query_class").is_some_and(|class| class != "IN") {
        draft.lost("`query_class`");
    }
    probe.rest(
        draft,
        &[
            "dns_over_tls",
            "ip_protocol_fallback",
            "preferred_ip_protocol",
            "query_class",
            "query_name",
            "query_type",
            "recursion_desired",
            "source_ip_address",
            "tls_config",
            "transport_protocol",
            "valid_rcodes",
            "validate_additional_rrs",
            "validate_answer_rrs",
            "validate_authority_rrs",
        ],
    );
    true
}

pub(super) fn grpc(work: &mut Work, draft: &mut Draft, probe: &Probe<'_>) -> bool {
    let settings = probe.settings;
    let scheme = if settings.is_on("tls") { "https" } else { "http" };
    let port = if settings.is_on("tls") { 443 } else { 80 };
    let url = match probe.target.map(|target| host_port(target, Some(port))) {
        None => None,
        Some(Ok(address)) => Some(format!("{scheme}://{address}")),
        Some(Err(why)) => {
            work.give_up(draft, why);
            return false;
        }
    };
    draft.key("plugin", "grpc");
    if let Some(url) = &url {
        draft.config("url", url.as_str());
    }
    if let Some(service) = settings.text("service") {
        draft.config("service", service);
    }
    if let (true, Some(tls)) = (settings.is_on("tls"), settings.get("tls_config")) {
        let to: Vec<String> = url.iter().cloned().collect();
        let pem = certificate(tls);
        if tls.is_on("insecure_skip_verify") && pem.is_none() {
            draft.config("ignore_certificate", true);
            to.iter().for_each(|origin| draft.allow(TLS_UNVERIFIED, origin.clone()));
        }
        if let Some(pem) = pem {
            let hint = format!("{}-certificate", probe.module);
            let value = draft.secret(&mut work.secrets, ("its client certificate", &hint), &pem, &to);
            value.into_iter().for_each(|value| draft.config("client_certificate", value));
        }
        if let Some(Ok(name)) = tls.text("server_name").map(|name| host(&name)) {
            draft.config("server_name", name.as_str());
            draft.allow("server_name", name);
        }
        tls_rest(draft, tls);
    }
    probe.family(draft);
    probe.rest(draft, &["ip_protocol_fallback", "preferred_ip_protocol", "service", "tls", "tls_config"]);
    true
}
