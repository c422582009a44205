//! What is counted while the host runs, for `/metrics`. Counters start at zero with the host.

use std::sync::{Mutex, MutexGuard, PoisonError};

use watchkeep_core::delivery::AttemptResult;
use watchkeep_core::ids::{PluginName, ReceiverName};
use watchkeep_core::input::RunFinished;
use watchkeep_core::outcome::Outcome;
use watchkeep_web::Histogram;

#[derive(Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Clone, Default)]
pub(crate) struct Counts {
    pub(crate) runs: Vec<(PluginName, &'static str, u64)>,
    pub(crate) failures: Vec<(PluginName, &'static str, u64)>,
    pub(crate) lateness: Histogram,
    pub(crate) duration: Histogram,
    pub(crate) deliveries: Vec<(ReceiverName, &'static str, u64)>,
    pub(crate) inconsistencies: u64,
}

impl Tally {
    pub(crate) fn run_finished(&self, plugin: &PluginName, finished: &RunFinished) {
        let mut counts = self.lock();
        add(&mut counts.runs, plugin, finished.outcome.kind());
        if let Outcome::Failed(failure) = &finished.outcome {
            add(&mut counts.failures, plugin, failure.reason.as_str());
        }
        counts.lateness.observe(finished.late);
        counts.duration.observe(finished.took);
    }

    /// Sets how many inconsistencies the core has counted since the host started.
    pub(crate) fn inconsistencies(&self, count: u64) {
        let mut counts = self.lock();
        if count > counts.inconsistencies {
            tracing::error!(
                count,
                "the core missed something that must be there: a bug of the host, please report it"
            );
            counts.inconsistencies = count;
        }
    }

    pub(crate) fn attempt_finished(&self, receiver: &ReceiverName, result: &AttemptResult) {
        let word = match result {
            AttemptResult::Delivered(_) => "delivered",
            AttemptResult::RetryAfter(..) | AttemptResult::Retryable(_) => "retry",
            AttemptResult::Unsure(_) => "unsure",
            AttemptResult::Rejected(_) => "rejected",
        };
        add(&mut self.lock().deliveries, receiver, word);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lists are short: a handful of plugins and receivers with a handful of words.
fn add<N: Clone + PartialEq>(counts: &mut Vec<(N, &'static str, u64)>, name: &N, word: &'static str) {
    match counts.iter_mut().find(|(known, kind, _)| *kind == word && known == name) {
        Some((_, _, count)) => *count += 1,
        None => counts.push((name.clone(), word, 1)),
    }
}
