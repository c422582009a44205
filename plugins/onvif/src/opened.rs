//! URLs that a device names, opened. Only what the operator's grants allow is reached; what they do not ends the run,
//! with the grant that is missing.

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::{Extras, Failure};
use watchkeep_sdk::prelude::*;

use crate::config::Onvif;
use crate::uri::Uri;

const PICTURE_BYTES_MAX: u64 = 7 << 20;
/// More than any camera sends in one answer.
const HEADERS_MAX: usize = 64;

pub(crate) enum Opened {
    Well,
    Wrong(String),
    /// Nothing that is the device's, such as a grant that is missing.
    Fault(Fault),
}

impl From<Box<Failure>> for Opened {
    fn from(failure: Box<Failure>) -> Self {
        Opened::from(&*failure)
    }
}
impl From<&Failure> for Opened {
    fn from(failure: &Failure) -> Self {
        match failure.as_fault() {
            Some(fault) => Opened::Fault(fault),
            None => Opened::Wrong(failure.sentence()),
        }
    }
}

/// Asks for the description of the stream, without a login. A stream that wants one is there.
pub(crate) fn stream(config: &Onvif, uri: &Uri) -> Opened {
    if !uri.is_stream() {
        return Opened::Wrong(format!("`{}` is not a stream of RTSP", uri.shown()));
    }
    match described(config, uri) {
        Err(failure) => failure.into(),
        Ok(line) => {
            let status = line.strip_prefix("RTSP/1.").and_then(|rest| rest.split(' ').nth(1));
            match status {
                Some("200" | "401") => Opened::Well,
                Some(_) => Opened::Wrong(format!("it answers DESCRIBE with `{}`", clipped(line.trim_end()))),
                None => {
                    Opened::Wrong(format!("it does not speak RTSP; it says `{}`", clipped(line.trim_end())))
                }
            }
        }
    }
}

fn described(config: &Onvif, uri: &Uri) -> Result<String, Box<Failure>> {
    let target = net::target(uri.address()).family(config.ip_family).timeout(config.timeout);
    let mut connection = target.connect()?;
    connection.set_timeout(config.timeout);
    if uri.is_under_tls() {
        connection.start_tls(&config.peer.options())?;
    }
    let url = uri.whole();
    connection.write(request("OPTIONS", &url, 1))?;
    let first = connection.read_line()?;
    // What it says it can do is often wrong, but one that wants a login here is there.
    if !first.starts_with("RTSP/1.") || first.contains(" 401") {
        return Ok(first);
    }
    for _ in 0..HEADERS_MAX {
        if connection.read_line()?.trim().is_empty() {
            break;
        }
    }
    connection.write(request("DESCRIBE", &url, 2))?;
    connection.read_line()
}

fn request(method: &str, url: &str, number: u8) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{method} {url} RTSP/1.0\r\nCSeq: {number}\r\nAccept: application/sdp\r\nUser-Agent: Watchkeep/{version}\r\n\r\n"
    )
}

/// Fetches the picture, with the login if the host may send it there.
pub(crate) fn snapshot(config: &Onvif, uri: &Uri) -> Opened {
    if uri.is_stream() {
        return Opened::Wrong(format!("`{}` is not a URL of HTTP", uri.shown()));
    }
    let request = http::get(uri.whole())
        .header("accept", "image/jpeg, image/png")
        .header("user-agent", concat!("Watchkeep/", env!("CARGO_PKG_VERSION")))
        .timeout(config.timeout)
        .redirects_max(0)
        .body_bytes_max(PICTURE_BYTES_MAX)
        .family(config.ip_family);
    let request = if uri.is_under_tls() { request.tls_options(config.peer.options()) } else { request };
    let exchange = match (&config.user, &config.password) {
        (Some(user), Some(password)) => {
            request.fetch_with(&Extras::default().digest(user, password)).exchange
        }
        (_, _) => request.fetch(),
    };
    if let Some(failure) = exchange.failure() {
        return failure.into();
    }
    let Some(response) = exchange.response() else { return Opened::Wrong("it does not answer".to_owned()) };
    let is_picture = [&b"\xff\xd8\xff"[..], b"\x89PNG"].iter().any(|start| response.body.starts_with(start));
    match response.status {
        200 if is_picture => Opened::Well,
        200 => Opened::Wrong("what it answers is neither JPEG nor PNG".to_owned()),
        401 => Opened::Wrong("it refuses the login (status 401)".to_owned()),
        status => Opened::Wrong(format!("it answers with status {status}")),
    }
}
