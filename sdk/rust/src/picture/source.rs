//! Where a picture comes from: the camera itself, or what another check has kept of it.

use std::time::Duration;

use crate::config::{Place, Problems, Secret, TlsPeer, login, read_url};
use crate::http::{self, Exchange, Extras, Response};
use crate::net::{self, Family};
use crate::snapshots::{self, SnapshotError};
use crate::{Fault, clock};

/// A report has room for 8 MiB of attachments: two pictures and one drawn.
pub const PICTURE_BYTES_MAX: u64 = 3_900 << 10;
const REDIRECTS_MAX: u8 = 3;

/// How a camera is reached over HTTP: keys that stand among those of a check, by `#[config(flatten)]`.
#[derive(watchkeep_sdk::Config)]
#[config(check = Access::consistent)]
pub struct Access {
    /// The user name. The camera says whether it wants a digest login or a basic one.
    #[config(example = "watchkeep")]
    pub user: Option<String>,
    /// The user's password: a secret bound to the camera's address.
    pub password: Option<Secret>,
    #[config(flatten)]
    pub peer: TlsPeer,
    /// How long the camera may take; never longer than the check's timeout.
    #[config(default = "10s")]
    pub timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub ip_family: Family,
}

/// A series of another check, such as the one that `camera` keeps.
#[derive(watchkeep_sdk::Config)]
pub struct Series {
    /// The check's name. Needs the grant `snapshots`.
    #[config(non_empty, example = "gate")]
    pub check: String,
    /// The name of its series.
    #[config(default = "snapshot", non_empty)]
    pub name: String,
    /// A picture that is older cannot be judged.
    #[config(default = "26h")]
    pub max_age: Duration,
}

pub struct Taken {
    pub bytes: Vec<u8>,
    /// When another check took it, in milliseconds since 1970.
    pub at: Option<u64>,
    /// How long the camera took.
    pub took: Option<Duration>,
}

/// Why there is no picture.
pub enum Missing {
    /// The camera's doing, as a sentence.
    Camera(String),
    Fault(Fault),
}

/// Reports a URL that contains a login.
pub fn is_without_login(url: &str, place: &Place<'_>, problems: &mut Problems) {
    if let Some(url) = read_url(url.to_owned(), place, problems)
        && url.split('/').nth(2).is_some_and(|authority| authority.contains('@'))
    {
        problems.add::<()>(place, "names a host, and no user; hint: a login goes into `user` and `password`");
    }
}

impl Access {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        self.peer.keeps_secrets(self.password.is_some(), place, problems);
        login(self.user.as_deref(), self.password.as_ref(), place, problems);
    }

    /// Reports keys that mean nothing without an address.
    pub fn is_unused(&self, place: &Place<'_>, problems: &mut Problems) {
        let login = [(self.user.is_some(), "user"), (self.password.is_some(), "password")];
        let said = login.into_iter().filter(|(is_set, _)| *is_set).map(|(_, key)| key);
        for key in said.chain(self.peer.said()) {
            problems.add::<()>(&place.key(key), "is for a `camera`, and there is only a `series`");
        }
    }

    /// What the camera answers within `timeout`, with the login that it asks for.
    pub fn fetch(&self, url: &str, accept: &str, timeout: Duration, body_bytes_max: u64) -> Exchange {
        let request = http::get(url)
            .header("accept", accept)
            .header("user-agent", concat!("Watchkeep/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .redirects_max(REDIRECTS_MAX)
            .body_bytes_max(body_bytes_max)
            .family(self.ip_family);
        let request = match url.starts_with("https://") {
            true => request.tls_options(self.peer.options()),
            false => request,
        };
        match self.user.as_deref().zip(self.password.as_ref()) {
            Some((user, password)) => request.fetch_as(user, password),
            None => request.fetch_with(&Extras::default()).exchange,
        }
    }

    /// The picture at a URL.
    ///
    /// # Errors
    /// If there is none; it is not decoded yet.
    pub fn take(&self, url: &str) -> Result<Taken, Missing> {
        let exchange = self.fetch(url, "image/jpeg, image/png", self.timeout, PICTURE_BYTES_MAX);
        let is_stream = |response: &Response| {
            let kind = response.header("content-type").unwrap_or_default();
            response.status == 200 && kind.trim_start().to_ascii_lowercase().starts_with("multipart/")
        };
        if exchange.response().is_some_and(is_stream) {
            return Err(Missing::Camera(
                "it answers with a stream of pictures instead of one; hint: give the URL of its snapshot"
                    .to_owned(),
            ));
        }
        if let Some(failure) = exchange.failure() {
            return Err(match failure.as_fault() {
                Some(fault) => Missing::Fault(fault),
                None => Missing::Camera(failure.sentence()),
            });
        }
        let response = exchange.response().ok_or_else(|| Missing::Camera("there is no answer".to_owned()))?;
        http::picture::of_response(response, self.user.as_deref()).map_err(Missing::Camera)?;
        Ok(Taken { bytes: response.body.clone(), at: None, took: Some(exchange.elapsed()) })
    }
}

impl Series {
    /// The newest picture.
    ///
    /// # Errors
    /// If there is none, or an old one.
    pub fn take(&self) -> Result<Taken, Missing> {
        let named = format!("series `{}` of the check `{}`", self.name, self.check);
        let inconclusive = |message: String| Missing::Fault(Fault::inconclusive(message));
        let newest = snapshots::series(&*self.name).of(&*self.check).latest().map_err(unread)?;
        let Some(newest) = newest else {
            return Err(inconclusive(format!("{named} has no picture; hint: does that check keep one?")));
        };
        let age = Duration::from_millis(clock::now().saturating_sub(newest.at));
        if age > self.max_age {
            return Err(inconclusive(format!(
                "the newest picture in {named} is {} old, more than {}",
                span_in_days(age),
                span_in_days(self.max_age)
            )));
        }
        if newest.size > PICTURE_BYTES_MAX {
            let message =
                format!("the picture in {named} has {} bytes, more than {PICTURE_BYTES_MAX}", newest.size);
            return Err(Missing::Fault(Fault::config(message)));
        }
        Ok(Taken { at: Some(newest.at), bytes: newest.read().map_err(unread)?, took: None })
    }
}

fn unread(error: SnapshotError) -> Missing {
    Missing::Fault(missing(error))
}

/// Why a picture that was kept cannot be read.
pub fn missing(error: SnapshotError) -> Fault {
    match error {
        SnapshotError::Denied(message) | SnapshotError::Limit(message) => Fault::Denied(message),
        SnapshotError::NotFound => Fault::inconclusive("a picture is no longer kept"),
        SnapshotError::Other(message) => Fault::Other(message),
    }
}

/// As [`net::span`], and in days.
pub fn span_in_days(span: Duration) -> String {
    match span.as_secs() / 3_600 {
        0..2 => net::span(span),
        hours @ 2..48 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    }
}
