//! How often it is asked before a failure counts, and for which families of addresses. Whoever is asked again, or after
//! another, gets a fair part of the run's time.

use watchkeep_sdk::http::{Family, span};
use watchkeep_sdk::prelude::*;

use crate::config::Fetch;
use crate::exchange::{Draft, Trouble, Turn};
use crate::veil::Veil;
use crate::{journey, judge};

/// With less a try says more of the time than of the target.
const TRY_MIN: Duration = Duration::from_secs(2);

pub(crate) fn all(config: &Fetch, now: u64) -> Verdict {
    match config.way.ip_family.each() {
        [family] => tried(config, *family, Time(None), now),
        families => each(config, families, now),
    }
}

/// Every family is a finding with its own state and numbers.
fn each(config: &Fetch, families: &[Family], now: u64) -> Verdict {
    let mut findings = Vec::new();
    let mut faults = Vec::new();
    for (at, family) in families.iter().enumerate() {
        let (key, name) = if *family == Family::Ipv4 { ("ipv4", "IPv4") } else { ("ipv6", "IPv6") };
        let later = u32::try_from(families.len() - at - 1).unwrap_or(0);
        let time = Time((later > 0).then(|| clock::monotonic() + clock::remaining() / (later + 1)));
        let report = match tried(config, *family, time, now) {
            Ok(report) => report,
            Err(Stop::Judged(report)) => *report,
            Err(Stop::Fault(fault)) => {
                findings.push(Finding::new(
                    key.to_owned(),
                    State::Unknown,
                    format!("{name}: could not be judged"),
                ));
                faults.push(fault);
                continue;
            }
        };
        let mut finding = Finding::new(key.to_owned(), report.state, format!("{name}: {}", report.summary));
        finding.metrics = report.metrics;
        findings.push(finding);
    }
    let mut report = Report::worst_of(findings);
    if report.state != State::Critical
        && let Some(fault) = faults.pop()
    {
        return Err(fault.into());
    }
    if report.state == State::Ok {
        report.summary.clear();
        for finding in &report.findings {
            let and = if report.summary.is_empty() { "" } else { "; " };
            report.summary.push_str(and);
            report.summary.push_str(&finding.summary);
        }
    }
    let success = report.state != State::Critical;
    Ok(report.metric("probe_success", success))
}

/// Until when all tries of one family have to be over, since the run began; none if the rest of the run is theirs.
#[derive(Clone, Copy)]
struct Time(Option<Duration>);

impl Time {
    fn left(self) -> Duration {
        self.0.map_or_else(clock::remaining, |until| until.saturating_sub(clock::monotonic()))
    }

    /// What a try has at least, or there is none. In a short run an even part is enough, whatever is lost between tries.
    fn least(self, config: &Fetch) -> Duration {
        let least = config.way.timeout.map_or(TRY_MIN, |timeout| timeout.min(TRY_MIN));
        least.min(self.left() / u32::from(config.attempts) * 9 / 10)
    }

    /// When this try has to end, so that as many of the `more` tries behind it as can be have their pause and their part.
    fn part(self, more: u32, pause: Duration, least: Duration) -> Option<Duration> {
        let left = self.left();
        let fits =
            |more: &u32| pause.saturating_mul(*more).saturating_add(least.saturating_mul(*more + 1)) <= left;
        match (1..=more).rev().find(fits) {
            Some(more) => Some(clock::monotonic() + (left - pause * more) / (more + 1)),
            None => self.0,
        }
    }
}

fn tried(config: &Fetch, family: Family, time: Time, now: u64) -> Verdict {
    let (attempts, pause) = (u32::from(config.attempts), config.attempts_pause);
    let least = time.least(config);
    let mut first: Option<String> = None;
    let mut attempt = 1;
    loop {
        let ends = time.part(attempts - attempt, pause, least);
        let report = match once(config, Turn { family, ends, now }) {
            Ok(report) if report.state == State::Critical && attempt < attempts => report,
            other => return other.map(|report| told(report, attempt, first, attempts)),
        };
        let left = time.left();
        if left < pause.saturating_add(least) {
            let short = format!(
                "{}; not tried again: {} remain, too little for a pause of {} and another try; hint: raise the check's `timeout`, or \
                 lower `attempts_pause`",
                report.summary,
                span(left),
                span(pause)
            );
            return Ok(told(report.summary(short), attempt, first, attempts));
        }
        first.get_or_insert(report.summary);
        if !pause.is_zero() {
            clock::sleep(pause);
        }
        attempt += 1;
    }
}

/// That something failed at first is not lost.
fn told(report: Report, attempt: u32, first: Option<String>, attempts: u32) -> Report {
    let report = match attempts {
        1 => report,
        _ => report.metric("probe_attempts", attempt),
    };
    let Some(first) = first else { return report };
    let more = match report.state {
        State::Critical => format!("try {attempt} of {attempts}; the first one said: {first}"),
        State::Ok | State::Warning | State::Unknown => format!("the first try failed: {first}"),
    };
    let summary = format!("{}; {more}", report.summary);
    report.summary(summary)
}

fn once(config: &Fetch, turn: Turn) -> Verdict {
    if !config.step.0.is_empty() {
        return journey::run(config, turn);
    }
    let (way, ask) = (&config.way, &config.ask);
    let draft = match Draft::new(config, None) {
        Ok(draft) => draft,
        Err(Trouble::Fault(fault)) => return Err(fault.into()),
        Err(Trouble::Said(sentence)) => return Ok(Report::critical(sentence)),
    };
    let redirects = if ask.follow_redirects { http::REDIRECTS_MAX } else { 0 };
    // What nobody looks at is not copied into the sandbox.
    let body_max = if ask.reads_body() { ask.body_bytes(way) } else { 0 };
    let exchange = draft.fetch(turn, Duration::ZERO, redirects, None, body_max);
    judge::exchange(way, ask, &exchange, turn.now, &Veil::default())
}
