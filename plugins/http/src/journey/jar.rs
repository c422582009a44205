//! Cookies of a journey (RFC 6265), forgotten with it. A cookie goes back to where it came from and nowhere else; what a
//! server sets for a domain that it is no part of is not kept.

use super::location::Parts;

const COOKIES_MAX: usize = 60;
/// The most bytes of name and value together.
const COOKIE_BYTES_MAX: usize = 4 << 10;
/// The most bytes of the header that is sent.
const HEADER_BYTES_MAX: usize = 16 << 10;

#[derive(Clone, PartialEq, Eq, Debug)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    /// It came from this very host, which named no domain.
    is_host_only: bool,
    path: String,
    is_secure: bool,
    /// In seconds since the Unix epoch; none lasts as long as the journey.
    expires: Option<u64>,
}

/// Those that were set, oldest first.
#[derive(Default)]
pub(crate) struct Jar(Vec<Cookie>);

impl Jar {
    /// Takes what `url` answered as `Set-Cookie`; `now` in seconds since the Unix epoch.
    pub(crate) fn store(&mut self, url: &str, header: &str, now: u64) {
        let Some(cookie) = Parts::of(url).and_then(|url| parsed(&url, header, now)) else { return };
        let is_same = |other: &Cookie| {
            other.name == cookie.name && other.domain == cookie.domain && other.path == cookie.path
        };
        self.0.retain(|other| !is_same(other));
        let is_over = cookie.expires.is_some_and(|expires| expires <= now);
        if !is_over && self.0.len() < COOKIES_MAX {
            self.0.push(cookie);
        }
    }

    fn of(&self, url: &str, now: u64) -> Vec<&Cookie> {
        let Some(parts) = Parts::of(url) else { return Vec::new() };
        let host = parts.host();
        let goes_there = |cookie: &&Cookie| {
            let is_host = match cookie.is_host_only {
                true => host == cookie.domain,
                false => is_within(&host, &cookie.domain),
            };
            is_host
                && is_below(parts.path, &cookie.path)
                && (parts.is_secure() || !cookie.is_secure)
                && cookie.expires.is_none_or(|expires| expires > now)
        };
        let mut cookies: Vec<&Cookie> = Vec::new();
        for cookie in self.0.iter().filter(goes_there) {
            // Longer paths first, and of one length the older ones.
            let at = cookies.iter().position(|other| other.path.len() < cookie.path.len());
            cookies.insert(at.unwrap_or(cookies.len()), cookie);
        }
        cookies
    }

    /// The header `Cookie` for a request to `url`, if there is anything to send.
    pub(crate) fn header(&self, url: &str, now: u64) -> Option<String> {
        let mut header = String::new();
        for cookie in self.of(url, now) {
            let more = cookie.name.len() + cookie.value.len() + 3;
            if header.len() + more > HEADER_BYTES_MAX {
                break;
            }
            if !header.is_empty() {
                header.push_str("; ");
            }
            if !cookie.name.is_empty() {
                header.push_str(&cookie.name);
                header.push('=');
            }
            header.push_str(&cookie.value);
        }
        (!header.is_empty()).then_some(header)
    }

    /// What a request to `url` would carry under this name.
    pub(crate) fn value(&self, url: &str, name: &str, now: u64) -> Option<&str> {
        self.of(url, now).into_iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }
}

fn parsed(url: &Parts<'_>, header: &str, now: u64) -> Option<Cookie> {
    let mut pieces = header.split(';');
    let pair = pieces.next()?;
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let (name, value) = (name.trim(), value.trim());
    let is_broken = header.contains(|c: char| c.is_control() && c != '\t') || name.contains('\u{fffd}');
    if is_broken || name.len() + value.len() > COOKIE_BYTES_MAX || (name.is_empty() && value.is_empty()) {
        return None;
    }
    let host = url.host();
    let mut cookie = Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
        path: folder(url.path).to_owned(),
        domain: host,
        is_host_only: true,
        is_secure: false,
        expires: None,
    };
    let mut max_age = None;
    for piece in pieces {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        let value = value.trim();
        match &*key.trim().to_ascii_lowercase() {
            "domain" => {
                let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                if domain.is_empty() || domain == cookie.domain {
                    cookie.is_host_only = cookie.is_host_only && domain.is_empty();
                } else if domain.contains('.') && is_within(&cookie.domain, &domain) {
                    cookie.domain = domain;
                    cookie.is_host_only = false;
                } else {
                    return None;
                }
            }
            "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
            "secure" => cookie.is_secure = true,
            "max-age" => max_age = seconds(value),
            "expires" => cookie.expires = super::date::read(value),
            _ => {}
        }
    }
    if let Some(seconds) = max_age {
        cookie.expires = Some(now.saturating_add(seconds));
    }
    Some(cookie)
}

/// None is what is no number; below zero is over at once.
fn seconds(value: &str) -> Option<u64> {
    let digits = value.strip_prefix('-').unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(if digits.len() < value.len() { 0 } else { digits.parse().unwrap_or(u64::MAX) })
}

/// `a.example.com` is within `example.com`; an address is within nothing but itself.
fn is_within(host: &str, domain: &str) -> bool {
    let is_name = !host.contains(':') && !host.split('.').all(|part| part.parse::<u64>().is_ok());
    host == domain || (is_name && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

fn is_below(path: &str, folder: &str) -> bool {
    let path = if path.is_empty() { "/" } else { path };
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
}

/// A cookie without a path is for the folder of the page that set it.
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(at) => &path[..at],
    }
}
