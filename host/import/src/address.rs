//! Addresses of targets: URLs without secrets in them, hosts and ports as a config accepts them.

use watchkeep_core::grant::{Host, Origin};

use crate::given::EnvText;
use crate::secrets::is_secret_name;

/// A URL that may be written in a config, and what was taken out of it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct HttpUrl {
    pub(crate) url: String,
    pub(crate) origin: Origin,
    pub(crate) login: Option<(String, String)>,
    /// For each secret in its path or query: the placeholder, a name for the secret, and the secret.
    pub(crate) holders: Vec<(String, String, EnvText)>,
}

/// Services whose addresses are as good as a password.
const WEBHOOKS: [&str; 7] = [
    "hooks.slack.com/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "outlook.office.com/webhook",
    "webhook.office.com/",
    "api.telegram.org/bot",
    "chat.googleapis.com/v1/spaces/",
];

/// Splits a URL. If that fails, the error is a sentence that shows nothing of the URL but its host.
pub(crate) fn http_url(given: &EnvText) -> Result<HttpUrl, String> {
    let mut holders: Vec<(String, String, EnvText)> = Vec::new();
    let text = match given {
        EnvText::Plain(text) => text.trim().to_owned(),
        EnvText::Variable(name) => return Err(format!("its URL is `${{{name}}}`, which is not known here")),
        EnvText::Mixed(parts) => {
            let mut text = String::new();
            for (front, variable) in parts {
                text.push_str(front);
                let Some(name) = variable else { continue };
                if authority_is_open(&text) {
                    return Err(format!(
                        "the host in its URL has `${{{name}}}` in it, which is not known here"
                    ));
                }
                let holder = holder(name);
                text.push_str(&holder);
                if !holders.iter().any(|(other, ..)| *other == holder) {
                    holders.push((holder, name.to_ascii_lowercase(), EnvText::Variable(name.clone())));
                }
            }
            text
        }
    };
    let (scheme, rest) = text.split_once("://").ok_or("its URL has no scheme")?;
    let scheme = scheme.to_ascii_lowercase();
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (login, authority) = match authority.rsplit_once('@') {
        Some((login, authority)) => {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            (Some((decoded(user), decoded(password))), authority)
        }
        None => (None, authority),
    };
    if path.starts_with('\\') {
        return Err("a backslash follows the host in its URL".to_owned());
    }
    let origin = Origin::of_url(&format!("{scheme}://{authority}"))
        .map_err(|error| format!("the host in its URL is not valid: {}, {}", error.problem, error.hint))?;
    let path = without_secrets(authority, path.split('#').next().unwrap_or(path), &mut holders);
    let slash = if path.starts_with('?') { "/" } else { "" };
    Ok(HttpUrl { url: format!("{scheme}://{authority}{slash}{}", encoded(&path)), origin, login, holders })
}

/// Whether what comes next belongs to the host, or to what comes before it.
fn authority_is_open(text: &str) -> bool {
    text.split_once("://").is_none_or(|(_, rest)| !rest.contains(['/', '?', '#']))
}

fn without_secrets(authority: &str, path: &str, holders: &mut Vec<(String, String, EnvText)>) -> String {
    let mut take = |name: &str, value: &str| {
        let mut holder = holder(name);
        while holders.iter().any(|(other, _, of)| *other == holder && *of != EnvText::literal(value)) {
            holder.insert_str(2, "X_");
        }
        if !holders.iter().any(|(other, ..)| *other == holder) {
            holders.push((holder.clone(), name.to_ascii_lowercase(), EnvText::literal(value)));
        }
        holder
    };
    let host = authority.to_ascii_lowercase();
    let whole = format!("{host}{path}");
    if let Some(front) = WEBHOOKS.iter().find(|front| {
        whole.starts_with(*front) || whole.find(&format!(".{front}")).is_some_and(|at| at < host.len())
    }) {
        let start = whole.find(front).unwrap_or(0) + front.len() - host.len();
        let (front, tail) = path.split_at_checked(start).unwrap_or((path, ""));
        if !tail.trim_matches('/').is_empty() {
            return format!("{front}{}", take("path", tail));
        }
    }
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_secret_name(name) && !value.is_empty() && !is_holder(value) => {
                format!("{name}={}", take(name, value))
            }
            _ => pair.to_owned(),
        })
        .collect();
    format!("{path}?{}", pairs.join("&"))
}

/// Whether the text is a placeholder of a secret.
pub(crate) fn is_holder(text: &str) -> bool {
    text.len() > 4 && text.starts_with("__") && text.ends_with("__")
}

/// A placeholder such as `__TOKEN__`, which stays as it is in a URL, a header or JSON.
pub(crate) fn holder(name: &str) -> String {
    let mut word = String::new();
    for c in name.chars().take(40) {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        if !(c == '_' && (word.is_empty() || word.ends_with('_'))) {
            word.push(c);
        }
    }
    let word = word.trim_end_matches('_');
    format!("__{}__", if word.is_empty() { "SECRET" } else { word })
}

