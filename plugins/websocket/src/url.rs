//! Where a WebSocket is.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

/// `ws://host[:port][/path][?query]`, or `wss://` for one under TLS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Url {
    pub(crate) protection: Protection,
    /// As it stands in the URL: with the port where there is one.
    authority: String,
    /// Path and query.
    pub(crate) target: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Protection {
    Clear,
    Tls,
}

impl Url {
    /// As `host:port`.
    pub(crate) fn address(&self) -> String {
        let has_port = self.authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        let port = match self.protection {
            _ if has_port => return self.authority.clone(),
            Protection::Clear => 80,
            Protection::Tls => 443,
        };
        format!("{}:{port}", self.authority)
    }
    /// For the header `Host`; `name` is whom it is asked for in place of the URL's host.
    pub(crate) fn host(&self, name: Option<&str>) -> String {
        let Some(name) = name else { return self.authority.clone() };
        match self.authority.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => format!("{name}:{port}"),
            Some(_) | None => name.to_owned(),
        }
    }
}

impl Config for Url {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""format":"uri","pattern":"^wss?://[^/?#\\s]+[^#\\s]*$","x-watchkeep-hint":"write a whole URL, such as `wss://chat.example.com/room`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let url = String::read(value, place, problems)?;
        let (protection, rest) = match (url.strip_prefix("wss://"), url.strip_prefix("ws://")) {
            (Some(rest), _) => (Protection::Tls, rest),
            (None, Some(rest)) => (Protection::Clear, rest),
            (None, None) => {
                return problems.add(place, "must begin with `wss://`, or `ws://` for one without TLS");
            }
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.is_empty() || authority.contains('@') {
            return problems
                .add(place, "names a host, and no user; hint: a login goes into `basic` or `bearer`");
        }
        if target.contains('#') {
            return problems.add(place, "has a part behind `#`, which no server is told; hint: leave it out");
        }
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return problems.add(
                place,
                "has a blank or a letter outside ASCII in its path; hint: write it as `%20` and the like",
            );
        }
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Some(Url { protection, authority: authority.to_owned(), target })
    }
}
