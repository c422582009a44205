//! The check `ntp`: asks a time server and judges how far its clock is from this host's, its stratum, and whether it is
//! synchronised itself.
//!
//! A server that does not answer is critical. A right that is missing is a fault.

mod config;
mod packet;

use watchkeep_sdk::check;
use watchkeep_sdk::net::{self, Datagram, Failure, FailureKind};
use watchkeep_sdk::prelude::*;

pub use config::Ntp;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::packet::{Answer, read};
}

use packet::Answer;

/// Keeps nothing between runs.
#[check(
    name = "ntp",
    summary = "Queries a time server and judges offset, stratum and whether it is synchronised"
)]
pub fn run(config: Ntp, _: Run) -> Verdict {
    let nonce = u64::from_be_bytes(random::bytes(8).try_into().unwrap_or_default());
    let (datagram, until) = match ask(&config, nonce) {
        Ok(answered) => answered,
        Err(failure) => {
            return match failure.as_fault() {
                Some(fault) => Err(fault.into()),
                None => Ok(Report::critical(failure.sentence()).metric("probe_success", false)),
            };
        }
    };
    let answer = match packet::read(&datagram.data, nonce) {
        Ok(answer) => answer,
        Err(why) => return Ok(Report::critical(why).metric("probe_success", false)),
    };
    if let Some(kiss) = answer.kiss() {
        return Err(Fault::inconclusive(kiss).into());
    }
    judge(&config, &answer, Duration::from_nanos(datagram.after), until)
}

/// A datagram may be lost: it is asked again. With the moment at which the answer was there.
fn ask(config: &Ntp, nonce: u64) -> Result<(Datagram, u64), Box<Failure>> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let target = net::target(&*config.server).family(config.ip_family).timeout(config.timeout);
        match target.exchange(&packet::request(nonce), 1) {
            Ok(mut answers) if !answers.is_empty() => return Ok((answers.remove(0), clock::now())),
            // The contract says that there is one, or a failure.
            Ok(_) => continue,
            Err(failure) if failure.kind == FailureKind::TimedOut && attempts < config.attempts => {}
            Err(failure) => return Err(failure),
        }
    }
}

fn judge(config: &Ntp, answer: &Answer, took: Duration, until: u64) -> Verdict {
    let (offset, delay) = answer.offset_and_delay(until, took);
    let mut complaints = Complaints::default();
    if answer.is_unsynchronised() {
        complaints.critical("it says that it is not synchronised");
    }
    // This host's clock is told in milliseconds.
    let size = Duration::from_millis((offset.abs() * 1_000.0).round() as u64);
    let beyond = |limit: Duration| format!("its clock differs by more than {}", net::span(limit));
    if size > config.offset_critical {
        complaints.critical(beyond(config.offset_critical));
    } else if size > config.offset_warning {
        complaints.warning(beyond(config.offset_warning));
    }
    let stratum = answer.stratum();
    let worse = |limit: u8| format!("stratum {stratum} is worse than {limit}");
    match (config.stratum_critical, config.stratum_warning) {
        (Some(limit), _) if stratum > limit => complaints.critical(worse(limit)),
        (_, Some(limit)) if stratum > limit => complaints.warning(worse(limit)),
        (_, _) => {}
    }
    complaints.slowness(took, config.response_time_warning, config.response_time_critical);
    let direction = if offset < 0.0 { "behind" } else { "ahead of" };
    let opening = format!(
        "stratum {stratum} in {}; its clock is {} {direction} this host's",
        net::span(took),
        net::span(size)
    );
    let report = complaints.verdict(opening)?;
    let success = report.state != State::Critical;
    let around = |limit: Duration| Range::between(-limit.as_secs_f64(), limit.as_secs_f64());
    let offset = Metric::new("ntp_offset_seconds", offset, "seconds")
        .warning(around(config.offset_warning))
        .critical(around(config.offset_critical));
    Ok(report
        .metric("probe_success", success)
        .with(Metric::response_time(took, config.response_time_warning, config.response_time_critical))
        .with(offset)
        .with(Metric::new("ntp_delay_seconds", delay, "seconds"))
        .with(Metric::new("ntp_root_delay_seconds", answer.root_delay, "seconds"))
        .with(Metric::new("ntp_root_dispersion_seconds", answer.root_dispersion, "seconds"))
        .metric("ntp_stratum", u64::from(stratum)))
}
