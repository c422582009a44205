//! Attaches a secret, and repeats everything that came back wherever it can: the server echoes the secret.

use watchkeep::plugin::{http, kv, log, transport};
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("secret-echo", |run| {
    let mut request = get(field(&run.config, "url"));
    let placement = match field(&run.config, "placement") {
        "bearer" => transport::Placement::Bearer,
        "basic" => transport::Placement::Basic("user".into()),
        "query" => transport::Placement::Query("key".into()),
        "placeholder" => {
            request.body = b"before SECRET after".to_vec();
            request.method = "POST".into();
            transport::Placement::Placeholder("SECRET".into())
        }
        "sigv4" => {
            transport::Placement::Sigv4(transport::Sigv4Placement { region: "x".into(), service: "y".into() })
        }
        "url" => {
            request.url = String::new();
            transport::Placement::Url
        }
        _ => transport::Placement::Header("x-key".into()),
    };
    request
        .credentials
        .push(transport::Credential { secret: field(&run.config, "secret").into(), placement });
    Ok(match http::send(&request) {
        Ok(response) => {
            let text = String::from_utf8_lossy(&response.body).into_owned();
            log::write(log::Level::Info, &text, &[("body".into(), text.clone())]);
            kv::set("body", text.as_bytes()).expect("it fits");
            let headers: Vec<_> =
                response.headers.iter().map(|h| format!("{}={}", h.name, h.value)).collect();
            let mut echoed = report(State::Ok, text);
            echoed.details = Some(format!("{} {} {:?}", response.url, headers.join(" "), response.redirects));
            echoed
        }
        Err(failure) => report(State::Critical, format!("{:?}: {}", failure.kind, failure.message)),
    })
});
