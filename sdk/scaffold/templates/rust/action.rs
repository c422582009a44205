//! Restarts a service over its HTTP interface.

use watchkeep_sdk::prelude::*;

#[derive(Config)]
struct Service {
    /// The URL of its interface. Writing it into a config grants it.
    #[config(grants = "http")]
    url: String,
}

/// May be called again with the same occasion after a crash, and acts once.
#[action(name = "{{name}}", summary = "Restarts a service over its HTTP interface", plan = plan)]
fn perform(config: Service, occasion: Occasion) -> Result<Effect, Unable> {
    if is_running(&config)? {
        return Ok(Effect::nothing_to_do("it runs already"));
    }
    // The id is the same in every attempt: a service that keeps it restarts once.
    let answer = http::post(format!("{}/restart", config.url)).header("idempotency-key", &occasion.id).send()?;
    match answer.status {
        200..300 => Ok(Effect::done("restarted it")),
        status => Err(Fault::other(format!("the restart was answered with {status}")).into()),
    }
}

/// A dry run: it may only look.
fn plan(config: Service, _occasion: Occasion) -> Result<Vec<Step>, Unable> {
    if is_running(&config)? {
        return Ok(Vec::new());
    }
    Ok(vec![Step::new("restart the service", config.url)])
}

fn is_running(config: &Service) -> Result<bool, Unable> {
    Ok(http::get(format!("{}/health", config.url)).send()?.is_success())
}

#[cfg(test)]
mod tests {
    use super::{perform, plan};
    use watchkeep_sdk::testing::{Answer, Host, occasion};

    const CONFIG: &str = r#"{"url": "https://shop.example.com"}"#;

    #[test]
    fn a_service_that_is_down_is_restarted() {
        let ran = Host::new()
            .answer("GET https://shop.example.com/health", Answer::status(503))
            .answer("POST https://shop.example.com/restart", Answer::status(202))
            .perform(perform, CONFIG, occasion("shop"));
        assert!(ran.value().changed);
    }

    #[test]
    fn a_second_attempt_finds_it_running() {
        let ran = Host::new()
            .answer("GET https://shop.example.com/health", Answer::status(200))
            .perform(perform, CONFIG, occasion("shop"));
        assert!(!ran.value().changed);
    }

    #[test]
    fn a_dry_run_says_what_would_be_done() {
        let ran = Host::new()
            .answer("GET https://shop.example.com/health", Answer::status(503))
            .plan(plan, CONFIG, occasion("shop"));
        assert_eq!(ran.value()[0].target, "https://shop.example.com");
    }
}
