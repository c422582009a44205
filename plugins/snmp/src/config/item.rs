//! What is judged: a value, or a column of a table.

use watchkeep_sdk::config::{Glob, OneOrMany, Place, Problems};
use watchkeep_sdk::{clipped, prelude::*};

use crate::oid::Oid;

/// A value, or a column of a table.
#[derive(watchkeep_sdk::Config)]
#[config(check = Item::consistent)]
pub(crate) struct Item {
    /// The numeric OID. That of a single value usually ends in `.0`; that of a column has no index.
    #[config(example = "1.3.6.1.4.1.2021.10.1.3.1")]
    pub(crate) oid: Oid,
    /// The name in sentences and in the metric `snmp_NAME`: letters, digits and `_`.
    #[config(example = "load")]
    pub(crate) name: String,
    /// A value above this is a warning.
    pub(crate) warning_above: Option<f64>,
    /// A value below this is a warning.
    pub(crate) warning_below: Option<f64>,
    /// A value above this is critical.
    pub(crate) critical_above: Option<f64>,
    /// A value below this is critical.
    pub(crate) critical_below: Option<f64>,
    /// Expected texts; any other is critical. `*` matches any text and `?` one character. Numbers are texts too: `"1"`
    /// is an interface that is up.
    #[config(default, example = "1")]
    pub(crate) expect: OneOrMany<Glob>,
    /// Texts that are critical, written as in `expect`.
    #[config(default, example = "*failed*")]
    pub(crate) refuse: OneOrMany<Glob>,
    /// How to read the value: `value` as the number or text that it is; `rate` as its increase per second since the
    /// last run; `text` and `hex` as the bytes of a string.
    #[config(default = "value")]
    pub(crate) read_as: ReadAs,
    /// A factor by which a number is multiplied before it is judged: 8 turns octets into bits, 0.1 turns tenths of a
    /// degree into degrees.
    #[config(default = 1.0)]
    pub(crate) scale: f64,
    /// The unit, for display: `bytes`, `celsius`. Time spans are always in seconds.
    #[config(default = "", example = "bytes")]
    pub(crate) unit: String,
    /// The state if the value does not exist; by default critical for a value, ok for a cell of a table.
    pub(crate) absent: Option<Said>,
}

/// How a value is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum ReadAs {
    Value,
    Rate,
    Text,
    Hex,
}

/// The state that a result stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Said {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl Said {
    pub(crate) const fn state(self) -> State {
        match self {
            Said::Ok => State::Ok,
            Said::Warning => State::Warning,
            Said::Critical => State::Critical,
            Said::Unknown => State::Unknown,
        }
    }
}

impl Item {
    pub(crate) const fn has_thresholds(&self) -> bool {
        self.warning_above.is_some()
            || self.warning_below.is_some()
            || self.critical_above.is_some()
            || self.critical_below.is_some()
    }
    pub(crate) fn has_texts(&self) -> bool {
        !self.expect.0.is_empty() || !self.refuse.0.is_empty()
    }
    pub(crate) fn range(below: Option<f64>, above: Option<f64>) -> Option<Range> {
        let range = Range { low: below, high: above, inside: false };
        (below.is_some() || above.is_some()).then_some(range)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        metric_name(&self.name, place, problems);
        if let (Some(warning), Some(critical)) = (self.warning_above, self.critical_above)
            && critical < warning
        {
            problems.add::<()>(&place.key("critical_above"), "must not be less than `warning_above`");
        }
        if let (Some(warning), Some(critical)) = (self.warning_below, self.critical_below)
            && critical > warning
        {
            problems.add::<()>(&place.key("critical_below"), "must not be more than `warning_below`");
        }
        if matches!(self.read_as, ReadAs::Text | ReadAs::Hex) && self.has_thresholds() {
            problems.add::<()>(&place.key("read_as"), "a text has no thresholds; hint: leave `read_as` out");
        }
        if self.read_as == ReadAs::Rate && self.has_texts() {
            problems.add::<()>(&place.key("read_as"), "a rate is not text; hint: judge it by thresholds");
        }
        let is_unit = |byte: u8| byte.is_ascii_alphanumeric() || b"_%/".contains(&byte);
        if self.unit.len() > 32 || !self.unit.bytes().all(is_unit) {
            problems
                .add::<()>(&place.key("unit"), "is not a unit; hint: write one such as `seconds` or `bytes`");
        }
    }
}

/// For the key `name`.
pub(super) fn metric_name(name: &str, place: &Place<'_>, problems: &mut Problems) {
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        let said = format!(
            "`{}` is not a valid metric name; hint: begin with a letter, and go on with letters, digits and `_`",
            clipped(name)
        );
        problems.add::<()>(&place.key("name"), said);
    }
}
