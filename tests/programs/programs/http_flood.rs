//! Sends requests for as long as it is let, and tells how many were answered.

use watchkeep::plugin::http;
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("http-flood", |run| {
    let request = get(field(&run.config, "url"));
    for answered in 0..1_000 {
        if let Err(failure) = http::send(&request) {
            let summary = format!("{answered} answers, then {:?}: {}", failure.kind, failure.message);
            return Ok(report(State::Critical, summary));
        }
    }
    Ok(report(State::Ok, "all were answered"))
});
