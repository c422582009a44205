//! The parts of a response time, and how long each may take.

use std::time::Duration;

use watchkeep_sdk::config::{Place, Problems};
use watchkeep_sdk::http::{Exchange, Timings, span};
use watchkeep_sdk::prelude::*;

/// Limits for the parts of a response time.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct PhaseTimes {
    /// Name resolution.
    pub(crate) resolve: Option<Band>,
    /// Opening the connection.
    pub(crate) connect: Option<Band>,
    /// The TLS handshake.
    pub(crate) tls: Option<Band>,
    /// Until the first byte of the answer.
    pub(crate) processing: Option<Band>,
    /// Until the last byte; reads the body.
    pub(crate) transfer: Option<Band>,
}

/// Limits of a time.
#[derive(watchkeep_sdk::Config)]
#[config(check = Band::consistent)]
pub(crate) struct Band {
    /// Longer than this is a warning.
    pub(crate) warning: Option<Duration>,
    /// Longer than this is critical.
    pub(crate) critical: Option<Duration>,
}

impl Band {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        match (self.warning, self.critical) {
            (None, None) => {
                problems.add::<()>(place, "has no limit; hint: write `warning`, `critical` or both");
            }
            (Some(warning), Some(critical)) if critical < warning => {
                problems.add::<()>(&place.key("critical"), "must not be less than `warning`");
            }
            (_, _) => {}
        }
    }
}

impl PhaseTimes {
    /// Without the body, the last phase ends with the headers.
    pub(crate) fn reads_body(&self) -> bool {
        self.transfer.is_some()
    }
    fn of(&self, phase: usize) -> Option<&Band> {
        [&self.resolve, &self.connect, &self.tls, &self.processing, &self.transfer][phase].as_ref()
    }
}

const NAMES: [&str; 5] = ["resolve", "connect", "tls", "processing", "transfer"];

/// Nanoseconds by phase, summed over redirects; none was never reached.
#[derive(Default)]
pub(crate) struct Phases([Option<u64>; NAMES.len()]);

impl Phases {
    pub(crate) fn of(exchange: &Exchange) -> Self {
        let mut phases = Self::default();
        for leg in &exchange.legs {
            phases.add(&leg.hop.timings);
        }
        match (exchange.response(), exchange.failure()) {
            (Some(response), _) => phases.add(&response.timings),
            (None, Some(failure)) => phases.add(&failure.timings),
            (None, None) => {}
        }
        phases
    }

    fn add(&mut self, timings: &Timings) {
        // Blackbox counts from the end of the connection to the first byte.
        for (phase, part) in [
            (0, timings.name),
            (1, timings.connect),
            (2, timings.tls),
            (3, timings.send),
            (3, timings.wait),
            (4, timings.transfer),
        ] {
            if let Some(part) = part {
                self.0[phase] = Some(self.0[phase].unwrap_or(0) + part);
            }
        }
    }

    /// Those that were reached, by their names and limits.
    fn each<'l>(
        &self,
        limits: Option<&'l PhaseTimes>,
    ) -> impl Iterator<Item = (&'static str, Duration, Option<&'l Band>)> {
        self.0.into_iter().enumerate().filter_map(move |(phase, nanos)| {
            let band = limits.and_then(|limits| limits.of(phase));
            Some((NAMES[phase], Duration::from_nanos(nanos?), band))
        })
    }

    pub(crate) fn judge(&self, limits: &PhaseTimes, complaints: &mut Complaints) {
        for (name, took, band) in self.each(Some(limits)) {
            let slower = |limit: Duration| format!("{name} took {}, more than {}", span(took), span(limit));
            match band.map(|band| (band.critical, band.warning)) {
                Some((Some(limit), _)) if took > limit => complaints.critical(slower(limit)),
                Some((_, Some(limit))) if took > limit => complaints.warning(slower(limit)),
                Some(_) | None => {}
            }
        }
    }

    pub(crate) fn push(&self, limits: Option<&PhaseTimes>, report: &mut Report) {
        if let Some(resolve) = self.0[0] {
            let resolve = Duration::from_nanos(resolve).as_secs_f64();
            report.metrics.push(Metric::new("probe_dns_lookup_time_seconds", resolve, "seconds"));
        }
        for (name, took, band) in self.each(limits) {
            let mut metric = Metric::new("probe_http_duration_seconds", took.as_secs_f64(), "seconds");
            let at_most = |limit: Duration| Range::at_most(limit.as_secs_f64());
            metric.warning = band.and_then(|band| band.warning).map(at_most);
            metric.critical = band.and_then(|band| band.critical).map(at_most);
            report.metrics.push(metric.label("phase", name));
        }
    }
}
