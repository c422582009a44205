//! An action that does in its plan what it would do, if the config says so.

use watchkeep::plugin::{commands, http, kv, transport};
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::action!(
    "actor",
    |occasion| {
        kv::set("planned", b"yes").map_err(|_| Fault::Other("kv".into()))?;
        match field(&occasion.config, "plan") {
            "many" => return Ok((0..101).map(|_| step("again", "it")).collect()),
            "run" => drop(commands::run("restart", &[], 1_000)),
            method => ask(method, field(&occasion.config, "url"))?,
        }
        Ok(vec![step("restart", &occasion.check)])
    },
    |occasion| {
        kv::set("done", occasion.id.as_bytes()).map_err(|_| Fault::Other("kv".into()))?;
        match field(&occasion.config, "then") {
            "trap" => panic!("half way"),
            "endless" => loop {
                std::hint::black_box(&occasion.id);
            },
            "fault" => return Err(Fault::Other("it does not answer".into())),
            "long" => return Ok(effect(&"x".repeat(2_000))),
            _ => {}
        }
        ask("POST", field(&occasion.config, "url"))?;
        Ok(effect(&format!("restarted {} in attempt {}", occasion.check, occasion.attempt)))
    }
);

fn step(title: &str, target: &str) -> Step {
    Step { title: title.into(), target: target.into() }
}

fn effect(summary: &str) -> Effect {
    Effect { summary: summary.into(), changed: true, details: None }
}

fn ask(method: &str, url: &str) -> Result<(), Fault> {
    let request = http::Request {
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        credentials: Vec::new(),
        timeout: None,
        redirects_max: 0,
        body_max: 1_000,
        decompress: true,
        family: transport::Family::Any,
        tls: None,
    };
    http::send(&request).map(drop).map_err(|failure| Fault::Other(failure.message))
}
