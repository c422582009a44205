//! Performs a rule: reads stored metrics of the checks that it matches, and has the core make an outcome of them. The
//! core decides; here the numbers are only fetched.

use std::sync::Arc;

use watchkeep_core::labels::Labels;
use watchkeep_core::notice;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::Judgement;
use watchkeep_core::rule::{RuleSpec, Series, evaluate};
use watchkeep_core::setup::{CheckSpec, Setup};
use watchkeep_core::time::Wall;
use watchkeep_store::{SamplesQuery, Store};

/// The outcome of a rule. Blocks, because it reads the store.
pub(crate) fn outcome(rule: &RuleSpec, spec: &CheckSpec, setup: &Setup, store: &Store, now: Wall) -> Outcome {
    match series(rule, spec, setup, store, now) {
        Ok(series) => evaluate(rule, &series, now),
        Err(error) => Outcome::Failed(Arc::new(Failure {
            reason: FailureReason::Host,
            stage: Stage::Call,
            message: format!("rule `{}` cannot read stored metrics: {error}", spec.name),
            hint: None,
            backtrace: None,
        })),
    }
}

fn series(
    rule: &RuleSpec,
    spec: &CheckSpec,
    setup: &Setup,
    store: &Store,
    now: Wall,
) -> Result<Vec<Series>, watchkeep_store::ReadError> {
    let mut all = Vec::new();
    // A rule over itself would feed on its own numbers.
    for check in setup.checks.values().filter(|check| check.name != spec.name) {
        let labels = notice::labels_of_check(check, None, Judgement::Ok);
        if !rule.matchers.iter().all(|matcher| matcher.matches(&labels)) {
            continue;
        }
        let query = SamplesQuery {
            check: check.name.clone(),
            metric: rule.metric.clone(),
            from: now - rule.over,
            to: Wall::from_millis(now.millis() + 1),
        };
        let mut of_check: Vec<(Labels, Series)> = Vec::new();
        for sample in store.samples(&query)? {
            let at = match of_check.iter().position(|(own, _)| *own == sample.labels) {
                Some(at) => at,
                None => {
                    let labels = labels.with(sample.labels.iter());
                    of_check.push((sample.labels.clone(), Series { labels, samples: Vec::new() }));
                    of_check.len() - 1
                }
            };
            of_check[at].1.samples.push((sample.at, sample.value));
        }
        all.extend(of_check.into_iter().map(|(_, series)| series));
    }
    Ok(all)
}
