//! Where the picture comes from: the camera itself, or what another check has kept of it.

use watchkeep_sdk::config::Secret;
use watchkeep_sdk::http::{self, Exchange, Extras, picture};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::snapshots::SnapshotError;

use crate::config::{Compare, Series};

/// A report has room for 8 MiB of attachments: two pictures and their difference.
const PICTURE_BYTES_MAX: u64 = 3_900 << 10;
const REDIRECTS_MAX: u8 = 3;

pub(crate) struct Taken {
    pub(crate) bytes: Vec<u8>,
    /// How long the camera took.
    pub(crate) took: Option<Duration>,
}

/// Why there is no picture.
pub(crate) enum Missing {
    /// The camera's doing, as a sentence.
    Camera(String),
    Fault(Fault),
}

pub(crate) fn take(config: &Compare) -> Result<Taken, Missing> {
    match (&config.camera, &config.series) {
        (Some(url), _) => fetched(config, url),
        (None, Some(series)) => kept(series),
        (None, None) => Err(Missing::Fault(Fault::config("there is no picture; hint: add `camera`"))),
    }
}

fn fetched(config: &Compare, url: &str) -> Result<Taken, Missing> {
    let exchange = exchange(config, url, config.user.as_deref().zip(config.password.as_ref()));
    if let Some(failure) = exchange.failure() {
        return Err(match failure.as_fault() {
            Some(fault) => Missing::Fault(fault),
            None => Missing::Camera(failure.sentence()),
        });
    }
    let response = exchange.response().ok_or_else(|| Missing::Camera("there is no answer".to_owned()))?;
    picture::of_response(response, config.user.as_deref()).map_err(Missing::Camera)?;
    Ok(Taken { bytes: response.body.clone(), took: Some(exchange.elapsed()) })
}

fn exchange(config: &Compare, url: &str, login: Option<(&str, &Secret)>) -> Exchange {
    let request = http::get(url)
        .header("accept", "image/jpeg, image/png")
        .header("user-agent", concat!("Watchkeep/", env!("CARGO_PKG_VERSION")))
        .timeout(config.timeout)
        .redirects_max(REDIRECTS_MAX)
        .body_bytes_max(PICTURE_BYTES_MAX)
        .family(config.ip_family);
    let request = match url.starts_with("https://") {
        true => request.tls_options(config.peer.options()),
        false => request,
    };
    match login {
        Some((user, password)) => request.fetch_as(user, password),
        None => request.fetch_with(&Extras::default()).exchange,
    }
}

fn kept(series: &Series) -> Result<Taken, Missing> {
    let named = format!("series `{}` of the check `{}`", series.name, series.check);
    let inconclusive = |message: String| Missing::Fault(Fault::inconclusive(message));
    let newest = snapshots::series(&*series.name).of(&*series.check).latest().map_err(unread)?;
    let Some(newest) = newest else {
        return Err(inconclusive(format!("{named} has no picture; hint: does that check keep one?")));
    };
    let age = Duration::from_millis(clock::now().saturating_sub(newest.at));
    if age > series.max_age {
        return Err(inconclusive(format!(
            "the newest picture in {named} is {} old, more than {}",
            long(age),
            long(series.max_age)
        )));
    }
    if newest.size > PICTURE_BYTES_MAX {
        let message =
            format!("the picture in {named} has {} bytes, more than {PICTURE_BYTES_MAX}", newest.size);
        return Err(Missing::Fault(Fault::config(message)));
    }
    Ok(Taken { bytes: newest.read().map_err(unread)?, took: None })
}

fn unread(error: SnapshotError) -> Missing {
    Missing::Fault(fault(error))
}

pub(crate) fn fault(error: SnapshotError) -> Fault {
    match error {
        SnapshotError::Denied(message) | SnapshotError::Limit(message) => Fault::Denied(message),
        SnapshotError::NotFound => Fault::inconclusive("a picture is no longer kept"),
        SnapshotError::Other(message) => Fault::Other(message),
    }
}

/// As `net::span`, and in days.
pub(crate) fn long(span: Duration) -> String {
    match span.as_secs() / 3_600 {
        0..2 => net::span(span),
        hours @ 2..48 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    }
}
