//! Where a redirect leads, or a sentence about why it leads nowhere, which is the target's fault.

use url::Url;
use watchkeep_core::grant::Host;

use super::mask::Mask;
use crate::contract::transport::{FailureKind, Phase};
use crate::network::failure::Problem;

/// How much of a location is shown in a sentence.
const SHOWN_CHARS_MAX: usize = 200;

/// The URL that `location` leads to from `base`.
pub(super) fn target(base: &Url, location: &[u8], mask: &Mask) -> Result<Url, Problem> {
    let text = text(location);
    let nowhere = |why: &str| Problem::new(FailureKind::Protocol, Phase::Wait, leads(&text, why, mask));
    if names_no_host(&text) {
        return Err(nowhere("which names no host"));
    }
    let mut url = base.join(&text).map_err(|_| nowhere("which is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(nowhere("which is not an HTTP URL"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(nowhere("which carries a user name"));
    }
    // nginx uses `_` as a name if none was configured.
    let can_be_one =
        |host: &str| Host::parse(host).is_ok() && host.contains(|c: char| c.is_ascii_alphanumeric());
    if !url.host_str().is_some_and(can_be_one) {
        return Err(nowhere("which names a host that can be none"));
    }
    if url.port() == Some(0) {
        return Err(nowhere("which names an invalid port"));
    }
    url.set_fragment(None);
    Ok(url)
}

/// "it redirects to `https://...`, which is denied".
pub(super) fn leads(location: &str, why: &str, mask: &Mask) -> String {
    // Masked before it is cut, because half a secret would not be found.
    let location = mask.for_guest(location.to_owned());
    format!("it redirects to `{}`, {why}", shown(&location))
}

/// Servers write more than ASCII: UTF-8 is read as browsers read it, and other bytes are escaped as they are.
fn text(location: &[u8]) -> String {
    let location = location.trim_ascii();
    match std::str::from_utf8(location) {
        Ok(text) => text.to_owned(),
        Err(_) => location
            .iter()
            .map(|byte| match byte {
                0x00..0x80 => char::from(*byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect(),
    }
}

/// `https:///login`: browsers would take `login` for the host.
fn names_no_host(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = ["https://", "http://"].iter().find_map(|scheme| lower.strip_prefix(scheme));
    rest.or_else(|| lower.strip_prefix("//"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\', '?', '#', ':']))
}

/// The location for a sentence: without a user name, without the query (which may be long and contain tokens), and
/// bounded.
fn shown(location: &str) -> String {
    let (place, more) = match location.find(['?', '#']) {
        Some(at) => (&location[..at], "?..."),
        None => (location, ""),
    };
    let place = match place.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            match rest[..end].rfind('@') {
                Some(at) => format!("{scheme}://***{}", &rest[at..]),
                None => place.to_owned(),
            }
        }
        None => place.to_owned(),
    };
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut shown: String = place.chars().map(clean).take(SHOWN_CHARS_MAX).collect();
    if place.chars().count() > SHOWN_CHARS_MAX {
        shown.push_str("...");
    }
    shown.push_str(more);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(base: &Url, location: &[u8]) -> Result<Url, Problem> {
        super::target(base, location, &Mask::default())
    }

    fn base() -> Url {
        Url::parse("https://shop.example.com/a/b").unwrap()
    }

    #[test]
    fn what_browsers_follow_is_followed() {
        for (location, wanted) in [
            ("/login", "https://shop.example.com/login"),
            ("login?x=1#top", "https://shop.example.com/a/login?x=1"),
            ("//other.example.com/", "https://other.example.com/"),
            ("http://192.0.2.1:8080", "http://192.0.2.1:8080/"),
            (" https://[::1]/ ", "https://[::1]/"),
            ("/b\u{fc}cher", "https://shop.example.com/b%C3%BCcher"),
            ("https://m\u{fc}nchen.example/", "https://xn--mnchen-3ya.example/"),
        ] {
            assert_eq!(target(&base(), location.as_bytes()).unwrap().as_str(), wanted, "{location}");
        }
        let latin = target(&base(), b"/b\xfccher").unwrap();
        assert_eq!(latin.as_str(), "https://shop.example.com/b%FCcher");
    }

    #[test]
    fn what_leads_nowhere_is_said_in_words() {
        for (location, why) in [
            ("myapp://open?token=1", "`myapp://open?...`, which is not an HTTP URL"),
            ("mailto:a@example.com", "`mailto:a@example.com`, which is not an HTTP URL"),
            ("javascript:alert(1)", "which is not an HTTP URL"),
            ("https:///login", "`https:///login`, which names no host"),
            ("http://", "which names no host"),
            ("https://:443/", "which names no host"),
            ("https://_/", "`https://_/`, which names a host that can be none"),
            (
                "https://user:pass@shop.example.com/x",
                "`https://***@shop.example.com/x`, which carries a user name",
            ),
            ("https://shop.example.com:99999/", "which is not a URL"),
            ("https://a b/", "which is not a URL"),
            ("https://shop.example.com:0/", "which names an invalid port"),
        ] {
            let problem = target(&base(), location.as_bytes()).unwrap_err();
            assert_eq!(problem.kind, FailureKind::Protocol);
            assert!(
                problem.message.starts_with("it redirects to `") && problem.message.ends_with(why),
                "{problem:?}"
            );
        }
        let long = target(&base(), format!("x:{}", "y".repeat(9_000)).as_bytes()).unwrap_err();
        assert!(long.message.len() < 300, "{long:?}");
    }
    #[test]
    fn a_sentence_is_cut_when_there_is_no_secret_in_it() {
        let secret = "c4n4ry-7x?q9#zebra";
        let mut mask = Mask::default();
        mask.add(secret.as_bytes());
        for before in 0..=SHOWN_CHARS_MAX {
            for location in [format!("x:{}{secret}", "y".repeat(before)), format!("x://{secret}@{before}/")] {
                let problem = super::target(&base(), location.as_bytes(), &mask).unwrap_err();
                assert!(!problem.message.contains("c4n4"), "{problem:?}");
            }
        }
    }
}
