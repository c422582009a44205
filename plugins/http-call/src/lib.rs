//! The bundled action `http-call`: calls a URL, with what the problem is about in its path or body.

use std::time::Duration;

use watchkeep_sdk::action::HttpCall;
use watchkeep_sdk::config::{BaseUrl, Place, Problems};
use watchkeep_sdk::http;
use watchkeep_sdk::prelude::*;

/// Calls a URL, with what the problem is about in its path or body.
#[derive(Config)]
#[config(check = Call::consistent)]
pub struct Call {
    #[config(flatten)]
    call: HttpCall,
    /// A URL that answers a GET with 200 to 299 when there is nothing to repair: it is asked first, and then nothing is done.
    /// A dry run asks it too.
    #[config(grants = "http", example = "https://shop.example.com/health")]
    health_url: Option<BaseUrl>,
}

impl Call {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.call.timeout.is_some_and(|timeout| timeout.is_zero()) {
            problems.add::<()>(&place.key("timeout"), "nothing is answered in no time; hint: `10s`");
        }
    }
    /// What the health URL says, in words; none if there is none, or the error is not its own.
    fn health(&self) -> Result<Option<Health>, Unable> {
        let Some(url) = &self.health_url else { return Ok(None) };
        let answer = http::get(url.as_str())
            .redirects_max(0)
            .body_bytes_max(0)
            .timeout(Duration::from_secs(10))
            .send();
        match answer {
            Ok(answer) if answer.is_success() => Ok(Some(Health::Well(answer.status))),
            Ok(answer) => Ok(Some(Health::Ill(format!("answers {}", answer.status)))),
            Err(failure) => match failure.as_fault() {
                Some(fault) => Err(Unable(fault)),
                None => Ok(Some(Health::Ill(failure.sentence()))),
            },
        }
    }
}

enum Health {
    Well(u16),
    Ill(String),
}

#[action(name = "http-call", summary = "Calls a URL to repair something", plan = plan)]
pub fn perform(config: Call, occasion: Occasion) -> Result<Effect, Unable> {
    // A service that is not told the key would act twice.
    if config.call.idempotency_header.is_empty() {
        occasion.first_attempt()?;
    }
    occasion.once(|| {
        if let Some(Health::Well(status)) = config.health()? {
            return Ok(Effect::nothing_to_do(format!("`health_url` answers {status}: nothing was called")));
        }
        let answered = config.call.send(&occasion)?;
        let called = format!("{} was answered with {}", config.call.target(&occasion)?, answered.status);
        let effect = Effect::done(called);
        Ok(if answered.said.is_empty() { effect } else { effect.details(answered.said) })
    })
}

/// A dry run: what would be called. It looks at the health URL alone, since nobody knows what a call does.
pub fn plan(config: Call, occasion: Occasion) -> Result<Vec<Step>, Unable> {
    let health = match config.health()? {
        Some(Health::Well(_)) => return Ok(Vec::new()),
        Some(Health::Ill(said)) => format!(" (`health_url`: {said})"),
        None => String::new(),
    };
    Ok(vec![Step::new(format!("call the service{health}"), config.call.target(&occasion)?)])
}
