//! Tells the first alert's summary to a URL, or does at once what the config says.

use watchkeep::plugin::{clock, http, kv, log, transport};
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::notifier!("notifier", |told| {
    match field(&told.config, "then") {
        "ok" => return Ok(Some(format!("{}#{}", told.dedup_key, told.attempt))),
        "trap" => panic!("before anything was sent"),
        "rejected" => return Err(DeliveryError::Rejected("no such channel".into())),
        "sleep" => {
            clock::sleep(u64::MAX);
            return Err(DeliveryError::Retryable(format!("{} ms left", clock::remaining())));
        }
        // Whatever it was given, everywhere.
        "repeat" => {
            let to = field(&told.config, "to");
            log::write(log::Level::Warn, &format!("{to} gets nothing"), &[]);
            kv::set("last", to.as_bytes()).expect("it fits");
            return Ok(Some(format!("id of {to}")));
        }
        "refuse" => return Err(DeliveryError::Rejected(format!("550 <{}>", field(&told.config, "to")))),
        "wait" => return Err(DeliveryError::RetryAfter(90_000)),
        _ => {}
    }
    let request = http::Request {
        method: "POST".into(),
        url: field(&told.config, "url").into(),
        headers: Vec::new(),
        body: told.alerts.first().map_or(Vec::new(), |alert| alert.summary.clone().into_bytes()),
        credentials: Vec::new(),
        timeout: None,
        redirects_max: 0,
        body_max: 1_000,
        decompress: true,
        family: transport::Family::Any,
        tls: None,
    };
    let sent = http::send(&request);
    if field(&told.config, "then") == "trap-after" {
        panic!("after it was sent");
    }
    match sent {
        Ok(response) if response.status == 200 => Ok(None),
        Ok(response) => Err(DeliveryError::Retryable(format!("status {}", response.status))),
        Err(failure) => Err(DeliveryError::Rejected(failure.message)),
    }
});
