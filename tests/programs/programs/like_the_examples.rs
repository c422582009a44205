//! Does what the examples in other languages do, with the same config, so that one suite holds them all.

use watchkeep::plugin::{http, transport};
use watchkeep_hostile_programs::field;

const TOKEN: &str = "TOKEN-GOES-HERE";

watchkeep_hostile_programs::check!("like-the-examples", |run| {
    let mut request = get(field(&run.config, "url"));
    let token = field(&run.config, "secret");
    if !token.is_empty() {
        request.headers.push(http::Header { name: "authorization".into(), value: format!("Bearer {TOKEN}") });
        request.credentials.push(transport::Credential {
            secret: token.into(),
            placement: transport::Placement::Placeholder(TOKEN.into()),
        });
    }
    let response = match http::send(&request) {
        Ok(response) => response,
        Err(failure) => return Ok(report(State::Critical, format!("no answer: {}", failure.message))),
    };
    let text = String::from_utf8_lossy(&response.body).into_owned();
    Ok(if response.status != 200 {
        report(State::Critical, format!("status {}", response.status))
    } else if !text.contains(field(&run.config, "find")) {
        report(State::Critical, "the answer does not hold the text")
    } else {
        Report {
            details: Some(text),
            ..report(State::Ok, format!("status 200, {} bytes", response.body.len()))
        }
    })
});
