//! Timers of systemd: whether they wait for something, have fired when they should, and how the units fare that they
//! start.

use std::collections::BTreeMap;

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Glob;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::Timer;
use watchkeep_sdk::wording::span;

use crate::config::{Service, Timers};
use crate::units::none;

pub(crate) fn findings(config: &Service) -> Result<Vec<Finding>, Stop> {
    let mut timers: BTreeMap<String, (Timer, &Timers)> = BTreeMap::new();
    let mut findings = Vec::new();
    for rule in &config.timers {
        let mut found = system::timers(&rule.name)?;
        found.retain(|timer| !Glob::any_fits(&config.exclude, &timer.name));
        if found.is_empty() {
            findings.extend(none(config, "timer", &rule.name));
        }
        for timer in found {
            // The first rule counts.
            timers.entry(timer.name.clone()).or_insert((timer, rule));
        }
    }
    let now = clock::now();
    findings.extend(timers.values().map(|(timer, rule)| finding(rule, timer, now)));
    Ok(findings)
}

fn finding(rule: &Timers, timer: &Timer, now: u64) -> Finding {
    let mut complaints = Complaints::default();
    let opening = state(timer, &mut complaints);
    // What does not wait can neither be late nor ahead.
    let waits = timer.active == "active";
    let fired = timer.last.map(|last| Duration::from_millis(now.saturating_sub(last)));
    let said = match (waits, fired) {
        (true, Some(fired)) => format!("{opening}, last fired {} ago", span(fired)),
        (true, None) => format!("{opening}, has not fired yet"),
        (false, _) => opening,
    };
    if waits {
        lateness(rule, timer, now, &mut complaints);
    }
    of_unit(timer, &mut complaints);
    let state = if complaints.fault().is_some() { State::Unknown } else { complaints.state() };
    let summary = complaints.report(state, said).summary;
    let mut finding = Finding::new(format!("timer {}", timer.name), state, summary)
        .label("timer", &*timer.name)
        .label("unit", &*timer.unit);
    if let Some(fired) = fired {
        let at_most = |limit: Option<Duration>| limit.map(|limit| Range::at_most(limit.as_secs_f64()));
        finding = finding.with(Metric {
            warning: at_most(rule.fired_within_warning),
            critical: at_most(rule.fired_within_critical),
            ..Metric::new("service_timer_fired_ago", fired.as_secs_f64(), "seconds")
        });
    }
    match timer.next.filter(|_| waits) {
        Some(next) => {
            let left = (next as f64 - now as f64) / 1_000.0;
            let overdue = Range::at_least(-rule.overdue_critical.as_secs_f64());
            finding.with(Metric::new("service_timer_next_in", left, "seconds").critical(overdue))
        }
        None => finding,
    }
}

/// What is said of it, well or not.
fn state(timer: &Timer, complaints: &mut Complaints) -> String {
    let name = clipped(&timer.name);
    match (&*timer.load, &*timer.active, &*timer.sub) {
        ("not-found", "inactive", _) => {
            let hint = "systemd knows no such timer; hint: `systemctl list-timers --all` shows what there is";
            complaints.critical(hint);
            format!("{name} is not there")
        }
        ("masked", "inactive", _) => {
            complaints.critical("it is masked: it never fires");
            format!("{name} is masked")
        }
        ("bad-setting" | "error", _, _) => {
            complaints
                .critical(format!("systemd cannot read its file; hint: `systemd-analyze verify {name}`"));
            format!("{name} is {}", clipped(&timer.active))
        }
        (_, "active", "running") => format!("{name} has started its unit, which runs"),
        (_, "active", _) if timer.next.is_none() => {
            complaints.warning("nothing will make it fire; hint: look at its `OnCalendar=` and the like");
            format!("{name} waits for nothing")
        }
        (_, "active", _) => format!("{name} waits"),
        (_, "failed", _) => {
            complaints.critical(format!("it never fires; hint: `systemctl status {name}`"));
            format!("{name} has failed")
        }
        (_, "inactive" | "deactivating" | "activating", _) => {
            complaints.critical(format!("it never fires; hint: `systemctl enable --now {name}`"));
            format!("{name} is not started")
        }
        (_, other, _) => {
            let said =
                format!("systemd says that it is `{}`, which this check does not know", clipped(other));
            complaints.open(said);
            name
        }
    }
}

fn lateness(rule: &Timers, timer: &Timer, now: u64, complaints: &mut Complaints) {
    let since = |then: u64| Duration::from_millis(now.saturating_sub(then));
    if let Some(late) = timer.next.map(since).filter(|late| *late > rule.overdue_critical) {
        complaints.critical(format!("it was due {} ago", span(late)));
    }
    let Some(silent) = timer.last.or(timer.started).map(since) else { return };
    let beyond = |limit: Option<Duration>| limit.filter(|limit| silent > *limit);
    let said = |limit: Duration| match timer.last {
        Some(_) => format!("that is longer ago than {}", span(limit)),
        None => format!("it was started {} ago, longer than {}", span(silent), span(limit)),
    };
    match (beyond(rule.fired_within_critical), beyond(rule.fired_within_warning)) {
        (Some(limit), _) => complaints.critical(said(limit)),
        (None, Some(limit)) => complaints.warning(said(limit)),
        (None, None) => {}
    }
}

fn of_unit(timer: &Timer, complaints: &mut Complaints) {
    let Timer { unit, unit_active, unit_result, .. } = timer;
    let is_well = matches!(&**unit_result, "" | "success");
    if unit_active == "failed" || !is_well {
        let why = if is_well { String::new() } else { format!(" ({})", clipped(unit_result)) };
        complaints.critical(format!("{} has failed{why}", clipped(unit)));
    }
}
