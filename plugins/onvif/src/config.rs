//! What an operator writes for a device.

use std::time::Duration;

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Secret, TlsPeer, Value, login, read_url};
use watchkeep_sdk::net::Family;

const NAME_BYTES_MAX: usize = 100;
/// Each takes up to four requests.
const PROFILES_MAX: usize = 50;

/// Judges a camera's clock and profiles, and whether its own URLs lead to pictures.
#[derive(watchkeep_sdk::Config)]
#[config(check = Onvif::consistent)]
pub struct Onvif {
    /// The URL of the device service.
    #[config(grants = "http", example = "http://camera.example.com/onvif/device_service")]
    pub(crate) url: String,
    /// The URL of the media service; default: the path that the device names, at the host of `url`.
    #[config(grants = "http", example = "http://camera.example.com/onvif/media_service")]
    pub(crate) media_url: Option<String>,
    /// The user name.
    #[config(example = "watchkeep")]
    pub(crate) user: Option<String>,
    /// The user's password: a secret bound to the address. Devices that know only the login of WS-Security also need the grant
    /// `reveal`.
    pub(crate) password: Option<Secret>,
    /// A clock that differs from the host's by more than this is a warning.
    #[config(default = "5s")]
    pub(crate) clock_warning: Duration,
    /// A clock that differs from the host's by more than this is critical.
    #[config(default = "1m")]
    pub(crate) clock_critical: Duration,
    /// The profiles that must be there, at most 50; without any, the device must have one.
    #[config(default)]
    pub(crate) profiles: Vec<Expected>,
    #[config(flatten)]
    pub(crate) peer: TlsPeer,
    /// Timeout for each request, and for opening each URL; never longer than the check's timeout.
    #[config(default = "5s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// A profile, and what is expected of it.
#[derive(watchkeep_sdk::Config)]
#[config(check = Expected::consistent)]
pub(crate) struct Expected {
    /// Its name or its token.
    #[config(example = "mainStream")]
    pub(crate) name: String,
    /// How its pictures are encoded, as the device writes it.
    #[config(example = "H264")]
    pub(crate) encoding: Option<String>,
    /// How large its pictures are.
    #[config(example = "1920x1080")]
    pub(crate) resolution: Option<Resolution>,
    /// The lowest frame rate to which it may be limited.
    #[config(example = 15)]
    pub(crate) frame_rate_min: Option<u32>,
    /// Whether the URL of its stream is asked for, and opened as well.
    #[config(default = "named")]
    pub(crate) stream: Use,
    /// The URL that its stream must have: that of its check `camera`.
    #[config(example = "rtsp://camera.example.com/stream1")]
    pub(crate) stream_url: Option<String>,
    /// Whether the URL of its picture is asked for, and opened as well.
    #[config(default = "ignored")]
    pub(crate) snapshot: Use,
    /// The URL that its picture must have.
    #[config(example = "http://camera.example.com/snapshot.jpg")]
    pub(crate) snapshot_url: Option<String>,
}

/// What is done with a URL that the device names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Use {
    Ignored,
    Named,
    Opened,
}

/// In pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resolution {
    pub width: u32,
    pub height: u32,
}

impl Config for Resolution {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^[0-9]{1,5}x[0-9]{1,5}$","x-watchkeep-hint":"write width and height in pixels, such as `1920x1080`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let number = |text: &str| text.parse().ok().filter(|number| (1..=99_999).contains(number));
        let parts = text.split_once('x').and_then(|(width, height)| Some((number(width)?, number(height)?)));
        match parts {
            Some((width, height)) => Some(Self { width, height }),
            None => problems.add(place, "must be width and height in pixels, such as `1920x1080`"),
        }
    }
}

impl Onvif {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let urls = [("url", Some(&self.url)), ("media_url", self.media_url.as_ref())];
        for (key, url) in urls {
            let Some(url) = url else { continue };
            let has_user =
                |url: &String| url.split('/').nth(2).is_some_and(|authority| authority.contains('@'));
            if read_url(url.clone(), &place.key(key), problems).as_ref().is_some_and(has_user) {
                let message = "names a host, and no user; hint: a login goes into `user` and `password`";
                problems.add::<()>(&place.key(key), message);
            }
        }
        let is_clear = urls.into_iter().flat_map(|(_, url)| url).all(|url| !url.starts_with("https://"));
        let opens =
            self.profiles.iter().any(|profile| [profile.stream, profile.snapshot].contains(&Use::Opened));
        for key in self.peer.said().filter(|_| is_clear && !opens) {
            let message = "there is no TLS here; hint: the URL would begin with `https://`";
            problems.add::<()>(&place.key(key), message);
        }
        self.peer.keeps_secrets(self.password.is_some(), place, problems);
        login(self.user.as_deref(), self.password.as_ref(), place, problems);
        if self.clock_critical < self.clock_warning {
            problems.add::<()>(&place.key("clock_critical"), "must not be less than `clock_warning`");
        }
        let place = place.key("profiles");
        if self.profiles.len() > PROFILES_MAX {
            let message =
                format!("at most {PROFILES_MAX} profiles; hint: divide them between several checks");
            problems.add::<()>(&place, message);
        }
        for (at, profile) in self.profiles.iter().enumerate() {
            if self.profiles.iter().take(at).any(|earlier| earlier.name == profile.name) {
                problems.add::<()>(&place.index(at).key("name"), format!("`{}` is used twice", profile.name));
            }
        }
    }
}

impl Expected {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let name = &self.name;
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
            let message = format!("must have 1 to {NAME_BYTES_MAX} bytes, and no control characters");
            problems.add::<()>(&place.key("name"), message);
        }
        let pairs = [
            ("stream_url", self.stream_url.is_some(), "stream", self.stream),
            ("snapshot_url", self.snapshot_url.is_some(), "snapshot", self.snapshot),
        ];
        for (url, is_set, key, used) in pairs {
            if is_set && used == Use::Ignored {
                let message = format!("is not asked for; hint: set `{key} = \"named\"`");
                problems.add::<()>(&place.key(url), message);
            }
        }
    }
}
