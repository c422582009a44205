//! The bundled action `systemd-restart`: restarts a unit of systemd over the system bus, and waits for what came of it.

mod bus;
mod config;
mod manager;
#[doc(hidden)]
pub mod wire;

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::{SystemError, Unit};

use bus::Bus;
use manager::Ended;

pub use config::Systemd;

/// What has to remain of the run, so that it can tell what it knows.
const REST: Duration = Duration::from_millis(500);

#[action(name = "systemd-restart", summary = "Restarts a unit of systemd over the system bus", plan = plan)]
pub fn perform(config: Systemd, occasion: Occasion) -> Result<Effect, Unable> {
    let units = chosen(&config, &occasion)?;
    occasion.first_attempt()?;
    occasion.once(|| {
        let left = clock::remaining().saturating_sub(REST);
        let until = clock::monotonic() + config.timeout.map_or(left, |timeout| timeout.min(left));
        let mut bus = Bus::open(&config.socket, until)?;
        let owner = manager::subscribe(&mut bus)?;
        let mut said = Vec::new();
        let mut changed = false;
        for unit in &units {
            let since = clock::monotonic();
            match manager::act(&mut bus, &owner, &config, unit) {
                Ok(Ended::Skipped) => said.push(format!("`{unit}` does not run, and was left alone")),
                Ok(Ended::Done) => {
                    changed = true;
                    let took = span(clock::monotonic().saturating_sub(since));
                    said.push(format!("{} `{unit}` in {took}", config.how.done()));
                }
                // What was done before it has to be told, whatever stopped it.
                Err(fault) if changed => {
                    said.push(format!("then it failed: {}", fault.message()));
                    return Err(Fault::inconclusive(said.join("; ")).into());
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        let said = said.join("; ");
        Ok(if changed { Effect::done(said) } else { Effect::nothing_to_do(said) })
    })
}

/// A dry run: which units, in which state. The bus is not asked, since nobody could tell from outside that it is only asked.
pub fn plan(config: Systemd, occasion: Occasion) -> Result<Vec<Step>, Unable> {
    let mut steps = Vec::new();
    for unit in chosen(&config, &occasion)? {
        let standing = match system::units(&unit) {
            // An alias is told under the unit's own name; of a whole name nothing else is told.
            Ok(all) => match all.into_iter().next() {
                Some(found) if found.load == "not-found" => {
                    return Err(Fault::config(format!(
                        "there is no unit `{unit}`; hint: `systemctl status {unit}`"
                    ))
                    .into());
                }
                Some(found) => standing(&found),
                None => "of unknown state".to_owned(),
            },
            Err(SystemError::Denied(_)) => {
                format!("of unknown state: `system = [\"units:{unit}\"]` is not granted")
            }
            Err(error) => format!("of unknown state: {}", clipped(error.as_fault().message())),
        };
        steps.push(Step::new(format!("{} the unit, {standing}", config.how.plan()), unit));
    }
    Ok(steps)
}

fn standing(unit: &Unit) -> String {
    let mut standing = format!("which is {} ({})", clipped(&unit.active), clipped(&unit.sub));
    if !unit.last_result.is_empty() && unit.last_result != "success" {
        standing.push_str(&format!(", the last time with `{}`", clipped(&unit.last_result)));
    }
    standing
}

fn chosen(config: &Systemd, occasion: &Occasion) -> Result<Vec<String>, Unable> {
    let no = |said: String| Err(Fault::config(format!("{said}; nothing was done")).into());
    if !config.unit.0.is_empty() {
        return Ok(config.unit.0.clone());
    }
    let Some(unit) = &occasion.finding else {
        return no(format!(
            "`{}` has no finding that names a unit; hint: write `unit`",
            clipped(&occasion.check)
        ));
    };
    if !config::is_unit(unit) {
        return no(format!("the finding `{}` is not a unit's name; hint: write `unit`", clipped(unit)));
    }
    if !config.may_touch(unit) {
        return no(format!("the unit `{unit}` matches none of `units`"));
    }
    Ok(vec![unit.clone()])
}
