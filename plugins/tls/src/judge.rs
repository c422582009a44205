//! What a server showed, held against what the operator expects.

use watchkeep_sdk::net::{Certificate, NoTls, TlsFacts};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{clipped, http::span, wording};

use crate::config::{Ocsp, Protocol, Tls};
use crate::metrics;
use crate::ocsp::{self, CertificateStatus};
use crate::visit::Inspected;

/// It could not be asked to the end: its own fault, or that of the config.
pub(crate) fn unreachable(refused: NoTls) -> Verdict {
    if let NoTls::Failed(failure) = &refused
        && let Some(fault) = failure.as_fault()
    {
        return Err(fault.into());
    }
    Ok(metrics::of_nothing(Report::critical(refused.sentence())))
}

pub(crate) fn shown(config: &Tls, seen: &Inspected, now: u64, complaints: &mut Complaints) {
    let facts = &seen.inspection.facts;
    trust(config, facts, complaints);
    let members = members(config, seen);
    for certificate in &members {
        complaints.expiry(certificate, now, config.expiry_warning_days, config.expiry_critical_days);
        strength(config, certificate, complaints);
    }
    if let Some(leaf) = facts.chain.first() {
        identity(config, leaf, complaints);
        stapled(config, facts, leaf, now, complaints);
    }
    protocol(config, facts, complaints);
    complaints.slowness(seen.took(), config.response_time_warning, config.response_time_critical);
}

pub(crate) fn verdict(config: &Tls, seen: &Inspected, now: u64, complaints: &Complaints) -> Verdict {
    let facts = &seen.inspection.facts;
    let mut began = format!("{} in {}", facts.protocol, span(seen.took()));
    let first = members(config, seen).into_iter().min_by_key(|certificate| certificate.not_after);
    if let (Some(first), State::Ok) = (first, complaints.state()) {
        began.push_str("; ");
        began.push_str(&first.expiry(now));
    }
    let report = complaints.verdict(began)?.more_details(chain(facts, now));
    Ok(metrics::of_handshake(report, config, seen))
}

/// The certificates that matter: those that the trust rests on; all that were shown where nobody asks for trust; the
/// server's own where there is none.
fn members<'a>(config: &Tls, seen: &'a Inspected) -> Vec<&'a Certificate> {
    let chain = &seen.inspection.facts.chain;
    let places: Vec<usize> = match (&*seen.inspection.path, config.ignore_trust) {
        ([], true) => (0..chain.len()).collect(),
        // Its time is over, or is not the reason why it is not trusted.
        ([], false) => Vec::new(),
        (path, _) => path.iter().map(|place| *place as usize).collect(),
    };
    places.into_iter().filter_map(|place| chain.get(place)).collect()
}

fn trust(config: &Tls, facts: &TlsFacts, complaints: &mut Complaints) {
    if let (Some(why), false) = (&facts.untrusted, config.ignore_trust) {
        complaints.critical(format!("the certificate is not trusted: {why}"));
    }
}

/// Whether it is the certificate that is expected.
fn identity(config: &Tls, leaf: &Certificate, complaints: &mut Complaints) {
    for name in config.names.0.iter().filter(|name| !leaf.names.iter().any(|of| covers(of, name))) {
        complaints.critical(format!(
            "the certificate is not for `{name}`, but for {}",
            clipped(&leaf.names.join(", "))
        ));
    }
    if let Some(issuer) = &config.issuer
        && !leaf.issuer.contains(issuer.as_str())
    {
        complaints.critical(format!(
            "the certificate is issued by `{}`; expected `{}`",
            clipped(&leaf.issuer),
            clipped(issuer)
        ));
    }
    let pinned = &config.fingerprints.0;
    if !pinned.is_empty() && !pinned.iter().any(|pin| pin.0 == leaf.sha256) {
        complaints.critical(format!("the certificate is another one: its SHA-256 is {}", leaf.sha256));
    }
}

/// Whether a certificate for `of` is one for `name`: a `*` stands for one whole first part.
fn covers(of: &str, name: &str) -> bool {
    let (of, name) = (of.trim_end_matches('.'), name.trim_end_matches('.'));
    if of.eq_ignore_ascii_case(name) {
        return true;
    }
    match (of.strip_prefix("*."), name.split_once('.')) {
        (Some(of), Some((first, rest))) => !first.is_empty() && of.eq_ignore_ascii_case(rest),
        (_, _) => false,
    }
}

