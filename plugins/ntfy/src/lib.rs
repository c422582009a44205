//! The notifier `ntfy`: pushes to phones and desktops through an ntfy server, the public one or one's own.
//!
//! Texts are plain: nothing that a target says becomes a link or a button.

mod push;

mod answer;

use watchkeep_sdk::config::{Place, Problems, read_url};
use watchkeep_sdk::prelude::*;

/// Pushes to a topic on an ntfy server.
#[derive(Config)]
#[config(check = Ntfy::consistent)]
pub struct Ntfy {
    /// The server's URL, without the topic.
    #[config(grants = "http", example = "https://ntfy.sh")]
    server: String,
    /// Anyone who knows a topic on a public server can read it and write to it: choose one that nobody can guess, or
    /// protect it.
    topic: String,
    /// An access token.
    token: Option<Secret>,
    /// User name and password.
    basic: Option<Basic>,
    /// How long to wait for the answer.
    #[config(default = "10s")]
    timeout: Duration,
}

/// User name and password for basic authentication.
#[derive(Config)]
struct Basic {
    /// The user's name.
    user: String,
    /// The password.
    password: Secret,
}

#[notifier(name = "ntfy", summary = "Pushes to phones and desktops through an ntfy server")]
pub fn deliver(config: Ntfy, notification: Notification) -> Result<Option<String>, DeliveryError> {
    // To the server itself: below the topic, JSON would be the text.
    let mut request = http::post(format!("{}/", config.server.trim_end_matches('/')))
        .json(push::written(&notification, &config.topic))
        .timeout(config.timeout)
        .redirects_max(0)
        .body_bytes_max(16 << 10);
    if let Some(token) = &config.token {
        request = request.bearer(token);
    }
    if let Some(basic) = &config.basic {
        request = request.basic(&basic.user, &basic.password);
    }
    answer::judge(&request.send()?)
}

impl Ntfy {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        read_url(self.server.clone(), &place.key("server"), problems);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=64).contains(&self.topic.len()) || !self.topic.bytes().all(plain) {
            let message = format!(
                "`{}` is not a valid topic; hint: at most 64 letters, digits, `-` and `_`",
                self.topic
            );
            problems.add::<()>(&place.key("topic"), message);
        }
        if self.token.is_some() && self.basic.is_some() {
            let message = "`basic` and `token` are the same header; hint: keep one";
            problems.add::<()>(&place.key("token"), message);
        }
    }
}
