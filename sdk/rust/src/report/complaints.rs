//! What is wrong with a target, collected while it is checked from all sides.

use std::time::Duration;

use super::fitting::cut;
use super::{Report, State};
use crate::transport::{Certificate, span};
use crate::{Fault, Verdict};

const DAY: Duration = Duration::from_secs(86_400);
/// How much of a summary is used: the host accepts 1 KiB. The rest goes into the details.
const SUMMARY_BYTES_MAX: usize = 900;
/// How much of a summary may come before what is wrong.
const OPENING_BYTES_MAX: usize = 400;
/// The most sentences, as many as anybody reads.
const SENTENCES_MAX: usize = 100;
/// How much of a target's or an operator's text a sentence quotes.
const REPEATED_CHARS_MAX: usize = 200;

/// Everything that is certainly wrong, the worst first, and what could not be judged. A check that asks its target
/// several things reports all of them, and is as bad as the worst.
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
    /// What is neither wrong nor well, because it could not be judged.
    open: Vec<String>,
}

impl Complaints {
    pub fn critical(&mut self, sentence: impl Into<String>) {
        self.critical.push(sentence.into());
    }
    pub fn warning(&mut self, sentence: impl Into<String>) {
        self.warning.push(sentence.into());
    }
    /// Adds something that could not be judged, and why. The report is then inconclusive at best.
    pub fn open(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.open.contains(&sentence) {
            self.open.push(sentence);
        }
    }
    /// Adds that something took longer than the operator allows.
    pub fn slowness(&mut self, took: Duration, warning: Option<Duration>, critical: Option<Duration>) {
        let slower = |limit: Duration| format!("slower than {}", span(limit));
        match (critical, warning) {
            (Some(limit), _) if took > limit => self.critical(slower(limit)),
            (_, Some(limit)) if took > limit => self.warning(slower(limit)),
            (_, _) => {}
        }
    }
    /// Adds that a certificate has expired, or will within these days.
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
    /// Why nothing can be judged, if nothing is certainly wrong and something could not be judged.
    pub fn fault(&self) -> Option<Fault> {
        let open = self.open.first().filter(|_| self.state() == State::Ok);
        open.map(|open| Fault::inconclusive(open.clone()))
    }
    /// What `began` says, followed by everything that is wrong; what does not fit on a line is in the details.
    pub fn verdict(&self, began: impl Into<String>) -> Verdict {
        match self.fault() {
            Some(fault) => Err(fault.into()),
            None => Ok(self.report(self.state(), began)),
        }
    }
    /// Like [`verdict`](Complaints::verdict), with this state.
    pub fn report(&self, state: State, began: impl Into<String>) -> Report {
        let open = self.open.iter().map(|open| format!("not judged: {open}"));
        let wrong = self.critical.iter().chain(&self.warning).cloned();
        let mut summary = began.into();
        // What is wrong gets its place on the line, however much a target says before it.
        cut(&mut summary, OPENING_BYTES_MAX);
        let mut details = Vec::new();
        for (at, sentence) in wrong.chain(open).take(SENTENCES_MAX).enumerate() {
            let room = SUMMARY_BYTES_MAX - summary.len().min(SUMMARY_BYTES_MAX);
            let is_short = sentence.len() <= room;
            // The worst is shown in part rather than not at all.
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
    /// The time until it expires; zero if it has.
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

/// A target's or an operator's text for a sentence: only its beginning if it is long, and with control characters
/// escaped as in a config, because a terminal would obey them.
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