fn strength(config: &Tls, certificate: &Certificate, complaints: &mut Complaints) {
    let algorithm = certificate.key_algorithm.to_ascii_lowercase();
    let minimum = if algorithm.contains("rsa") {
        config.minimum_rsa_bits
    } else if algorithm.contains("ec") {
        config.minimum_ec_bits
    } else {
        0
    };
    // What cannot be read has no bits.
    if certificate.key_bits != 0 && certificate.key_bits < minimum {
        complaints.warning(format!(
            "the key of `{}` has {} bits, fewer than {minimum}",
            clipped(&certificate.subject),
            certificate.key_bits
        ));
    }
    let signature = certificate.signature_algorithm.to_ascii_lowercase();
    let is_its_own = certificate.subject == certificate.issuer;
    if !is_its_own && (signature.contains("sha1") || signature.contains("md5") || signature.contains("md2")) {
        complaints.warning(format!(
            "the signature on `{}` is a weak one: {}",
            clipped(&certificate.subject),
            certificate.signature_algorithm
        ));
    }
}

fn stapled(config: &Tls, facts: &TlsFacts, leaf: &Certificate, now: u64, complaints: &mut Complaints) {
    let response = match (&facts.ocsp, config.ocsp) {
        (_, Ocsp::Ignored) | (None, Ocsp::IfStapled) => return,
        (None, Ocsp::Required) => {
            complaints.critical("no OCSP response is stapled");
            return;
        }
        (Some(response), Ocsp::IfStapled | Ocsp::Required) => response,
    };
    let unsound = match ocsp::stapled(response, &leaf.serial) {
        Ok(stapled) => match stapled.standing {
            CertificateStatus::Revoked => {
                complaints.critical("the certificate is revoked, says the stapled OCSP response");
                return;
            }
            CertificateStatus::Unknown => Some("does not know the certificate".to_owned()),
            CertificateStatus::Good if stapled.this_update > now => Some("is from the future".to_owned()),
            CertificateStatus::Good => stapled.next_update.filter(|next| *next <= now).map(|next| {
                format!(
                    "has been out of date for {}",
                    wording::span(Duration::from_millis(now.saturating_sub(next)))
                )
            }),
        },
        Err(why) => Some(format!("says nothing: {why}")),
    };
    let Some(why) = unsound else { return };
    let sentence = format!("the stapled OCSP response {why}");
    match config.ocsp {
        Ocsp::Required => complaints.critical(sentence),
        Ocsp::IfStapled | Ocsp::Ignored => complaints.warning(sentence),
    }
}

fn protocol(config: &Tls, facts: &TlsFacts, complaints: &mut Complaints) {
    if let Some(minimum) = config.minimum_protocol
        && Protocol::named(&facts.protocol).is_some_and(|protocol| protocol < minimum)
    {
        complaints.critical(format!(
            "it speaks {} at best; the minimum is {}",
            facts.protocol,
            minimum.as_str()
        ));
    }
    let offered = &config.alpn.0;
    match &facts.alpn {
        _ if offered.is_empty() => {}
        Some(chosen) if offered.contains(chosen) => {}
        Some(_) | None => complaints.critical(format!("it speaks none of {}", offered.join(", "))),
    }
}

/// A line for each certificate that was shown.
fn chain(facts: &TlsFacts, now: u64) -> String {
    let cipher = facts.cipher_suite.as_deref().map_or_else(String::new, |suite| format!("cipher {suite}\n"));
    let lines = facts.chain.iter().enumerate().map(|(place, certificate)| {
        format!(
            "{place} {}, issued by {}, key {} {}, signed with {}, SHA-256 {}",
            certificate.expiry(now),
            clipped(&certificate.issuer),
            certificate.key_algorithm,
            certificate.key_bits,
            certificate.signature_algorithm,
            certificate.sha256
        )
    });
    format!("{cipher}{}", lines.collect::<Vec<_>>().join("\n"))
}
