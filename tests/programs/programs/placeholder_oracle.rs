//! Tries to read a secret by its own placeholders: the first is filled with the secret, the second is a guess that is
//! searched for within what the first was filled with. A guess that is right grows the header beyond what is sent.

use watchkeep::plugin::{http, transport};
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("placeholder-oracle", |run| {
    let mut request = get(field(&run.config, "url"));
    request.headers.push(http::Header { name: "x-one".into(), value: "@@@@".into() });
    let place = |secret: &str, holder: &str| transport::Credential {
        secret: secret.into(),
        placement: transport::Placement::Placeholder(holder.into()),
    };
    request.credentials.push(place("key", "@@@@"));
    request.credentials.push(place("big", field(&run.config, "guess")));
    if field(&run.config, "header") != "" {
        let placement = transport::Placement::Header("x-two".into());
        request.credentials.insert(0, transport::Credential { secret: "key".into(), placement });
    }
    Ok(match http::send(&request) {
        Ok(response) => {
            let head = String::from_utf8_lossy(&response.body).len();
            report(State::Ok, format!("status {} of {head}", response.status))
        }
        Err(failure) => report(State::Critical, format!("{:?}: {}", failure.kind, failure.message)),
    })
});
