//! What an operator writes for a restart.

use std::time::Duration;

use watchkeep_sdk::action::HttpCall;
use watchkeep_sdk::config::{BaseUrl, Place, Problems, Secret};

/// Restarts a camera by ONVIF, or a camera or a relay by a request, and waits until its streams are back.
#[derive(watchkeep_sdk::Config)]
#[config(check = Restart::consistent)]
pub struct Restart {
    /// A camera that speaks ONVIF.
    pub(crate) onvif: Option<Onvif>,
    /// A request, as a maker or a relay (MediaMTX, go2rtc) has one.
    pub(crate) request: Option<HttpCall>,
    /// Where RTSP has to answer again afterwards.
    #[config(grants = "tcp", example = "camera-7.example.com:554")]
    pub(crate) wait_for: Option<String>,
    /// When it is looked at first: a camera still answers for a moment after it was told to restart.
    #[config(default = "10s")]
    pub(crate) wait_first: Duration,
    /// How long to wait for it; default: as long as the action may take.
    #[config(example = "2m")]
    pub(crate) wait_max: Option<Duration>,
}

/// The device service of a camera.
#[derive(watchkeep_sdk::Config)]
#[config(check = Onvif::consistent)]
pub(crate) struct Onvif {
    /// The URL of the device service.
    #[config(grants = "http", example = "http://camera-7.example.com/onvif/device_service")]
    pub(crate) url: BaseUrl,
    /// The user's name; the user has to be an administrator of the camera.
    #[config(non_empty, example = "watchkeep")]
    pub(crate) user: String,
    /// The password.
    pub(crate) password: Secret,
    /// How the user logs in: `token` is WS-Security with a digest, which needs the grant `reveal`; `digest` is that of HTTP.
    #[config(default = "token")]
    pub(crate) login: Login,
    /// How long to wait for each answer.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
}

/// How a user logs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Login {
    Token,
    Digest,
}

impl Restart {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.onvif.is_some() == self.request.is_some() {
            problems.add::<()>(place, "either `onvif` or `request` must be given");
        }
        if self.wait_for.is_none() && self.wait_max.is_some() {
            problems.add::<()>(&place.key("wait_max"), "needs `wait_for`");
        }
    }
}

impl Onvif {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.timeout.is_zero() {
            problems.add::<()>(&place.key("timeout"), "nothing is answered in no time; hint: `10s`");
        }
    }
}
