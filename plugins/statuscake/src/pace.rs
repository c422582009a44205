//! How often StatusCake lets itself be asked: five times a second, and by what its answers say of the account. Other checks and
//! people use the same account.

use std::collections::VecDeque;

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::{Response, span};
use watchkeep_sdk::prelude::*;

const A_SECOND: usize = 5;
const SECOND: Duration = Duration::from_secs(1);
/// In a row.
const REFUSALS_MAX: u32 = 3;

/// Moments are since the run began.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// When the last five answers came, the oldest first: StatusCake took these requests no later.
    answered: VecDeque<Duration>,
    /// It is not to be asked before.
    not_before: Duration,
    /// How many requests the account has left, by the last answer.
    pub(crate) left: Option<u64>,
    /// The limits, in StatusCake's words.
    limit: Option<String>,
    /// It has refused the last ones.
    refusals: u32,
}

impl Pace {
    /// For how long it is not to be asked.
    pub(crate) fn wait(&self) -> Duration {
        let whole = self.answered.front().filter(|_| self.answered.len() >= A_SECOND);
        let second = whole.map_or(Duration::ZERO, |oldest| *oldest + SECOND);
        second.max(self.not_before).saturating_sub(clock::monotonic())
    }

    /// Whether it soon takes one request more. It is left to others, and to the next run, if not.
    pub(crate) fn is_free(&self, rest: Duration) -> bool {
        let wait = self.wait();
        wait <= SECOND && wait + rest <= clock::remaining()
    }

    /// Has waited, or knows that there is no time for it and for an answer that takes `rest`.
    pub(crate) fn waited(&self, rest: Duration) -> bool {
        let wait = self.wait();
        wait.is_zero() || clock::sleep_leaving(wait, rest)
    }

    pub(crate) fn hear(&mut self, response: &Response) {
        let number = |name: &str| response.header(name).and_then(|text| text.trim().parse::<u64>().ok());
        let now = clock::monotonic();
        self.answered.push_back(now);
        self.answered.drain(..self.answered.len().saturating_sub(A_SECOND));
        self.left = number("x-ratelimit-remaining").or(self.left);
        self.limit = response.header("x-ratelimit-limit").map(clipped).or(self.limit.take());
        self.refusals = if response.status == 429 { self.refusals + 1 } else { 0 };
        if self.refusals > 0 || number("x-ratelimit-remaining") == Some(0) {
            let told = number("retry-after").or_else(|| number("x-ratelimit-reset")).map(Duration::from_secs);
            let span = told.unwrap_or(SECOND).max(SECOND * self.refusals.max(1));
            self.not_before = now.saturating_add(span);
        }
    }

    /// It refuses whatever is waited.
    pub(crate) const fn is_hopeless(&self) -> bool {
        self.refusals >= REFUSALS_MAX
    }

    /// Why it is not asked any more in this run.
    pub(crate) fn said(&self) -> String {
        let limit = self.limit.as_deref().map_or_else(String::new, |limit| format!(" (its limit: {limit})"));
        let more = if self.refusals > 0 { "takes no more requests" } else { "takes no request" };
        let tries = match self.refusals {
            0 | 1 => String::new(),
            refusals => format!(", and has refused {refusals} in a row"),
        };
        let (wait, left) = (span(whole_seconds(self.wait())), span(clock::remaining()));
        format!("StatusCake {more} for {wait}{limit}{tries}; the run has {left} left")
    }
}

/// No fewer: as StatusCake said it, though some of it has gone by.
fn whole_seconds(wait: Duration) -> Duration {
    Duration::from_secs(wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)))
}
