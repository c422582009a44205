//! Finds schedules that never fall within the hours of their check: such a check would never run, and would page
//! nobody.

use std::collections::BTreeMap;

use watchkeep_core::calendar::Calendar;
use watchkeep_core::hours::next_start_in;
use watchkeep_core::setup::{Missed, Schedule, Work};
use watchkeep_core::time::Wall;

use crate::problems::{Draft, KeyPath, Problems};
use crate::sections::checks::ParsedCheck;

/// The first of January 2020. No clock is read here. Whoever writes hours means days in the future, and none of them is
/// before this one.
const BEFORE_ANY: Wall = Wall::from_millis(1_577_836_800_000);

pub(crate) fn refuse_never(jobs: &[ParsedCheck], problems: &mut Problems) {
    // Thousands of checks share a few schedules.
    let mut known: BTreeMap<(&str, &str, &str), bool> = BTreeMap::new();
    for job in jobs {
        let spec = &job.spec;
        let (Schedule::Cron(cron), Some(hours), Some(span)) = (&spec.schedule, &spec.run_hours, job.schedule)
        else {
            continue;
        };
        let (section, what) = match spec.work {
            Work::Heartbeat(_) => ("heartbeat", "its pings would never be missed"),
            // Such a run is made up for when the hours begin.
            Work::Plugin if spec.missed == Missed::RunOnce => continue,
            Work::Plugin | Work::Rule(_) => ("check", "it would never run"),
        };
        let key = (cron.as_str(), cron.zone().name(), hours.name().as_str());
        let ever = *known.entry(key).or_insert_with(|| next_start_in(cron, hours, BEFORE_ANY).is_some());
        if ever {
            continue;
        }
        let root = KeyPath::Root;
        let all = root.key(section);
        let path = all.key(spec.name.as_str());
        let message = format!(
            "`{}` never falls into the hours of the calendar `{}`: {what}",
            cron.as_str(),
            hours.name()
        );
        let draft = Draft::error(span, &path.key("schedule"), message);
        problems.push(draft.hint(hint(spec, hours)));
    }
}

fn hint(spec: &watchkeep_core::setup::CheckSpec, hours: &Calendar) -> String {
    let other = format!("choose a time at which `{}` is open, or another `run_hours`", hours.name());
    match spec.work {
        Work::Plugin => format!("{other}; with `missed = \"run_once\"` it runs when they open"),
        Work::Rule(_) | Work::Heartbeat(_) => other,
    }
}
