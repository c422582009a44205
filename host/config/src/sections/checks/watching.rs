//! How a check's reports are treated: missing findings, events, flapping, the witness.

use std::time::Duration;

use watchkeep_core::setup::Absent;

use crate::keys::CHECK;
use crate::problems::Problems;
use crate::reader::Reader;
use crate::text::parse_span;

#[derive(Debug)]
pub(crate) struct JudgingOptions {
    pub(crate) beyond_witness: bool,
    pub(crate) absent: Absent,
    pub(crate) flapping: bool,
    pub(crate) event_memory: Duration,
}

impl Default for JudgingOptions {
    fn default() -> Self {
        let event_memory =
            parse_span(CHECK.key("event_memory").default).expect("defaults in the table of keys are spans");
        Self { beyond_witness: false, absent: Absent::Resolve, flapping: true, event_memory }
    }
}

impl JudgingOptions {
    pub(crate) fn read(reader: &Reader<'_>, problems: &mut Problems) -> Self {
        let default = Self::default();
        Self {
            beyond_witness: reader.flag("beyond_witness", problems).unwrap_or(default.beyond_witness),
            absent: match reader.choice("absent", problems) {
                Some("keep") => Absent::Keep,
                Some("critical") => Absent::Critical,
                Some(_) | None => default.absent,
            },
            flapping: reader.flag("flapping", problems).unwrap_or(default.flapping),
            event_memory: reader.span("event_memory", problems).unwrap_or(default.event_memory),
        }
    }
}

/// The value as it is written.
pub(crate) const fn absent(absent: Absent) -> &'static str {
    match absent {
        Absent::Keep => "keep",
        Absent::Resolve => "resolve",
        Absent::Critical => "critical",
    }
}
