//! Rules over stored metrics (rule A14): checks without a plugin. What a rule looks at, and the arithmetic.

use std::time::Duration;

use crate::matcher::Matcher;
use crate::report::Severity;

mod evaluate;
mod value;

pub use evaluate::{Series, evaluate};

#[derive(Clone, PartialEq, Debug)]
pub struct RuleSpec {
    /// Whose metrics: all must match a check's labels. Empty is every check.
    pub matchers: Vec<Matcher>,
    pub metric: String,
    pub aggregate: Aggregate,
    /// So far back it looks.
    pub over: Duration,
    pub bound: Bound,
    /// Labels (of the metric or of its check) whose values make findings of their own; empty: one value over all.
    pub by: Vec<String>,
    /// Of its notices. A rule may be info, which a state never is (rule A13).
    pub severity: Severity,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Aggregate {
    Avg,
    Max,
    P50,
    P95,
    P99,
    /// Growth a second, of a counter: a fall is a restart of the counter.
    Rate,
    /// Where a straight line through the samples is after this span.
    Forecast(Duration),
}

impl Aggregate {
    pub const fn as_str(self) -> &'static str {
        match self {
            Aggregate::Avg => "avg",
            Aggregate::Max => "max",
            Aggregate::P50 => "p50",
            Aggregate::P95 => "p95",
            Aggregate::P99 => "p99",
            Aggregate::Rate => "rate",
            Aggregate::Forecast(_) => "forecast",
        }
    }
}

/// Beyond it the rule holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    Above(f64),
    Below(f64),
}
