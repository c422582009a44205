//! Units of systemd, in its own words.

use std::collections::BTreeMap;

use watchkeep_sdk::config::{Glob, OneOrMany};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::Unit;
use watchkeep_sdk::wording::span;
use watchkeep_sdk::{Counts, Growth, clipped, kv};

use crate::config::Service;

/// The key in `kv`.
const KEY: &str = "restarts";
/// Less than a value may have by default.
const BYTES_MAX: usize = 250_000;

/// What is wanted of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    Active,
    NotFailed,
}

pub(crate) fn findings(config: &Service) -> Result<Vec<Finding>, Stop> {
    let mut units: BTreeMap<String, (Unit, Wanted)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (names, wanted) in [(&config.units, Wanted::Active), (&config.not_failed, Wanted::NotFailed)] {
        for name in &names.0 {
            let found = asked(name, &config.exclude)?;
            if found.is_empty() {
                findings.extend(none(config, "unit", name));
            }
            for unit in found {
                // What must be active is held to that, wherever else it is named.
                units.entry(unit.name.clone()).or_insert((unit, wanted));
            }
        }
    }
    let mut before = load();
    let now = clock::now() / 1_000;
    let mut kept = String::new();
    for (name, (unit, wanted)) in units {
        let mut counts = before.remove(&name).unwrap_or_default();
        let growth = counts.note(now, u64::from(unit.restarts), config.restarts_window);
        let line = format!("{} {name}\n", counts.text());
        if kept.len() + line.len() <= BYTES_MAX {
            kept.push_str(&line);
        }
        findings.push(finding(config, &unit, wanted, growth));
    }
    if kv::set(KEY, kept).is_err() {
        let said = "counts of restarts cannot be kept; hint: raise the limits `kv` and `kv_value`, or name fewer units";
        return Err(Fault::inconclusive(said).into());
    }
    Ok(findings)
}

fn asked(name: &str, exclude: &OneOrMany<Glob>) -> Result<Vec<Unit>, Stop> {
    let mut found = system::units(name)?;
    found.retain(|unit| !unit.name.contains(['\n', '\r']) && !Glob::any_fits(exclude, &unit.name));
    Ok(found)
}

/// That no unit, or no timer, matches.
pub(crate) fn none(config: &Service, what: &str, pattern: &str) -> Option<Finding> {
    let said = format!("there is no {what} `{}`", clipped(pattern));
    (config.empty != State::Ok).then(|| Finding::new(format!("{what}s {pattern}"), config.empty, said))
}

fn load() -> BTreeMap<String, Counts> {
    let text = kv::get_text(KEY).unwrap_or_default();
    let line =
        |line: &str| line.split_once(' ').map(|(counts, name)| (name.to_owned(), Counts::parse(counts)));
    text.split('\n').filter_map(line).collect()
}

fn finding(config: &Service, unit: &Unit, wanted: Wanted, growth: Option<Growth>) -> Finding {
    let mut complaints = Complaints::default();
    let opening = state(unit, wanted, &mut complaints);
    if let Some(Growth { by, within }) = growth {
        let times = if by == 1 { "once".to_owned() } else { format!("{by} times") };
        let said = format!("it was restarted {times} in {}", span(within));
        if by >= u64::from(config.restarts_critical) {
            complaints.critical(format!("{said}: a crash loop"));
        } else if by >= u64::from(config.restarts_warning) {
            complaints.warning(said);
        }
    }
    let state = if complaints.fault().is_some() { State::Unknown } else { complaints.state() };
    let below = |limit: u32| Range::at_most(f64::from(limit) - 1.0);
    let mut finding = Finding::new(&*unit.name, state, complaints.report(state, opening).summary)
        .label("unit", &*unit.name)
        .metric("service_unit_active", unit.is_active())
        .metric("service_unit_restarts", unit.restarts);
    finding.metrics.extend(growth.map(|growth| {
        Metric::new("service_unit_restarts_in_window", growth.by as f64, "")
            .warning(below(config.restarts_warning))
            .critical(below(config.restarts_critical))
    }));
    finding
}

/// What is said of it, well or not.
fn state(unit: &Unit, wanted: Wanted, complaints: &mut Complaints) -> String {
    let name = &unit.name;
    match (&*unit.load, &*unit.active, &*unit.sub) {
        ("not-found", "inactive", _) => {
            complaints.critical(
                "systemd knows no such unit; hint: `systemctl list-unit-files` shows what there is",
            );
            format!("{name} is not there")
        }
        ("masked", "inactive", _) => {
            match wanted {
                Wanted::Active => complaints.critical("it is masked: nobody can start it"),
                Wanted::NotFailed => {}
            }
            format!("{name} is masked")
        }
        ("bad-setting" | "error", _, _) => {
            let hint = format!("systemd cannot read its file; hint: `systemd-analyze verify {name}`");
            complaints.critical(hint);
            format!("{name} is {}", unit.active)
        }
        (_, "active" | "reloading" | "refreshing", sub) => format!("{name} is active ({sub})"),
        (_, "failed", _) => {
            complaints.critical(format!("it has failed{}", result(unit)));
            format!("{name} does not run")
        }
        (_, "activating", "auto-restart" | "auto-restart-queued") => {
            complaints.warning(format!("it has ended{} and is started again", result(unit)));
            format!("{name} is restarting")
        }
        (_, "activating", sub) => {
            if wanted == Wanted::Active {
                complaints.warning("it is not active yet");
            }
            format!("{name} is starting ({sub})")
        }
        (_, "inactive" | "deactivating" | "maintenance", sub) => {
            match wanted {
                Wanted::Active => complaints.critical(format!("it must be active{}", result(unit))),
                Wanted::NotFailed if is_well(unit) => {}
                Wanted::NotFailed => complaints.critical(format!("its last run has failed{}", result(unit))),
            }
            format!("{name} is {} ({sub})", unit.active)
        }
        (_, other, _) => {
            complaints.open(format!(
                "systemd says that it is `{}`, which this check does not know",
                clipped(other)
            ));
            name.clone()
        }
    }
}

fn is_well(unit: &Unit) -> bool {
    matches!(&*unit.last_result, "" | "success")
}

/// `, by exit-code`.
fn result(unit: &Unit) -> String {
    match is_well(unit) {
        true => String::new(),
        false => format!(" ({})", clipped(&unit.last_result)),
    }
}
