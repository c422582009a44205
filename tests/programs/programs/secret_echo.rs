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
        "fields" => {
            request.headers.push(http::Header { name: "x-text".into(), value: "before SECRET after".into() });
            transport::Placement::Placeholder("SECRET".into())
        }
        "host" => {
            let value = field(&run.config, "url").trim_start_matches("http://").trim_end_matches('/');
            request.headers.push(http::Header { name: "host".into(), value: value.into() });
            transport::Placement::Placeholder(value[..4].into())
        }
        "sigv4" => transport::Placement::Sigv4(transport::Sigv4Placement {
            region: field(&run.config, "region").into(),
            service: field(&run.config, "service").into(),
        }),
        "hmac" => transport::Placement::Hmac(hmac(&run.config)),
        "odd" => transport::Placement::Other("odd".into()),
        "url" => {
            request.url = String::new();
            transport::Placement::Url
        }
        "into" => transport::Placement::Header(field(&run.config, "header").into()),
        _ => transport::Placement::Header("x-key".into()),
    };
    let secret = field(&run.config, "secret");
    if field(&run.config, "placement") == "certificate" {
        request.tls = Some(transport::TlsOptions {
            server_name: None,
            trust: transport::Trust::Require,
            alpn: Vec::new(),
            client_certificate: Some(secret.into()),
        });
    } else {
        request.credentials.push(transport::Credential { secret: secret.into(), placement });
    }
    if field(&run.config, "more") == "query" {
        let placement = transport::Placement::Query("more".into());
        request.credentials.push(transport::Credential { secret: "other".into(), placement });
    }
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

/// Over a text with another secret in its middle.
fn hmac(config: &str) -> transport::HmacPlacement {
    use transport::{Digest, Encoding, MessagePart};
    let encoding = |name| match field(config, name) {
        "base64" => Encoding::Base64,
        "hex" => Encoding::Hex,
        _ => Encoding::Raw,
    };
    transport::HmacPlacement {
        header: match field(config, "header") {
            "" => "x-signature".into(),
            header => header.into(),
        },
        prefix: "v1=".into(),
        digest: match field(config, "digest") {
            "sha1" => Digest::Sha1,
            "sha512" => Digest::Sha512,
            _ => Digest::Sha256,
        },
        key_encoding: encoding("key_encoding"),
        output_encoding: encoding("output"),
        message: vec![
            MessagePart::Bytes(b"GET;/;".to_vec()),
            MessagePart::Secret("other".into()),
            MessagePart::Bytes(b";1790000000".to_vec()),
        ],
    }
}