/// A path in which characters that may not be in a URL are percent-encoded.
fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for (at, byte) in path.bytes().enumerate() {
        let is_escape =
            || path.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        let is_fine = match byte {
            b'%' => is_escape(),
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'[' | b']' | b'#' => false,
            _ => byte.is_ascii_graphic(),
        };
        if is_fine { text.push(char::from(byte)) } else { text.push_str(&format!("%{byte:02X}")) }
    }
    text
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = escape
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        (bytes, rest) = match byte {
            Some(byte) => ([bytes, vec![byte]].concat(), &after[2..]),
            None => ([bytes, vec![*first]].concat(), after),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A host as a config accepts it.
pub(crate) fn host(text: &str) -> Result<String, String> {
    let host =
        Host::parse(text.trim()).map_err(|error| format!("its host is not valid: {}", error.problem))?;
    let shown = host.to_string();
    Ok(shown.trim_start_matches('[').trim_end_matches(']').to_owned())
}

/// The `host:port` of a text with or without a scheme, a path or a port. What is before an `@` is left out.
pub(crate) fn host_port(text: &str, port: Option<u16>) -> Result<String, String> {
    let rest = text.trim();
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (name, given) = match rest.rsplit_once(':') {
        Some((name, given)) if !name.contains(':') || name.ends_with(']') => (name, Some(given)),
        _ => (rest, None),
    };
    let port = match given {
        Some(given) => {
            given.parse().ok().filter(|port| *port != 0).ok_or("its port is not a number from 1 to 65535")?
        }
        None => port.ok_or("it names no port")?,
    };
    let host = Host::parse(name).map_err(|error| format!("its host is not valid: {}", error.problem))?;
    Ok(format!("{host}:{port}"))
}

/// The host of `host:port`.
pub(crate) fn host_of(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(url: &str) -> HttpUrl {
        http_url(&EnvText::literal(url)).unwrap()
    }

    #[test]
    fn what_is_secret_is_taken_out_of_a_url() {
        let url = plain("https://ada:p%40ss@Shop.example.com:8443/a?b=1&api_token=s3cret&token=");
        assert_eq!(url.url, "https://Shop.example.com:8443/a?b=1&api_token=__API_TOKEN__&token=");
        assert_eq!(url.login, Some(("ada".to_owned(), "p@ss".to_owned())));
        assert_eq!(url.origin.to_string(), "https://shop.example.com:8443");
        let [(holder, name, value)] = &*url.holders else { panic!("{url:?}") };
        assert_eq!((holder.as_str(), name.as_str()), ("__API_TOKEN__", "api_token"));
        assert_eq!(*value, EnvText::literal("s3cret"));
        let hook = plain("https://hooks.slack.com/services/T1/B2/abc");
        assert_eq!(hook.url, "https://hooks.slack.com/__PATH__");
        let hook = plain("https://acme.webhook.office.com/webhookb2/abc");
        assert_eq!(hook.url, "https://acme.webhook.office.com/__PATH__");
    }

    #[test]
    fn a_url_is_made_one_that_a_config_takes() {
        assert_eq!(
            plain("https://example.com/ä b?q={x}#part").url,
            "https://example.com/%C3%A4%20b?q=%7Bx%7D"
        );
        assert_eq!(plain("http://[2001:db8::1]/50%").url, "http://[2001:db8::1]/50%25");
        assert_eq!(plain("https://example.com?a=1").url, "https://example.com/?a=1");
        for wrong in
            ["example.com", "https://", "https://bücher.example", "https://a b/", "ftp://x/", "https://a:0/"]
        {
            assert!(http_url(&EnvText::literal(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variable_may_stand_behind_the_host_alone() {
        let url = http_url(&EnvText::expanding("https://example.com/${KEY}/up")).unwrap();
        assert_eq!(url.url, "https://example.com/__KEY__/up");
        assert!(http_url(&EnvText::expanding("https://${HOST}/")).unwrap_err().contains("${HOST}"));
        assert!(http_url(&EnvText::expanding("https://$USER:x@example.com/")).is_err());
    }

    #[test]
    fn addresses_have_a_host_and_a_port() {
        for (text, port, address) in [
            ("tcp://redis.example.com:6379", None, "redis.example.com:6379"),
            ("ssh://u:p@Example.com/x", Some(22), "example.com:22"),
            ("[2001:db8::1]:53", None, "[2001:db8::1]:53"),
            ("2001:db8::1", Some(53), "[2001:db8::1]:53"),
        ] {
            assert_eq!(host_port(text, port).unwrap(), address);
        }
        for wrong in ["example.com", "example.com:0", "example.com:x", ":1", "a b:1"] {
            assert!(host_port(wrong, None).is_err(), "{wrong}");
        }
    }
}
