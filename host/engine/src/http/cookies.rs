//! Cookies within one walk over redirects: many sites set one and redirect to see whether it comes back. They are sent
//! where they came from, and forgotten when the walk ends.
//!
//! Where a credential is sent, cookies go only to the origin that set them: a server that repeats a secret in a cookie
//! must not carry it to where the secret is not bound.

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use url::Url;

/// As many as browsers keep for a site.
const COOKIES_MAX: usize = 50;
const COOKIE_BYTES_MAX: usize = 4 << 10;

/// How far cookies go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// To the origin that set them.
    Origin,
    /// To the host that set them, and to the domain that it names for them.
    Domain,
}

#[derive(Debug)]
pub(super) struct Cookies {
    reach: Reach,
    kept: Vec<Cookie>,
}

#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    set_by: url::Origin,
    host: String,
    /// The domain whose subdomains get it too.
    domain: Option<String>,
    path: String,
    is_secure: bool,
}

impl Cookies {
    pub(super) fn new(reach: Reach) -> Self {
        Self { reach, kept: Vec::new() }
    }

    /// Takes those that an answer from `url` sets.
    pub(super) fn take(&mut self, url: &Url, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let Some((cookie, is_over)) = std::str::from_utf8(line.as_bytes())
                .ok()
                .filter(|line| line.len() <= COOKIE_BYTES_MAX)
                .and_then(|line| Cookie::parse(line, url))
            else {
                continue;
            };
            self.kept.retain(|kept| !kept.is_replaced_by(&cookie));
            if !is_over && self.kept.len() < COOKIES_MAX {
                self.kept.push(cookie);
            }
        }
    }

    /// The cookies for `url` that other origins set.
    pub(super) fn of_others(&self, url: &Url) -> Vec<String> {
        let of_others = |cookie: &&Cookie| cookie.goes_to(url, self.reach) && cookie.set_by != url.origin();
        self.kept.iter().filter(of_others).map(Cookie::pair).collect()
    }

    /// The cookies for `url`, after the guest's own; `None` if there are none.
    pub(super) fn header(&self, url: &Url, own: Option<&HeaderValue>) -> Option<HeaderValue> {
        let mut pairs: Vec<_> =
            self.kept.iter().filter(|cookie| cookie.goes_to(url, self.reach)).map(Cookie::pair).collect();
        if pairs.is_empty() {
            return None;
        }
        if let Some(own) = own {
            pairs.insert(0, String::from_utf8_lossy(own.as_bytes()).into_owned());
        }
        HeaderValue::from_str(&pairs.join("; ")).ok()
    }
}

impl Cookie {
    /// Reads a cookie. The flag says whether it has expired already, which removes the one that was set before.
    fn parse(line: &str, url: &Url) -> Option<(Self, bool)> {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let host = url.host_str()?.to_ascii_lowercase();
        let mut cookie = Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            set_by: url.origin(),
            host,
            domain: None,
            path: folder(url.path()).to_owned(),
            is_secure: false,
        };
        let mut is_over = false;
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "domain" => {
                    let domain = value.trim_start_matches('.').to_ascii_lowercase();
                    let is_its_own = is_within(&cookie.host, &domain) && domain.contains('.');
                    // A host may not set cookies for another domain or a whole top-level domain.
                    if !(domain.is_empty() || is_its_own) {
                        return None;
                    }
                    cookie.domain = (!domain.is_empty()).then_some(domain);
                }
                "path" if value.starts_with('/') => cookie.path = value.to_owned(),
                "secure" => cookie.is_secure = true,
                "max-age" => is_over = value.starts_with('-') || value == "0",
                "expires" => is_over |= is_long_ago(value),
                _ => {}
            }
        }
        (!cookie.name.is_empty()).then_some((cookie, is_over))
    }

    fn is_replaced_by(&self, other: &Self) -> bool {
        (&self.name, &self.host, &self.domain, &self.path)
            == (&other.name, &other.host, &other.domain, &other.path)
    }

    fn goes_to(&self, url: &Url, reach: Reach) -> bool {
        let host = url.host_str().unwrap_or_default();
        let by_host = match (reach, &self.domain) {
            (Reach::Origin, _) => self.set_by == url.origin(),
            (Reach::Domain, Some(domain)) => is_within(host, domain),
            (Reach::Domain, None) => host == self.host,
        };
        let path = url.path();
        let by_path = path == self.path
            || (path.starts_with(&self.path)
                && (self.path.ends_with('/') || path[self.path.len()..].starts_with('/')));
        by_host && by_path && (!self.is_secure || url.scheme() == "https")
    }

    fn pair(&self) -> String {
        format!("{}={}", self.name, self.value)
    }
}

