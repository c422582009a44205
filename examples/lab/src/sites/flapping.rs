//! A site that goes down and comes back by its own clock, or as it is told.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::{Deserialize, Serialize};

use super::steer::Steer;

/// Who says whether the site is up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Up, then down, then up, each for the span with which the lab was started.
    Clock,
    Up,
    Down,
}

/// What a request meets right now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    Up,
    Down,
}

/// The site's state, shared by its server and by whoever steers it.
#[derive(Clone)]
pub struct Flapping {
    started: Instant,
    every: Duration,
    steer: Steer<Rule>,
}

impl Flapping {
    /// Begins up; changes each time `every` has passed.
    pub fn new(every: Duration) -> Self {
        Self { started: Instant::now(), every, steer: Steer::new(Rule::Clock) }
    }
    pub fn set(&self, rule: Rule) {
        self.steer.set(rule);
    }
    pub fn answer(&self) -> Answer {
        match self.steer.rule() {
            Rule::Clock => by_clock(self.started.elapsed(), self.every),
            Rule::Up => Answer::Up,
            Rule::Down => Answer::Down,
        }
    }

    /// `/` is the site, `/control` steers it: `{"rule": "down"}`.
    pub fn router(&self) -> Router {
        Router::new().fallback(get(answer)).with_state(self.clone()).merge(self.steer.router())
    }
}

fn by_clock(elapsed: Duration, every: Duration) -> Answer {
    let turn = elapsed.as_millis() / every.as_millis().max(1);
    if turn.is_multiple_of(2) { Answer::Up } else { Answer::Down }
}

async fn answer(State(site): State<Flapping>) -> impl IntoResponse {
    match site.answer() {
        Answer::Up => (StatusCode::OK, "up\n"),
        Answer::Down => (StatusCode::SERVICE_UNAVAILABLE, "down\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_up_first_and_changes_each_time_the_span_has_passed() {
        let every = Duration::from_secs(10);
        let seen: Vec<_> = [0, 9, 10, 19, 20].map(|s| by_clock(Duration::from_secs(s), every)).into();
        assert_eq!(seen, [Answer::Up, Answer::Up, Answer::Down, Answer::Down, Answer::Up]);
    }

    #[test]
    fn a_span_of_zero_does_not_divide_by_it() {
        assert_eq!(by_clock(Duration::from_millis(2), Duration::ZERO), Answer::Up);
    }
}
