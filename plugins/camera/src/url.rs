//! Where a stream is.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

/// `rtsp://host[:port][/path][?query]`, or `rtsps://` for one under TLS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Url {
    pub(crate) protection: Protection,
    whole: String,
    /// As it stands in the URL: with the port where there is one.
    authority: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Protection {
    Clear,
    Tls,
}

impl Url {
    pub(crate) fn as_str(&self) -> &str {
        &self.whole
    }
    /// As `host:port`.
    pub(crate) fn address(&self) -> String {
        let has_port = self.authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        let port = match self.protection {
            _ if has_port => return self.authority.clone(),
            Protection::Clear => 554,
            Protection::Tls => 322,
        };
        format!("{}:{port}", self.authority)
    }
}

impl Config for Url {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""format":"uri","pattern":"^rtsps?://[^/?#\\s]+[^#\\s]*$","x-watchkeep-hint":"write a whole URL, such as `rtsp://camera.example.com/stream1`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let whole = String::read(value, place, problems)?;
        let (protection, rest) = match (whole.strip_prefix("rtsps://"), whole.strip_prefix("rtsp://")) {
            (Some(rest), _) => (Protection::Tls, rest),
            (None, Some(rest)) => (Protection::Clear, rest),
            (None, None) => {
                return problems.add(place, "must begin with `rtsp://`, or `rtsps://` for one under TLS");
            }
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        if authority.is_empty() || authority.contains('@') {
            return problems
                .add(place, "names a host, and no user; hint: a login goes into `user` and `password`");
        }
        if whole.contains('#') || !whole.bytes().all(|byte| byte.is_ascii_graphic()) {
            return problems.add(
                place,
                "has a blank, a `#` or a letter outside ASCII; hint: write it as `%20`, `%23` and the like",
            );
        }
        let authority = authority.to_owned();
        Some(Url { protection, whole, authority })
    }
}