/// `host` itself or what ends with `.domain`; an address is within itself alone.
fn is_within(host: &str, domain: &str) -> bool {
    let is_address = host.parse::<std::net::Ipv4Addr>().is_ok() || host.starts_with('[');
    host == domain || (!is_address && host.strip_suffix(domain).is_some_and(|before| before.ends_with('.')))
}

/// Up to the last slash, without it; the root for the root.
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// Whether a date is long past. Servers remove a cookie by a past date, usually the epoch; one that expired yesterday
/// makes no difference to a walk.
fn is_long_ago(date: &str) -> bool {
    let is_year = |part: &&str| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    date.split([' ', '-'])
        .find(is_year)
        .and_then(|year| year.parse::<u16>().ok())
        .is_some_and(|year| year < 2001)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(reach: Reach, set: &[(&str, &str)], to: &str) -> Option<String> {
        let mut cookies = Cookies::new(reach);
        for (from, line) in set {
            let mut headers = HeaderMap::new();
            headers.append(SET_COOKIE, HeaderValue::from_str(line).unwrap());
            cookies.take(&Url::parse(from).unwrap(), &headers);
        }
        let header = cookies.header(&Url::parse(to).unwrap(), None)?;
        Some(header.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_cookie_goes_back_to_where_it_came_from() {
        for (line, to, wanted) in [
            ("a=1", "https://shop.example.com/", Some("a=1")),
            ("a=1; Path=/; HttpOnly; SameSite=Lax", "https://shop.example.com/x/y", Some("a=1")),
            ("a=b=c; path=/x", "https://shop.example.com/x/y", Some("a=b=c")),
            ("a=1; path=/x", "https://shop.example.com/xy", None),
            ("a=1", "https://other.example.com/", None),
            ("a=1; domain=.example.com", "https://other.example.com/", Some("a=1")),
            ("a=1; domain=example.com", "https://example.com.evil.test/", None),
            ("a=1; domain=evil.test", "https://evil.test/", None),
            ("a=1; domain=com", "https://other.com/", None),
            ("a=1; secure", "http://shop.example.com/", None),
            ("a=1", "http://shop.example.com/", Some("a=1")),
            ("a=1; max-age=0", "https://shop.example.com/", None),
            ("no pair", "https://shop.example.com/", None),
        ] {
            let found = sent(Reach::Domain, &[("https://shop.example.com/login", line)], to);
            assert_eq!(found.as_deref(), wanted, "{line} to {to}");
        }
    }

    #[test]
    fn beside_a_credential_it_stays_within_its_origin() {
        let set = [("https://shop.example.com/", "a=1; domain=example.com")];
        assert_eq!(sent(Reach::Origin, &set, "https://shop.example.com/x").as_deref(), Some("a=1"));
        for to in ["https://www.example.com/", "https://shop.example.com:8443/", "http://shop.example.com/"] {
            assert_eq!(sent(Reach::Origin, &set, to), None, "{to}");
        }
    }

    #[test]
    fn a_later_one_takes_the_place_of_an_earlier_one_or_takes_it_away() {
        let url = "https://shop.example.com/";
        assert_eq!(
            sent(Reach::Domain, &[(url, "a=1"), (url, "b=2"), (url, "a=3")], url).as_deref(),
            Some("b=2; a=3")
        );
        let gone = "a=; expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(sent(Reach::Domain, &[(url, "a=1"), (url, gone)], url), None);
    }

    #[test]
    fn the_guests_own_come_first() {
        let mut cookies = Cookies::new(Reach::Domain);
        let url = Url::parse("http://192.0.2.1/").unwrap();
        let headers = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("a=1"))]);
        cookies.take(&url, &headers);
        let own = HeaderValue::from_static("mine=0");
        assert_eq!(cookies.header(&url, Some(&own)).unwrap(), "mine=0; a=1");
    }
}
