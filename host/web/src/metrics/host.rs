//! The host's own families. Their names are kept across releases.

use watchkeep_core::alert::Phase;
use watchkeep_core::view::CheckView;
use watchkeep_core::window::WindowKind;

use super::text::{Exposition, Kind};
use crate::alerts::HOLDS;
use crate::api::json::WindowState;
use crate::explain::Hours;
use crate::filter::DisplayState;
use crate::host::Host;

pub(super) fn write(out: &mut Exposition, host: &dyn Host, checks: &[CheckView]) {
    let numbers = host.numbers();
    let mut runs = out.family("watchkeep_runs_total", Kind::Counter, "Runs that ended, by outcome.");
    for (plugin, outcome, count) in &numbers.runs {
        runs.sample(&[("plugin", plugin.as_str()), ("outcome", outcome)], *count as f64);
    }
    out.family(
        "watchkeep_run_lateness_seconds",
        Kind::Histogram,
        "From the moment a run was due to its start.",
    )
    .histogram(&numbers.run_lateness);
    out.family("watchkeep_run_duration_seconds", Kind::Histogram, "From the start of a run to its end.")
        .histogram(&numbers.run_duration);
    out.family(
        "watchkeep_runs_skipped_total",
        Kind::Counter,
        "Starts skipped because the check's last run was still under way.",
    )
    .sample(&[], numbers.runs_skipped as f64);
    out.family(
        "watchkeep_inconsistencies_total",
        Kind::Counter,
        "Times that the host missed something that must be there: each is a bug of the host.",
    )
    .sample(&[], numbers.inconsistencies as f64);
    let mut failures = out.family(
        "watchkeep_plugin_failures_total",
        Kind::Counter,
        "Runs that judged nothing, by the reason.",
    );
    for (plugin, reason, count) in &numbers.plugin_failures {
        failures.sample(&[("plugin", plugin.as_str()), ("reason", reason)], *count as f64);
    }
    write_alerts(out, host);
    let mut standings = out.family("watchkeep_checks", Kind::Gauge, "Checks by state.");
    for standing in DisplayState::ALL {
        let count = checks.iter().filter(|view| DisplayState::of(view) == standing).count();
        standings.sample(&[("state", standing.as_str())], count as f64);
    }
    out.family("watchkeep_outbox_depth", Kind::Gauge, "Deliveries that are not done.")
        .sample(&[], numbers.outbox_depth as f64);
    out.family(
        "watchkeep_outbox_oldest_seconds",
        Kind::Gauge,
        "Age of the oldest delivery that is not done.",
    )
    .sample(&[], numbers.outbox_oldest.as_secs_f64());
    let mut deliveries =
        out.family("watchkeep_deliveries_total", Kind::Counter, "Delivery attempts and ends, by result.");
    for (receiver, result, count) in &numbers.deliveries {
        deliveries.sample(&[("receiver", receiver.as_str()), ("result", result)], *count as f64);
    }
    out.family(
        "watchkeep_store_commit_seconds",
        Kind::Histogram,
        "Time that one transaction of the store took.",
    )
    .histogram(&numbers.store_commit);
    let mut generations = out.family(
        "watchkeep_plugin_generation_info",
        Kind::Gauge,
        "The generation of each plugin that runs now; always 1.",
    );
    for plugin in host.plugins() {
        if let Some(live) = plugin.life.live() {
            let digest = live.digest.to_string();
            generations.sample(&[("plugin", plugin.name.as_str()), ("digest", &digest)], 1.0);
        }
    }
    out.family(
        "watchkeep_ready",
        Kind::Gauge,
        "1 if the host does all its work, else 0; `/-/ready` says why.",
    )
    .sample(&[], if host.not_ready().is_empty() { 1.0 } else { 0.0 });
    out.family(
        "watchkeep_config_last_reload_successful",
        Kind::Gauge,
        "1 if the config on the disk was taken when it was last to be, else 0: what runs is one before it.",
    )
    .sample(&[], if host.config_refused().is_none() { 1.0 } else { 0.0 });
    out.family(
        "watchkeep_clock_doubted",
        Kind::Gauge,
        "1 if the clock went ahead by more than a day at once, within the week: nothing is removed for its age.",
    )
    .sample(&[], if host.clock_doubted_until().is_some() { 1.0 } else { 0.0 });
    out.family("watchkeep_build_info", Kind::Gauge, "The host's version; always 1.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    out.family("process_start_time_seconds", Kind::Gauge, "When the host started, since the Unix epoch.")
        .sample(&[], numbers.started_at.millis() as f64 / 1000.0);
}

fn write_alerts(out: &mut Exposition, host: &dyn Host) {
    let (mut pending, mut firing, mut recovering) = (0_u32, 0_u32, 0_u32);
    let (mut acknowledged, mut held) = (0_u32, 0_u32);
    let hours = Hours::of(host);
    let mut held_by = HOLDS.map(|hold| (hold, 0_u32));
    for alert in host.alerts() {
        match alert.phase {
            Phase::Pending => pending += 1,
            Phase::Firing { .. } => firing += 1,
            Phase::Recovering { .. } => recovering += 1,
        }
        acknowledged += u32::from(alert.acknowledged.is_some());
        let holds = hours.holds(&alert);
        held += u32::from(!holds.is_empty());
        for (_, count) in held_by.iter_mut().filter(|(hold, _)| holds.contains(hold)) {
            *count += 1;
        }
    }
    out.family(
        "watchkeep_alerts",
        Kind::Gauge,
        "Open alerts by state. acknowledged and held are counted again beside their phase.",
    )
    .sample(&[("state", "pending")], pending.into())
    .sample(&[("state", "firing")], firing.into())
    .sample(&[("state", "recovering")], recovering.into())
    .sample(&[("state", "acknowledged")], acknowledged.into())
    .sample(&[("state", "held")], held.into());
    let mut by_reason = out.family(
        "watchkeep_alerts_held",
        Kind::Gauge,
        "Open alerts that are held back, by the reason; for some routes alone, or for all. One may have several.",
    );
    for (hold, count) in held_by {
        by_reason.sample(&[("reason", hold.as_str())], count.into());
    }
    out.family(
        "watchkeep_dead_letters",
        Kind::Gauge,
        "Notices that were given up in the last seven days and have not got through since.",
    )
    .sample(&[], host.dead_letters().len() as f64);
    let now = host.now();
    let windows = host.windows();
    let standing = |kind: WindowKind, state: WindowState| {
        let found = windows.iter().filter(|window| window.kind == kind);
        found.filter(|window| WindowState::of(window, now) == state).count() as f64
    };
    for (name, kind, help) in [
        ("watchkeep_silences", WindowKind::Silence, "Silences by state."),
        ("watchkeep_maintenance_windows", WindowKind::Maintenance, "Maintenance windows by state."),
    ] {
        let mut family = out.family(name, Kind::Gauge, help);
        for state in WindowState::ALL {
            family.sample(&[("state", state.as_str())], standing(kind, state));
        }
    }
}
