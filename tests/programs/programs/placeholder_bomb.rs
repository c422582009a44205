//! Fills what it sends with places for a secret: with the secret in each of them it is many times as large.

use watchkeep::plugin::{http, transport};
use watchkeep_hostile_programs::field;

const HOLDER: &str = "@@@@";

watchkeep_hostile_programs::check!("placeholder-bomb", |run| {
    let places: usize = field(&run.config, "places").parse().unwrap_or(0);
    let many = HOLDER.repeat(places);
    let mut request = get(field(&run.config, "url"));
    match field(&run.config, "where") {
        "path" => request.url.push_str(&many),
        "query" => request.url = format!("{}?{many}", request.url),
        "header" => request.headers.push(http::Header { name: "x-many".into(), value: many }),
        _ => request.body = many.into_bytes(),
    }
    request.method = "POST".into();
    let placement = transport::Placement::Placeholder(HOLDER.into());
    request.credentials.push(transport::Credential { secret: "key".into(), placement });
    Ok(match http::send(&request) {
        Ok(response) => report(State::Ok, format!("status {}", response.status)),
        Err(failure) => report(State::Critical, format!("{:?}: {}", failure.kind, failure.message)),
    })
});
