//! What the server's answers, or their absence, say of it.

use watchkeep_sdk::clipped;
use watchkeep_sdk::net;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::websocket::{Socket, Wrong};

use crate::config::WebSocket;

use crate::talk::{self, Talk};
use crate::way::{self, Secured, Way};

pub(crate) fn judge(config: &WebSocket) -> Verdict {
    let mut complaints = Complaints::default();
    let mut way = Way::default();
    let began = clock::monotonic();
    let opened = way::open(config, &mut way);
    let took = clock::monotonic() - began;
    let mut opening = String::new();
    let mut ping = None;
    match opened {
        Ok(mut socket) => {
            opening = format!("open in {}", net::span(took));
            if let Some(subprotocol) = &way.subprotocol {
                opening.push_str(&format!(" with `{}`", clipped(subprotocol)));
            }
            complaints.slowness(took, config.response_time_warning, config.response_time_critical);
            if let Err(wrong) = converse(config, &mut socket, &mut opening, &mut ping, &mut complaints) {
                tell(wrong, &mut complaints)?;
            }
        }
        Err(wrong) => tell(wrong, &mut complaints)?,
    }
    certificate(config, &way, &mut complaints);
    let mut report = complaints.verdict(opening)?;
    report.metrics = measured(config, &way, took, ping);
    let success = f64::from(u8::from(report.state != State::Critical));
    report.metrics.push(Metric::new("probe_success", success, ""));
    Ok(report)
}

fn converse(
    config: &WebSocket,
    socket: &mut Socket,
    opening: &mut String,
    ping: &mut Option<Duration>,
    complaints: &mut Complaints,
) -> Result<(), Wrong> {
    let mut early = Vec::new();
    if config.ping {
        *ping = Some(talk::ping(socket, config.timeout, &mut early)?);
    }
    early.reverse();
    let mut talk = Talk { socket, timeout: config.timeout, early, said: String::new() };
    talk.all(config)?;
    if !talk.said.is_empty() {
        opening.push_str(&format!("; it says `{}`", clipped(&talk.said)));
    }
    match socket.close() {
        Ok(Some(goodbye)) if !goodbye.is_normal() => {
            complaints.warning(format!("it answers the goodbye with {}", goodbye.words()));
        }
        // Many leave without a word.
        Ok(_) => {}
        Err(Wrong::Late) => {
            complaints.warning(format!("it does not close within {}", net::span(config.timeout)));
        }
        Err(other) => return Err(other),
    }
    Ok(())
}

fn tell(wrong: Wrong, complaints: &mut Complaints) -> Result<(), Fault> {
    match wrong {
        Wrong::Fault(fault) => return Err(fault),
        Wrong::Said(sentence) => complaints.critical(sentence),
        Wrong::Late => complaints.critical("it does not answer"),
        Wrong::Closed => complaints.critical("it closes the connection without a word"),
        Wrong::Ended(goodbye) => complaints.critical(format!("it closes with {}", goodbye.words())),
    }
    Ok(())
}

/// Judges the certificate that expires first among those that the trust rests on.
fn certificate(config: &WebSocket, way: &Way, complaints: &mut Complaints) {
    if let Some(Secured { facts, path, .. }) = &way.tls
        && let Some(first) = facts.earliest_of(path)
        && facts.untrusted.is_none()
    {
        complaints.expiry(first, clock::now(), config.expiry_warning_days, config.expiry_critical_days);
    }
}

/// Under the names of the blackbox exporter where it has one.
fn measured(config: &WebSocket, way: &Way, took: Duration, ping: Option<Duration>) -> Vec<Metric> {
    let (warning, critical) = (config.response_time_warning, config.response_time_critical);
    let mut metrics = vec![Metric::response_time(took, warning, critical)];
    let opened = way.opened.unwrap_or_default();
    let first = way.tls.as_ref().and_then(|seen| seen.facts.earliest_of(&seen.path));
    let span = |nanos: Option<u64>| nanos.map(|nanos| nanos as f64 / 1e9);
    let seconds = |span: Option<Duration>| span.map(|span| span.as_secs_f64());
    let phase = "probe_websocket_duration_seconds";
    for (name, phase, unit, value) in [
        ("probe_http_status_code", "", "", way.status.map(f64::from)),
        ("probe_ssl_earliest_cert_expiry", "", "seconds", first.map(|first| first.not_after as f64 / 1e3)),
        ("websocket_ping_seconds", "", "seconds", seconds(ping)),
        (phase, "resolve", "seconds", span(opened.name)),
        (phase, "connect", "seconds", span(opened.connect)),
        (phase, "tls", "seconds", seconds(way.tls.as_ref().map(|seen| seen.took))),
        (phase, "upgrade", "seconds", seconds(way.upgrade)),
    ] {
        let Some(value) = value else { continue };
        let mut metric = Metric::new(name, value, unit);
        if !phase.is_empty() {
            metric.labels.push(Label::new("phase", phase));
        }
        metrics.push(metric);
    }
    metrics
}
