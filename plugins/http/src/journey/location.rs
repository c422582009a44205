//! URLs that are followed by the plugin itself: where a redirect leads, and whose cookies are whose.

/// The parts of an absolute URL of HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Parts<'u> {
    /// `http` or `https`.
    pub(crate) scheme: &'u str,
    /// With the port, as it stands there.
    pub(crate) authority: &'u str,
    /// Begins with `/`, or is empty.
    pub(crate) path: &'u str,
    /// Begins with `?`, or is empty.
    pub(crate) query: &'u str,
}

impl<'u> Parts<'u> {
    pub(crate) fn of(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let is_host = !authority.is_empty() && !authority.contains(['@', '\\']);
        is_host.then_some(Self { scheme, authority, path, query })
    }
    pub(crate) fn is_secure(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("https")
    }
    /// Without the port, in small letters.
    pub(crate) fn host(&self) -> String {
        let host = match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => self.authority,
        };
        host.to_ascii_lowercase()
    }
    fn port(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((_, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => port,
            _ if self.is_secure() => "443",
            _ => "80",
        }
    }
    fn origin(&self) -> (bool, String, &str) {
        (self.is_secure(), self.host(), self.port())
    }
}

pub(crate) fn is_same_origin(left: &str, right: &str) -> bool {
    match (Parts::of(left), Parts::of(right)) {
        (Some(left), Some(right)) => left.origin() == right.origin(),
        (_, _) => false,
    }
}

/// Whether both are the same place, in whatever spelling of host and port.
pub(crate) fn is_same(left: &str, right: &str) -> bool {
    let rest =
        |url| Parts::of(url).map(|parts| (if parts.path.is_empty() { "/" } else { parts.path }, parts.query));
    left == right || (is_same_origin(left, right) && rest(left) == rest(right))
}

/// Where a `Location` leads that was told at `base`; none if that is no address of HTTP. Dots in paths are the host's business.
pub(crate) fn joined(base: &str, location: &str) -> Option<String> {
    let location = location.trim();
    let location = location.split('#').next().unwrap_or(location);
    if location.contains(char::is_control) {
        return None;
    }
    let base = Parts::of(base)?;
    let Parts { scheme, authority, path, query } = base;
    if has_scheme(location) {
        return Parts::of(location).map(|_| location.to_owned());
    }
    if location.starts_with("//") {
        let whole = format!("{scheme}:{location}");
        return Parts::of(&whole).is_some().then_some(whole);
    }
    let path = if path.is_empty() { "/" } else { path };
    let (to, to_query) = location.split_at(location.find('?').unwrap_or(location.len()));
    Some(match (to, to_query) {
        ("", "") => format!("{scheme}://{authority}{path}{query}"),
        ("", _) => format!("{scheme}://{authority}{path}{to_query}"),
        (to, _) if to.starts_with('/') => format!("{scheme}://{authority}{to}{to_query}"),
        (to, _) => {
            let folder = &path[..=path.rfind('/').unwrap_or(0)];
            format!("{scheme}://{authority}{folder}{to}{to_query}")
        }
    })
}

fn has_scheme(location: &str) -> bool {
    let end = location.find([':', '/', '?']).unwrap_or(0);
    let scheme = &location[..end];
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    location[end..].starts_with(':')
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(is_scheme)
}
