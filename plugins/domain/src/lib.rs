//! The check `domain`: when registered domains expire, who holds them and what their registry says of them, by RDAP (RFC
//! 9082, 9083).
//!
//! What a registry publishes is judged. A registry that cannot be asked, limits questions or answers something else says nothing
//! of the domain: its last answer counts for a while, and then nothing is judged. Registries are asked seldom, and their
//! answers are judged anew in every run.

mod answer;
mod ask;
mod config;
mod directory;
mod judge;
mod kept;
mod status;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use answer::{Registration, read};
use ask::Asker;
pub use config::Domain;
use judge::Look;

/// Keeps what registries have answered.
#[check(name = "domain", summary = "Asks registries when domains expire, and what else they publish of them")]
pub fn run(config: Domain, _: Run) -> Verdict {
    let now = clock::now();
    let begin = |name| Look::begin(&config, name, now);
    let mut looks: Vec<Look> = config.domains.0.iter().map(begin).collect();
    let mut asker = Asker::new(&config, now);
    let mut seen = Vec::new();
    while let Some(look) = next(&mut looks, &seen) {
        seen.push(look.registry());
        look.ask(&mut asker)?;
    }
    kept::forget_others(&config.domains.0);
    Ok(judge::report(&config, &looks))
}

/// Whoever waits for the longest is first, so that everybody has a turn where a run has no time for all. But one of each
/// registry comes before all others: a right that is missing ends the run, and what was asked by then is asked again.
fn next<'l, 'c>(looks: &'l mut [Look<'c>], seen: &[&str]) -> Option<&'l mut Look<'c>> {
    let due = looks.iter_mut().filter(|look| look.is_due);
    due.min_by_key(|look| (seen.contains(&look.registry()), look.kept.answered_at()))
}
