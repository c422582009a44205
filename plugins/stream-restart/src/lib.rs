//! The bundled action `stream-restart`: restarts a camera by ONVIF, or a camera or a relay by a request, and waits until RTSP answers
//! again.

mod back;
mod config;
mod onvif;
#[doc(hidden)]
pub mod soap;

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

pub use config::Restart;

#[action(name = "stream-restart", summary = "Restarts a camera or a relay of streams", plan = plan)]
pub fn perform(config: Restart, occasion: Occasion) -> Result<Effect, Unable> {
    occasion.first_attempt()?;
    occasion.once(|| {
        let done = match (&config.onvif, &config.request) {
            (Some(onvif), _) => format!("the camera restarts{}", onvif::reboot(onvif)?),
            (None, Some(request)) => {
                let answered = request.send(&occasion)?;
                format!("{} was answered with {}", request.target(&occasion)?, answered.status)
            }
            (None, None) => return Err(Fault::config("neither `onvif` nor `request` is given").into()),
        };
        match back::wait(&config)? {
            None => Ok(Effect::done(done)),
            Some(Ok(took)) => Ok(Effect::done(format!("{done}; RTSP answers after {}", span(took)))),
            Some(Err(seen)) => {
                let told = format!(
                    "{done}, but RTSP does not answer in time: {seen}; hint: raise the action's `timeout`"
                );
                Err(Fault::inconclusive(told).into())
            }
        }
    })
}

/// A dry run: what would be sent. It looks whether the camera answers, by a GET, which changes nothing.
pub fn plan(config: Restart, occasion: Occasion) -> Result<Vec<Step>, Unable> {
    let mut steps = Vec::new();
    if let Some(onvif) = &config.onvif {
        let stands = onvif::stands(onvif)?;
        let title = format!("restart the camera as `{}`; its device service {stands}", clipped(&onvif.user));
        steps.push(Step::new(title, onvif.url.as_str()));
    } else if let Some(request) = &config.request {
        steps.push(Step::new("send the request", request.target(&occasion)?));
    }
    if let Some(address) = &config.wait_for {
        steps.push(Step::new("wait until RTSP answers again", address.as_str()));
    }
    Ok(steps)
}
