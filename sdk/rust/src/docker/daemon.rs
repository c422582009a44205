//! What an operator writes for a daemon.

use super::api::version;
use crate::config::{BaseUrl, Place, Problems, TlsPeer};

/// Where a daemon is. Its keys stand among those of a plugin, by `#[config(flatten)]`.
#[derive(watchkeep_sdk::Config)]
#[config(check = Daemon::consistent)]
pub struct Daemon {
    /// The daemon's socket, by its name under `[sockets]`. Needs the grant `http_local`.
    #[config(non_empty, example = "docker")]
    pub socket: Option<String>,
    /// The daemon's API over TCP, in place of a socket.
    #[config(grants = "http", example = "https://docker.example.com:2376")]
    pub url: Option<BaseUrl>,
    /// The version of the API to use, such as `1.41`. Default: the newest that the daemon and this plugin support, for which
    /// the daemon is asked first.
    #[config(example = "1.41")]
    pub api_version: Option<String>,
    #[config(flatten)]
    pub peer: TlsPeer,
}

impl Daemon {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        match (&self.socket, &self.url) {
            (None, None) => problems.add::<()>(
                place,
                "no daemon is named; hint: `socket = \"docker\"` for a socket under `[sockets]`, or `url`",
            ),
            (Some(_), Some(_)) => {
                problems.add::<()>(&place.key("url"), "`socket` and `url` are two ways; hint: keep one")
            }
            (_, _) => None,
        };
        let is_tls = self.url.as_ref().is_some_and(|url| url.as_str().starts_with("https://"));
        if let (Some(key), false) = (self.peer.said().next(), is_tls) {
            problems.add::<()>(&place.key(key), "only `https://` uses TLS");
        }
        self.peer.keeps_secrets(false, place, problems);
        if let Some(text) = &self.api_version
            && version(text).is_none()
        {
            let message = format!("`{text}` is no version of the API; hint: write one such as `1.41`");
            problems.add::<()>(&place.key("api_version"), message);
        }
    }
}
