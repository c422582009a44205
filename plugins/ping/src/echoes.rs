//! What came back, and what that says.

use watchkeep_sdk::http::span;
use watchkeep_sdk::icmp::{self, Echoes, Family};
use watchkeep_sdk::prelude::*;

use crate::config::Ping;

/// What one family of addresses answered; none could be asked where it has no address or no way.
pub(crate) enum FamilyResult {
    Asked(Echoes),
    Unreachable(String),
}

/// A fault is none of the host's.
pub(crate) fn look(config: &Ping, family: Family) -> Result<FamilyResult, Stop> {
    let asked = icmp::echo(&*config.host)
        .count(config.count)
        .interval(config.interval)
        .timeout(config.timeout)
        .size(config.size)
        .family(family)
        .send();
    match asked {
        Ok(echoes) => Ok(FamilyResult::Asked(echoes)),
        Err(failure) => match failure.as_fault() {
            Some(fault) => Err(fault.into()),
            None => Ok(FamilyResult::Unreachable(failure.sentence())),
        },
    }
}

/// Each family is a finding of its own.
pub(crate) fn each(config: &Ping, families: &[Family]) -> Verdict {
    let mut findings = Vec::new();
    for family in families {
        let (key, words) = match family {
            Family::Ipv6 => ("ipv6", "IPv6"),
            Family::Any | Family::Ipv4 => ("ipv4", "IPv4"),
        };
        let report = look(config, *family)?.report(config);
        let mut finding = Finding::new(key, report.state, format!("{words}: {}", report.summary));
        finding.metrics = report.metrics.into_iter().map(|metric| metric.label("family", key)).collect();
        findings.push(finding);
    }
    let mut report = Report::worst_of(findings);
    report.metrics =
        report.findings.iter_mut().flat_map(|finding| std::mem::take(&mut finding.metrics)).collect();
    Ok(report)
}

impl FamilyResult {
    pub(crate) fn report(&self, config: &Ping) -> Report {
        let echoes = match self {
            FamilyResult::Asked(echoes) => echoes,
            FamilyResult::Unreachable(sentence) => {
                return Report::critical(sentence.clone()).metric("probe_success", false);
            }
        };
        let (sent, lost) = (echoes.sent(), echoes.lost());
        let mut complaints = Complaints::default();
        let percent = if sent == 0 { 0.0 } else { lost as f64 * 100.0 / sent as f64 };
        let too_many = |limit: u8| format!("more than {limit} % lost");
        if sent == 0 {
            complaints.open("no request could be sent in the time that the run has");
        } else if lost == sent {
            complaints.critical("none was answered");
        } else if percent > f64::from(config.loss_critical) {
            complaints.critical(too_many(config.loss_critical));
        } else if percent > f64::from(config.loss_warning) {
            complaints.warning(too_many(config.loss_warning));
        }
        let jitter = jitter(echoes);
        let average = echoes.average();
        limits(
            &mut complaints,
            "the average round trip is longer than",
            average,
            config.round_trip_warning,
            config.round_trip_critical,
        );
        limits(
            &mut complaints,
            "the jitter is more than",
            jitter,
            config.jitter_warning,
            config.jitter_critical,
        );
        let times = average.map_or_else(String::new, |average| format!(", {} on average", span(average)));
        let opening = format!("{lost} of {sent} lost to {}{times}", echoes.ip);
        let report = complaints.report(state(&complaints, sent), opening);
        numbers(report, config, echoes, jitter)
    }
}

/// Nothing is known of a host that was not asked.
fn state(complaints: &Complaints, sent: usize) -> State {
    if sent == 0 { State::Unknown } else { complaints.state() }
}

fn limits(
    complaints: &mut Complaints,
    what: &str,
    measured: Option<Duration>,
    warning: Option<Duration>,
    critical: Option<Duration>,
) {
    let Some(measured) = measured else { return };
    let said = |limit: Duration| format!("{what} {}: {}", span(limit), span(measured));
    match (critical, warning) {
        (Some(limit), _) if measured > limit => complaints.critical(said(limit)),
        (_, Some(limit)) if measured > limit => complaints.warning(said(limit)),
        (_, _) => {}
    }
}

/// How much a round trip differs from the one that was answered before it, on average.
fn jitter(echoes: &Echoes) -> Option<Duration> {
    let answered: Vec<Duration> = echoes.answered().collect();
    let pairs = u32::try_from(answered.len().checked_sub(1)?).ok().filter(|pairs| *pairs > 0)?;
    let differences = answered.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
    Some(differences.sum::<Duration>() / pairs)
}

fn numbers(report: Report, config: &Ping, echoes: &Echoes, jitter: Option<Duration>) -> Report {
    let at_most = |limit: Option<Duration>| limit.map(|limit| Range::at_most(limit.as_secs_f64()));
    let success = report.state != State::Critical;
    let mut report = report.metric("probe_success", success);
    if echoes.sent() > 0 {
        let loss = Metric::new("ping_loss_ratio", echoes.lost() as f64 / echoes.sent() as f64, "ratio")
            .warning(Range::at_most(f64::from(config.loss_warning) / 100.0))
            .critical(Range::at_most(f64::from(config.loss_critical) / 100.0));
        report = report.with(loss);
    }
    let best = echoes.answered().min();
    let worst = echoes.answered().max();
    for (statistic, value) in [("min", best), ("avg", echoes.average()), ("max", worst)] {
        let Some(value) = value else { continue };
        let mut metric = Metric::new("ping_round_trip_seconds", value.as_secs_f64(), "seconds");
        if statistic == "avg" {
            metric.warning = at_most(config.round_trip_warning);
            metric.critical = at_most(config.round_trip_critical);
        }
        report = report.with(metric.label("statistic", statistic));
    }
    if let Some(jitter) = jitter {
        let mut metric = Metric::new("ping_jitter_seconds", jitter.as_secs_f64(), "seconds");
        metric.warning = at_most(config.jitter_warning);
        metric.critical = at_most(config.jitter_critical);
        report = report.with(metric);
    }
    report
}
