//! Sends requests for as long as it is let, and tells how many were answered.

use watchkeep::plugin::{http, transport};
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("http-flood", |run| {
    let mut request = get(field(&run.config, "url"));
    for _ in 0..field(&run.config, "signatures").parse().unwrap_or(0) {
        let placement = transport::HmacPlacement {
            header: "x-signature".into(),
            prefix: String::new(),
            digest: transport::Digest::Sha256,
            key_encoding: transport::Encoding::Raw,
            output_encoding: transport::Encoding::Hex,
            message: Vec::new(),
        };
        let placement = transport::Placement::Hmac(placement);
        request.credentials.push(transport::Credential { secret: "key".into(), placement });
    }
    for answered in 0..1_000 {
        if let Err(failure) = http::send(&request) {
            let summary = format!("{answered} answers, then {:?}: {}", failure.kind, failure.message);
            return Ok(report(State::Critical, summary));
        }
    }
    Ok(report(State::Ok, "all were answered"))
});
