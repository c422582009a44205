//! What an operator writes for a camera.

use std::time::Duration;

use watchkeep_sdk::Range;
use watchkeep_sdk::config::{
    Band, Place, Problems, Secret, Size, TlsPeer, expiry_days, has_address, login, read_url,
};
use watchkeep_sdk::net::Family;

use crate::url::{Protection, Url};

/// A session that is not renewed lasts a minute.
const LISTEN_MAX: Duration = Duration::from_secs(30);
const LISTEN_MIN: Duration = Duration::from_secs(1);
const NAME_BYTES_MAX: usize = 64;
const CAMERAS_MAX: usize = 64;
/// Streams of one run share its calls of the host.
const STREAMS_MAX: usize = 8;

/// Proves that a camera sends its stream, and that its snapshot is a picture.
#[derive(watchkeep_sdk::Config)]
#[config(check = Camera::consistent)]
pub struct Camera {
    /// The stream to open over RTSP.
    pub(crate) stream: Option<Stream>,
    /// The picture to fetch over HTTP.
    pub(crate) snapshot: Option<Snapshot>,
    /// Several cameras, such as the channels of a recorder, in place of `stream` and `snapshot`: at most 64, at most 8 of them
    /// with a `stream`. Each is a finding.
    #[config(default)]
    pub(crate) cameras: Vec<Named>,
    /// The user name.
    #[config(example = "watchkeep")]
    pub(crate) user: Option<String>,
    /// The user's password: a secret bound to each address. A digest login over RTSP also needs the grant `reveal`.
    pub(crate) password: Option<Secret>,
    #[config(flatten)]
    pub(crate) peer: TlsPeer,
    /// Timeout for connecting, the handshake, each answer and the first media packet; never longer than the check's
    /// timeout.
    #[config(default = "5s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// One camera of several.
#[derive(watchkeep_sdk::Config)]
#[config(check = Named::consistent)]
pub(crate) struct Named {
    /// Its name in sentences, keys and labels: letters, digits, `-`, `_` and `.`.
    #[config(example = "hall-1")]
    pub(crate) name: String,
    /// The stream to open over RTSP.
    pub(crate) stream: Option<Stream>,
    /// The picture to fetch over HTTP.
    pub(crate) snapshot: Option<Snapshot>,
}

/// A stream over RTSP, and what is expected of it.
#[derive(watchkeep_sdk::Config)]
#[config(check = Stream::consistent)]
pub(crate) struct Stream {
    /// The URL of the stream: `rtsps://` uses TLS, `rtsp://` does not.
    #[config(grants = "tcp", example = "rtsp://camera.example.com/stream1")]
    pub(crate) url: Url,
    /// How long to receive media, from the first packet on: 1 to 30 seconds, and at least the time between two key
    /// frames to see one.
    #[config(default = "3s")]
    pub(crate) listen: Duration,
    /// A time above this, from connecting until the first media packet, is a warning.
    pub(crate) first_packet_warning: Option<Duration>,
    /// A time until the first media packet above this is critical.
    pub(crate) first_packet_critical: Option<Duration>,
    /// A loss of packets above this percentage is a warning.
    #[config(default = 1, min = 0, max = 100)]
    pub(crate) loss_warning: f64,
    /// A loss of packets above this percentage is critical.
    #[config(default = 10, min = 0, max = 100)]
    pub(crate) loss_critical: f64,
    /// A time since the last key frame above this is a warning; not longer than `listen`.
    pub(crate) key_frame_warning: Option<Duration>,
    /// A time since the last key frame above this is critical; not longer than `listen`.
    pub(crate) key_frame_critical: Option<Duration>,
    /// With `rtsps://`: warns this many days before a certificate in the chain of trust expires; default: 14; 0 never warns.
    #[config(min = 0, max = 3650)]
    pub(crate) expiry_warning_days: Option<u32>,
    /// With `rtsps://`: critical this many days before a certificate in the chain of trust expires; default: 3; 0: only once it
    /// has expired.
    #[config(min = 0, max = 3650)]
    pub(crate) expiry_critical_days: Option<u32>,
    /// Thresholds for the bitrate, in kbit/s.
    pub(crate) bitrate: Option<Band>,
    /// Thresholds for the frame rate, in pictures per second.
    pub(crate) frame_rate: Option<Band>,
}

/// A picture over HTTP, and what is expected of it.
#[derive(watchkeep_sdk::Config)]
#[config(check = Snapshot::consistent)]
pub(crate) struct Snapshot {
    /// The URL of the picture.
    #[config(grants = "http", example = "http://camera.example.com/snapshot.jpg")]
    pub(crate) url: String,
    /// A picture smaller than this is critical.
    #[config(default = "1KiB")]
    pub(crate) size_min: Size,
    /// A picture older than this, by its header `Last-Modified`, is critical.
    pub(crate) max_age: Option<Duration>,
    /// Whether it is critical that the picture is, byte by byte, the one of the run before.
    #[config(default = false)]
    pub(crate) must_change: bool,
    /// Attaches the picture to the result, and keeps it in the series `snapshot`.
    #[config(default = false)]
    pub(crate) keep: bool,
    /// A response time above this is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
}

impl Camera {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let has_one = self.stream.is_some() || self.snapshot.is_some();
        match (has_one, self.cameras.is_empty()) {
            (false, true) => {
                problems
                    .add::<()>(place, "there is nothing to look at; hint: add `stream`, `snapshot` or both");
            }
            (true, false) => {
                let message = "are in place of `stream` and `snapshot`; hint: make them one of the cameras";
                problems.add::<()>(&place.key("cameras"), message);
            }
            (true, true) | (false, false) => {}
        }
        self.several(&place.key("cameras"), problems);
        for stream in self.streams() {
            has_address(&stream.url.address(), self.ip_family, place, problems);
            stream.certificate(self.peer.ignore_certificate, place, problems);
        }
        let streams_are_clear = self.streams().all(|stream| stream.url.protection == Protection::Clear);
        let own = self.cameras.iter().flat_map(|camera| &camera.snapshot);
        let snapshots_are_clear =
            self.snapshot.iter().chain(own).all(|snapshot| !snapshot.url.starts_with("https://"));
        for key in self.peer.said().filter(|_| streams_are_clear && snapshots_are_clear) {
            problems.add::<()>(
                &place.key(key),
                "there is no TLS here; hint: the URL would begin with `rtsps://` or `https://`",
            );
        }
        self.peer.keeps_secrets(self.password.is_some(), place, problems);
        login(self.user.as_deref(), self.password.as_ref(), place, problems);
    }

    fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.stream.iter().chain(self.cameras.iter().flat_map(|camera| &camera.stream))
    }
    /// How many streams share what a run has.
    pub(crate) fn sharing(&self) -> usize {
        self.streams().count().max(1)
    }

    fn several(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.cameras.len() > CAMERAS_MAX {
            let message = format!("at most {CAMERAS_MAX} cameras; hint: divide them between several checks");
            problems.add::<()>(place, message);
        }
        if self.sharing() > STREAMS_MAX {
            let message = format!("at most {STREAMS_MAX} streams; hint: divide them between several checks");
            problems.add::<()>(place, message);
        }
        for (at, camera) in self.cameras.iter().enumerate() {
            if self.cameras.iter().take(at).any(|earlier| earlier.name == camera.name) {
                problems.add::<()>(&place.index(at).key("name"), format!("`{}` is used twice", camera.name));
            }
        }
    }
}

impl Named {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let fits = (1..=NAME_BYTES_MAX).contains(&self.name.len());
        if !fits || !self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            let message = format!("must have 1 to {NAME_BYTES_MAX} letters, digits, `-`, `_` and `.`");
            problems.add::<()>(&place.key("name"), message);
        }
        if self.stream.is_none() && self.snapshot.is_none() {
            problems.add::<()>(place, "there is nothing to look at; hint: add `stream`, `snapshot` or both");
        }
    }
}

impl Stream {
    pub(crate) fn expiry_days(&self, is_ignored: bool) -> Option<(u32, u32)> {
        expiry_days(self.expiry_warning_days, self.expiry_critical_days, is_ignored)
    }

    fn certificate(&self, is_ignored: bool, place: &Place<'_>, problems: &mut Problems) {
        let is_said = self.expiry_warning_days.is_some() || self.expiry_critical_days.is_some();
        if is_said && self.url.protection == Protection::Clear {
            let message =
                "`expiry_warning_days` and `expiry_critical_days` are for `rtsps://`; hint: leave them out";
            problems.add::<()>(place, message);
        }
        if let Some((warning, critical)) = self.expiry_days(is_ignored)
            && warning != 0
            && warning < critical
        {
            let message = "`expiry_warning_days` must not be less than `expiry_critical_days`, or it never warns; hint: 0 says \
                           that none is wanted";
            problems.add::<()>(place, message);
        }
    }

    /// Of the loss, as a ratio.
    pub(crate) fn loss_ranges(&self) -> (Range, Range) {
        (Range::at_most(self.loss_warning / 100.0), Range::at_most(self.loss_critical / 100.0))
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if !(LISTEN_MIN..=LISTEN_MAX).contains(&self.listen) {
            problems.add::<()>(&place.key("listen"), "is between `1s` and `30s`");
        }
        if self.loss_critical < self.loss_warning {
            problems.add::<()>(&place.key("loss_critical"), "must not be less than `loss_warning`");
        }
        ordered(
            (self.first_packet_warning, self.first_packet_critical),
            ("first_packet_warning", "first_packet_critical"),
            place,
            problems,
        );
        let keys =
            [(self.key_frame_warning, "key_frame_warning"), (self.key_frame_critical, "key_frame_critical")];
        ordered((keys[0].0, keys[1].0), (keys[0].1, keys[1].1), place, problems);
        for (_, key) in keys.iter().filter(|(span, _)| span.is_some_and(|span| span > self.listen)) {
            problems.add::<()>(
                &place.key(key),
                "is longer than `listen`, in which it would never be seen; hint: raise `listen`",
            );
        }
    }
}

impl Snapshot {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if let Some(url) = read_url(self.url.clone(), &place.key("url"), problems)
            && url.split('/').nth(2).is_some_and(|authority| authority.contains('@'))
        {
            problems.add::<()>(
                &place.key("url"),
                "names a host, and no user; hint: a login goes into `user` and `password`",
            );
        }
        watchkeep_sdk::config::response_times(
            self.response_time_warning,
            self.response_time_critical,
            place,
            problems,
        );
    }
}

fn ordered(
    (warning, critical): (Option<Duration>, Option<Duration>),
    (lower, upper): (&str, &str),
    place: &Place<'_>,
    problems: &mut Problems,
) {
    if let (Some(warning), Some(critical)) = (warning, critical)
        && critical < warning
    {
        problems.add::<()>(&place.key(upper), format!("must not be less than `{lower}`"));
    }
}
