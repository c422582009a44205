//! What is wrong with a target, collected while it is looked at from all sides.

use std::time::Duration;

use super::fitting::cut;
use super::{Report, State};
use crate::transport::{Certificate, span};
use crate::{Fault, Verdict};

const DAY: Duration = Duration::from_secs(86_400);
/// Of a report's summary the host takes 1 KiB; the rest goes into the details.
const SUMMARY_BYTES_MAX: usize = 900;
/// Of it for what comes before what is wrong.
const OPENING_BYTES_MAX: usize = 400;
/// As many as somebody reads.
const SENTENCES_MAX: usize = 100;
/// Of what a target or an operator wrote and a sentence repeats.
const REPEATED_CHARS_MAX: usize = 200;

/// All that is certainly wrong, the worst first, and what could not be told. A check that asks its target several things
/// says them all, and is as bad as the worst.
///
/// ```
/// use watchkeep_sdk::prelude::*;
///
/// let mut complaints = Complaints::default();
/// complaints.warning("slower than 500 ms");
/// complaints.critical("expected status 200");
/// let report = complaints.verdict("status 503 in 1.2 s").unwrap();
/// assert_eq!(report.state, State::Critical);
/// assert_eq!(report.summary, "status 503 in 1.2 s; expected status 200; slower than 500 ms");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Complaints {
    critical: Vec<String>,
    warning: Vec<String>,
    /// Neither wrong nor well, since it could not be told.
    open: Vec<String>,
}

impl Complaints {
    pub fn critical(&mut self, sentence: impl Into<String>) {
        self.critical.push(sentence.into());
    }
    pub fn warning(&mut self, sentence: impl Into<String>) {
        self.warning.push(sentence.into());
    }
    /// What can be told of it neither good nor bad, and why: the report is no better than inconclusive then.
    pub fn open(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.open.contains(&sentence) {
            self.open.push(sentence);
        }
    }
    /// That something took longer than the operator allows.
    pub fn slowness(&mut self, took: Duration, warning: Option<Duration>, critical: Option<Duration>) {
        let slower = |limit: Duration| format!("slower than {}", span(limit));
        match (critical, warning) {
            (Some(limit), _) if took > limit => self.critical(slower(limit)),
            (_, Some(limit)) if took > limit => self.warning(slower(limit)),
            (_, _) => {}
        }
    }
    /// That a certificate has expired, or does so within these days.
    pub fn expiry(&mut self, certificate: &Certificate, now: u64, warning_days: u32, critical_days: u32) {
        let left = certificate.left(now);
        if left.is_zero() || left < DAY * critical_days {
            self.critical(certificate.expiry(now));
        } else if left < DAY * warning_days {
            self.warning(certificate.expiry(now));
        }
    }

    /// As bad as the worst that is certain; ok if nothing is.
    pub fn state(&self) -> State {
        match (self.critical.is_empty(), self.warning.is_empty()) {
            (true, true) => State::Ok,
            (true, false) => State::Warning,
            (false, _) => State::Critical,
        }
    }
    /// Why nothing can be said, if nothing is certainly wrong and something could not be told.
    pub fn fault(&self) -> Option<Fault> {
        let open = self.open.first().filter(|_| self.state() == State::Ok);
        open.map(|open| Fault::inconclusive(open.clone()))
    }
    /// What `began` says, and all that is wrong; what does not fit into a line is in the details.
    pub fn verdict(&self, began: impl Into<String>) -> Verdict {
        match self.fault() {
            Some(fault) => Err(fault.into()),
            None => Ok(self.report(self.state(), began)),
        }
    }
    /// As [`verdict`](Complaints::verdict), of this state.
    pub fn report(&self, state: State, began: impl Into<String>) -> Report {
        let open = self.open.iter().map(|open| format!("not judged: {open}"));
        let wrong = self.critical.iter().chain(&self.warning).cloned();
        let mut summary = began.into();
        // What is wrong has its place in the line, however much a target says before it.
        cut(&mut summary, OPENING_BYTES_MAX);
        let mut details = Vec::new();
        for (at, sentence) in wrong.chain(open).take(SENTENCES_MAX).enumerate() {
            let room = SUMMARY_BYTES_MAX - summary.len().min(SUMMARY_BYTES_MAX);
            let is_short = sentence.len() <= room;
            // The worst is said in part rather than not at all.
            if is_short || at == 0 {
                if !summary.is_empty() {
                    summary.push_str("; ");
                }
                let mut said = sentence.clone();
                cut(&mut said, room);
                summary.push_str(&said);
            }
            if !is_short {
                details.push(sentence);
            }
        }
        if !details.is_empty() {
            summary.push_str(&format!("; {} more", details.len()));
        }
        let report = Report::new(state, summary);
        if details.is_empty() { report } else { report.details(details.join("\n")) }
    }
}

impl Certificate {
    /// What is left of its time; none if it has expired.
    pub fn left(&self, now: u64) -> Duration {
        Duration::from_millis(self.not_after.saturating_sub(now))
    }
    /// When it expires, as a sentence: "certificate `CN=shop.example.com` expires in 12 days".
    pub fn expiry(&self, now: u64) -> String {
        let left = self.left(now);
        let subject = clipped(&self.subject);
        match left.as_secs() / DAY.as_secs() {
            _ if left.is_zero() => format!("certificate `{subject}` has expired"),
            0 => format!("certificate `{subject}` expires in {} hours", left.as_secs() / 3_600),
            1 => format!("certificate `{subject}` expires in 1 day"),
            days => format!("certificate `{subject}` expires in {days} days"),
        }
    }
}

/// What a target or an operator wrote, for a sentence: the beginning of it, if it is long, and control characters as they
/// stand in a config, since a terminal would obey them.
///
/// ```
/// assert_eq!(watchkeep_sdk::clipped("220 mail\r\n\u{1b}[2J"), r"220 mail\r\n\u{1b}[2J");
/// ```
pub fn clipped(text: &str) -> String {
    let mut clipped = String::new();
    for (at, c) in text.chars().enumerate() {
        match c {
            _ if at == REPEATED_CHARS_MAX => {
                clipped.push_str("...");
                break;
            }
            control if control.is_control() => clipped.extend(control.escape_default()),
            c => clipped.push(c),
        }
    }
    clipped
}
