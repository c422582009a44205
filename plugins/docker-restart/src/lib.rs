//! The bundled action `docker-restart`: restarts a container by Docker's API. Which container is decided first, by its name,
//! and held against the operator's patterns; then it is looked at; then it is restarted.

mod config;
mod container;
mod own;

use watchkeep_sdk::docker::Api;
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording;

use config::How;
use container::{Container, State as Standing};

pub use config::Docker;

/// What is said of a refusal before anything was asked for.
pub(crate) const NOTHING: &str = "nothing was done";

#[action(name = "docker-restart", summary = "Restarts a container by Docker's API", plan = plan)]
pub fn perform(config: Docker, occasion: Occasion) -> Result<Effect, Unable> {
    occasion.once(|| {
        let api = open(&config)?;
        let mut said = Vec::new();
        let mut changed = false;
        for name in container::chosen(&config, &api, &occasion)? {
            match acted(&config, &api, &name, &occasion) {
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
    let api = open(&config)?;
    let mut steps = Vec::new();
    for name in container::chosen(&config, &api, &occasion)? {
        let container = Container::inspect(&api, &name)?;
        let standing = container.standing();
        match needless(&config, &container, &occasion) {
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

fn open(config: &Docker) -> Result<Api<'_>, Unable> {
    Api::open(&config.daemon, config.timeout).map_err(|refusal| Unable(refusal.fault(NOTHING)))
}

fn acted(config: &Docker, api: &Api<'_>, name: &str, occasion: &Occasion) -> Result<Effect, Unable> {
    let before = Container::inspect(api, name)?;
    if let Some(why) = needless(config, &before, occasion) {
        return Ok(Effect::nothing_to_do(format!("`{name}`: {why}")));
    }
    let verb = config.how.as_str();
    if !post(config, api, name)? {
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

/// By the container's name, so that the grant can name it too. False if there was nothing to do.
fn post(config: &Docker, api: &Api<'_>, name: &str) -> Result<bool, Unable> {
    let path = format!("/containers/{name}/{}", config.how.as_str());
    let seconds = config.stop_timeout.as_secs().to_string();
    let posted = match config.how {
        How::Restart => api.post(&path, &[("t", &seconds)], config.stop_timeout),
        How::Start => api.post(&path, &[], Duration::ZERO),
    };
    posted.map_err(|refusal| {
        let came = match (refusal.may_have_arrived, config.how) {
            (false, _) => NOTHING,
            (true, How::Restart) => "it may have acted, and the container may be stopped now",
            (true, How::Start) => "it may have acted",
        };
        Unable(refusal.fault(came))
    })
}

/// Why there is nothing to do: somebody else started it since the problem began, and nothing speaks against that start.
fn needless(config: &Docker, container: &Container, occasion: &Occasion) -> Option<String> {
    if container.state != Standing::Running {
        return None;
    }
    if config.how == How::Start {
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
