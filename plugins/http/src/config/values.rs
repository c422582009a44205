//! Values with a notation of their own.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Secret, Value, one_of, read_url};
use watchkeep_sdk::http::Address;

/// A file in a folder that the operator named.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct BodyFile {
    /// The folder's name under `[roots]`. Needs the grant `files`.
    pub(crate) root: String,
    /// The file's path in that folder.
    pub(crate) path: String,
}

/// What a field of a form is filled with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum FormValue {
    Text(String),
    Secret(Secret),
}

impl Config for FormValue {
    const SCHEMA: Schema = Schema::AnyOf(&[&Schema::Text, &Schema::Secret]);

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::String(text) => Some(FormValue::Text(text)),
            other => Secret::read(other, place, problems).map(FormValue::Secret),
        }
    }
}

/// A name server by its address. The host reads addresses; the library's own reader of them is 8 KiB of a component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Resolver {
    ip: String,
    port: u16,
}

impl Resolver {
    pub(crate) fn address(&self) -> Address {
        Address { ip: self.ip.clone(), port: self.port }
    }

    fn parse(text: &str) -> Option<Self> {
        const DNS_PORT: u16 = 53;
        let (ip, port) = match text.split_once("]:") {
            Some((ip, port)) => (ip.strip_prefix('[')?, Some(port)),
            None => match text.split_once(':') {
                Some((ip, port)) if !port.contains(':') => (ip, Some(port)),
                _ => (text, None),
            },
        };
        let port = match port {
            Some(port) => u16::try_from(port.parse::<u64>().ok()?).ok()?,
            None => DNS_PORT,
        };
        let is_v6 = ip.contains(':') && ip.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == '.');
        let is_v4 = ip.split('.').count() == 4 && ip.chars().all(|c| c.is_ascii_digit() || c == '.');
        (is_v4 || is_v6).then(|| Self { ip: ip.to_owned(), port })
    }
}

impl Config for Resolver {
    const SCHEMA: Schema = Schema::Text;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        match Self::parse(&text) {
            Some(resolver) => Some(resolver),
            None => problems.add(
                place,
                format!(
                    "`{text}` is not a name server address; hint: write `192.0.2.53` or `[2001:db8::53]:5353`"
                ),
            ),
        }
    }
}

/// A name that a host is asked for, perhaps with a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ServerName(pub(crate) String);

impl Config for ServerName {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":1,"x-watchkeep-needs":"server_name""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let name = String::read(value, place, problems)?;
        let stands_in_none = |c: char| c.is_whitespace() || c.is_control() || "/?#@,".contains(c);
        if name.is_empty() || name.contains(stands_in_none) {
            return problems
                .add(place, format!("`{name}` is not a host name; hint: write `shop.example.com`"));
        }
        Some(ServerName(name))
    }
}

/// An absolute URL of HTTP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Url(pub(crate) String);

impl Config for Url {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""format":"uri","pattern":"^https?://[^/?#\\s]+[^\\s]*$","x-watchkeep-hint":"write a whole URL, such as `https://example.com/status`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let url = String::read(value, place, problems)?;
        read_url(url, place, problems).map(Url)
    }
}

/// A version of HTTP, without the name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Version(pub(crate) &'static str);

const VERSIONS: [&str; 3] = ["1.0", "1.1", "2"];

impl Config for Version {
    const SCHEMA: Schema = Schema::OneOfTexts { json: r#"["1.0","1.1","2"]"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        one_of(value, place, &VERSIONS, problems).map(|at| Version(VERSIONS[at]))
    }
}

/// A SHA-256 in small hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Digest256(pub(crate) String);

impl Config for Digest256 {
    const SCHEMA: Schema = Schema::TextLike { json: r#""pattern":"^[0-9a-fA-F]{64}$""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?.to_ascii_lowercase();
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return problems.add(place, "is not a SHA-256 digest; hint: write 64 hexadecimal digits");
        }
        Some(Digest256(text))
    }
}
