//! What rules and heartbeats accept just as checks do: name, labels, hours, what they depend on. They share one
//! namespace with checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use watchkeep_core::calendar::Calendar;
use watchkeep_core::ids::{CheckName, PluginName};
use watchkeep_core::labels::Labels;
use watchkeep_core::recovery::Remedy;
use watchkeep_core::setup::{CheckSpec, Missed, Schedule, Threshold, Work, this_host};

use super::checks::{Checks, JudgingOptions, Outline, ParsedCheck, ReadContext};
use crate::each::Placeholders;
use crate::gather::Element;
use crate::keys::{DEFAULTS, Section};
use crate::names::{ALWAYS, KnownNames};
use crate::parents::Parents;
use crate::problems::{KeyPath, Problems};
use crate::reader::{Placed, Reader};
use crate::remedies;
use crate::source::Span;
use crate::text::parse_span;
use watchkeep_core::grant::Allow;

/// Names that no plugin may have: they stand for checks without a plugin.
pub(crate) const RESERVED: [&str; 2] = [RULE, HEARTBEAT];
pub(crate) const RULE: &str = "rule";
pub(crate) const HEARTBEAT: &str = "heartbeat";

/// The reader of one rule or heartbeat.
pub(crate) fn reader<'a>(
    section: &'static Section,
    layers: &'a [&'a crate::tree::Table],
    path: KeyPath<'a>,
    placeholders: Placeholders<'a>,
) -> Reader<'a> {
    Reader { section, layers, path, placeholders }
}

#[derive(Debug)]
pub(crate) struct Common {
    name: Option<Placed<String>>,
    is_first: bool,
    labels: Labels,
    display: Option<String>,
    run_hours: Option<Arc<Calendar>>,
    notify_hours: Option<Arc<Calendar>>,
    parents: Parents,
    remedies: Vec<Remedy>,
    runbook: Option<String>,
    renamed_from: Option<CheckName>,
    enabled: bool,
    schedule: Option<Span>,
}

/// What differs between rules and heartbeats.
pub(crate) struct Own {
    pub(crate) plugin: &'static str,
    pub(crate) work: Work,
    pub(crate) schedule: Schedule,
    pub(crate) firing: Threshold,
    pub(crate) grace: std::time::Duration,
}

impl Common {
    pub(crate) fn read(
        reader: &Reader<'_>,
        element: &Element<'_>,
        around: &ReadContext<'_>,
        given: &mut KnownNames,
        problems: &mut Problems,
    ) -> Self {
        let name = reader.own_name(element.span, problems);
        let entry = match reader.placeholders {
            Placeholders::Fill(entry) => Some(entry),
            Placeholders::Literal | Placeholders::Later | Placeholders::Forbidden => None,
        };
        let is_first =
            name.as_ref().is_some_and(|name| given.is_first(name, entry, &reader.path.key("name"), problems));
        let below = [around.defaults];
        let root = KeyPath::Root;
        let defaults = Reader {
            section: &DEFAULTS,
            layers: &below,
            path: root.key("defaults"),
            placeholders: Placeholders::Literal,
        };
        let mut labels: BTreeMap<String, String> = around.host_labels.clone();
        defaults.labels(&mut labels, problems);
        reader.labels(&mut labels, problems);
        let mut hours = |key: &str| {
            let own = reader.name(key, around.names, problems);
            let name = own.or_else(|| defaults.name(key, around.names, problems))?.value;
            if name == ALWAYS { None } else { around.calendars.get(&name).map(Arc::clone) }
        };
        let (run_hours, notify_hours) = (hours("run_hours"), hours("notify_hours"));
        let runbook = reader.text("runbook", problems).or_else(|| defaults.text("runbook", problems));
        let renamed_from = reader.text("renamed_from", problems);
        Self {
            name,
            is_first,
            labels: labels.into_iter().collect(),
            display: reader.text("display", problems).map(|text| text.value),
            run_hours,
            notify_hours,
            parents: Parents::read(reader, problems),
            remedies: remedies::read(reader, around.names, problems),
            runbook: runbook.map(|text| text.value),
            renamed_from: renamed_from.map(|name| CheckName::from(name.value.as_str())),
            enabled: reader.flag("enabled", problems).unwrap_or(true),
            schedule: reader.entry("schedule").map(|entry| entry.node.span),
        }
    }

    /// Adds it to the checks; `own` is `None` if something is wrong with it.
    pub(crate) fn add_to(self, checks: &mut Checks, section: &'static str, own: Option<Own>, place: Span) {
        let Some(name) = self.name.filter(|_| self.is_first) else { return };
        checks.outlines.push(Outline::new(section, name.value.clone(), &self.parents));
        let Some(Own { plugin, work, schedule, firing, grace }) = own else { return };
        let watching = JudgingOptions::default();
        let spec = CheckSpec {
            name: CheckName::from(name.value.as_str()),
            plugin: PluginName::from(plugin),
            work,
            config: Arc::from("{}"),
            schedule,
            missed: Missed::Skip,
            timeout: default("timeout"),
            // Judgements in a row stand for time, which a retry would shorten.
            retry_interval: None,
            firing,
            success_threshold: std::num::NonZeroU32::MIN,
            run_hours: self.run_hours,
            notify_hours: self.notify_hours,
            labels: self.labels,
            display: self.display,
            depends_on: self.parents.into_core(),
            beyond_witness: watching.beyond_witness,
            absent: watching.absent,
            flapping: watching.flapping,
            event_memory: watching.event_memory,
            runbook: self.runbook,
            renamed_from: self.renamed_from,
            send_short: false,
            enabled: self.enabled,
            grace,
            location: this_host(),
            remedies: self.remedies,
        };
        checks.jobs.push(ParsedCheck {
            spec,
            allow: Allow::default(),
            targets: Vec::new(),
            secrets: Vec::new(),
            server_names: Vec::new(),
            place,
            schedule: self.schedule,
        });
    }
}

/// The default of a duration in `[defaults]`.
pub(crate) fn default(key: &str) -> std::time::Duration {
    parse_span(DEFAULTS.key(key).default).expect("defaults in the table of keys are spans")
}
