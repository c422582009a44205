//! The picture over HTTP: fetched, and judged by what it is.

use sha2::{Digest as _, Sha256};
use watchkeep_sdk::http::{Exchange, Extras, Request, Response, picture};
use watchkeep_sdk::prelude::*;

use crate::config::{Camera, Snapshot};
use crate::judge::Found;
use crate::{login, moment};

/// A report has room for 8 MiB of attachments.
const PICTURE_BYTES_MAX: u64 = 7 << 20;
const REDIRECTS_MAX: u8 = 3;
/// The digest of the picture of the run before.
const LAST: &str = "snapshot";
const SERIES: &str = "snapshot";
/// So far two clocks may differ.
const AHEAD_MAX: u64 = 60_000;

pub(crate) fn judge(
    config: &Camera,
    wanted: &Snapshot,
    name: &str,
    found: &mut Found,
    complaints: &mut Complaints,
) -> Result<(), Fault> {
    let exchange = fetch(config, wanted);
    if let Some(failure) = exchange.failure() {
        if let Some(fault) = failure.as_fault() {
            return Err(fault);
        }
        complaints.critical(format!("snapshot: {}", failure.sentence()));
        return Ok(());
    }
    let Some(response) = exchange.response() else { return Ok(()) };
    let took = exchange.elapsed();
    let (warning, critical) = (wanted.response_time_warning, wanted.response_time_critical);
    let metric = Metric::response_time(took, warning, critical);
    found.metrics.push(Metric { name: "camera_snapshot_duration_seconds".to_owned(), ..metric });
    found.measure("camera_snapshot_bytes", response.body.len() as f64, "bytes");
    match picture::of_response(response, config.user.as_deref()) {
        Ok(picture) => {
            let (width, height) = (picture.width, picture.height);
            let kib = response.body.len().div_ceil(1 << 10);
            found.say(&format!("snapshot {width}x{height} {}, {kib} KiB", picture.kind.name()));
            found.measure("camera_snapshot_width_pixels", f64::from(width), "");
            found.measure("camera_snapshot_height_pixels", f64::from(height), "");
            complaints.slowness(took, warning, critical);
            content(wanted, response, name, found, complaints)?;
            if wanted.keep {
                let data = response.body.clone();
                let attachment = Attachment::new(
                    format!("snapshot.{}", picture.kind.extension()),
                    picture.kind.media_type(),
                    data,
                );
                found.attachment = Some(attachment.series(own(SERIES, name)));
            }
        }
        Err(sentence) => complaints.critical(format!("snapshot: {sentence}")),
    }
    Ok(())
}

/// What is kept for one of several cameras.
fn own(what: &str, name: &str) -> String {
    if name.is_empty() { what.to_owned() } else { format!("{what}-{name}") }
}

fn fetch(config: &Camera, wanted: &Snapshot) -> Exchange {
    let request = request(config, wanted);
    match (&config.user, &config.password) {
        (Some(user), Some(password)) => request.fetch_as(user, password),
        _ => request.fetch_with(&Extras::default()).exchange,
    }
}

fn request(config: &Camera, wanted: &Snapshot) -> Request {
    let request = http::get(&wanted.url)
        .header("accept", "image/jpeg, image/png")
        .header("user-agent", concat!("Watchkeep/", env!("CARGO_PKG_VERSION")))
        .timeout(config.timeout)
        .redirects_max(REDIRECTS_MAX)
        .body_bytes_max(PICTURE_BYTES_MAX)
        .family(config.ip_family);
    match wanted.url.starts_with("https://") {
        true => request.tls_options(config.peer.options()),
        false => request,
    }
}

/// What is expected of a whole picture.
fn content(
    wanted: &Snapshot,
    response: &Response,
    name: &str,
    found: &mut Found,
    complaints: &mut Complaints,
) -> Result<(), Fault> {
    let size = response.body.len() as u64;
    if size < wanted.size_min.bytes() {
        complaints.critical(format!(
            "snapshot: it has {size} bytes, less than {}; hint: an empty or black picture is this small",
            wanted.size_min.bytes()
        ));
    }
    if let Some(most) = wanted.max_age {
        age(most, response, found, complaints);
    }
    if wanted.must_change {
        let digest = login::hex(&Sha256::digest(&response.body));
        let last = own(LAST, name);
        if kv::get_text(&last).as_deref() == Some(&*digest) {
            complaints.critical(
                "snapshot: it is the picture of the last run, byte by byte; hint: the camera is frozen, or an old picture is \
                 served: restart it",
            );
        }
        kv::set(&last, &digest).map_err(|_| Fault::other("the picture's digest could not be kept"))?;
    }
    Ok(())
}

fn age(most: Duration, response: &Response, found: &mut Found, complaints: &mut Complaints) {
    let modified = response.header("last-modified").and_then(moment::read);
    let Some(modified) = modified else {
        complaints.open(
            "the snapshot's age: the camera sends no `Last-Modified`; hint: leave `max_age` out, and use `must_change`",
        );
        return;
    };
    let now = clock::now();
    if modified > now + AHEAD_MAX {
        let ahead = net::span(Duration::from_millis(modified - now));
        complaints.warning(format!("snapshot: its time is {ahead} ahead; hint: set the camera's clock"));
    }
    let age = Duration::from_millis(now.saturating_sub(modified));
    found.measure("camera_snapshot_age_seconds", age.as_secs_f64(), "seconds");
    if age > most {
        complaints.critical(format!(
            "snapshot: it is {} old, more than {}; hint: the camera may be frozen",
            net::span(age),
            net::span(most)
        ));
    }
}
