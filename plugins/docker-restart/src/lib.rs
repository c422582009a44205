//! The bundled action `docker-restart`: restarts a container by Docker's API. Which container is decided first, by its name,
//! and held against the operator's patterns; then it is looked at; then it is restarted.

mod api;
mod config;
mod container;
mod own;

use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording;

use api::{Api, Posted};
use container::{Container, State as Standing};

pub use config::Docker;

#[action(name = "docker-restart", summary = "Restarts a container by Docker's API", plan = plan)]
pub fn perform(config: Docker, occasion: Occasion) -> Result<Effect, Unable> {
    occasion.once(|| {
        let api = Api::open(&config)?;
        let mut said = Vec::new();
        let mut changed = false;
        for name in container::chosen(&api, &occasion)? {
            match acted(&api, &name, &occasion) {
                Ok(effect) => {
                    changed |= effect.changed;
                    said.push(effect.summary);
                }
                // What was done before it has to be told, whatever stopped it.
                Err(Unable(fault)) if changed => {
                    said.push(format!("then it failed: {}", fault.message()));
                    return Err(Unable(Fault::inconclusive(said.join("; "))));
                }
                Err(unable) => return Err(unable),
            }
        }
        let said = said.join("; ");
        Ok(if changed { Effect::done(said) } else { Effect::nothing_to_do(said) })
    })
}

/// A dry run: which containers, in which state, since when.
pub fn plan(config: Docker, occasion: Occasion) -> Result<Vec<Step>, Unable> {
    let api = Api::open(&config)?;
    let mut steps = Vec::new();
    for name in container::chosen(&api, &occasion)? {
        let container = Container::inspect(&api, &name)?;
        let standing = container.standing();
        match needless(&api, &container, &occasion) {
            Some(why) => steps.push(Step::new(format!("leave the container alone: {why}"), name)),
            None => {
                steps.push(Step::new(
                    format!("{} the container, which {standing}", config.how.as_str()),
                    name,
                ));
            }
        }
    }
    Ok(steps)
}

fn acted(api: &Api<'_>, name: &str, occasion: &Occasion) -> Result<Effect, Unable> {
    let before = Container::inspect(api, name)?;
    if let Some(why) = needless(api, &before, occasion) {
        return Ok(Effect::nothing_to_do(format!("`{name}`: {why}")));
    }
    let verb = api.config.how.as_str();
    if api.post(name, verb)? == Posted::NothingToDo {
        return Ok(Effect::nothing_to_do(format!("`{name}` runs already")));
    }
    let what = format!("{verb}ed `{name}`, which {}", before.stood());
    // It is done, whatever is known of it now.
    let Ok(after) = Container::inspect(api, name) else { return Ok(Effect::done(what)) };
    own::keep(name, after.started);
    Ok(Effect::done(match after.state {
        Standing::Running => what,
        _ => format!("{what}; it {} again", after.standing()),
    }))
}

/// Why there is nothing to do: somebody else started it since the problem began, and nothing speaks against that start.
fn needless(api: &Api<'_>, container: &Container, occasion: &Occasion) -> Option<String> {
    if container.state != Standing::Running {
        return None;
    }
    if api.config.how == config::How::Start {
        return Some("it runs already".to_owned());
    }
    let started = container.started?;
    // In a crash loop the latest start is as young as it is worthless.
    let is_suspect = container.is_unhealthy || container.restarts > 0;
    if is_suspect || started <= occasion.since {
        return None;
    }
    // An earlier decision's own restart has not helped, or nobody would ask again.
    if occasion.attempt <= 1 && own::is(&container.name, started) {
        return None;
    }
    let ago = Duration::from_millis(started.saturating_sub(occasion.since));
    Some(format!(
        "it was started at {}, {} after the problem began",
        wording::date_and_time(started, clock::now()),
        span(ago)
    ))
}
