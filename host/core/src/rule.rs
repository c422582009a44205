//! Rules over stored metrics (rule A14): checks without a plugin. What a rule looks at, and the arithmetic.

use std::time::Duration;

use crate::matcher::Matcher;
use crate::report::Severity;

mod evaluate;
mod value;

pub use evaluate::{Series, evaluate};

#[derive(Clone, PartialEq, Debug)]
pub struct RuleSpec {
    /// Which checks' metrics are used: all must match the labels of a check. Empty for every check.
    pub matchers: Vec<Matcher>,
    pub metric: String,
    pub aggregate: Aggregate,
    /// How far back it looks.
    pub over: Duration,
    pub bound: Bound,
    /// Labels (of the metric or of its check) whose values make findings of their own; if empty, there is one value
    /// over everything.
    pub by: Vec<String>,
    /// The severity of its notifications. That of a rule may be info, which that of a state never is (rule A13).
    pub severity: Severity,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Aggregate {
    Avg,
    Max,
    P50,
    P95,
    P99,
    /// The growth of a counter per second; a fall is a restart of the counter.
    Rate,
    /// Where a straight line through the samples will be after this time.
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

/// The bound beyond which the rule holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    Above(f64),
    Below(f64),
}
