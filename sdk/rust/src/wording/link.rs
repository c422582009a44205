//! The link of a message.

use crate::Notification;

/// The one link of a message: the alert's own, the event's own, or that of all alerts.
pub fn link_of(notification: &Notification) -> &str {
    match (notification.alerts.as_slice(), &notification.event) {
        ([alert], _) => &alert.link,
        (_, Some(event)) => event.link.as_deref().unwrap_or(&notification.link),
        (_, None) => &notification.link,
    }
}

/// Whether this is the address of a page. Anything else (a runbook may be any text) makes some services refuse the
/// whole message, and ends a link early in the markup of others.
pub fn is_page(url: &str) -> bool {
    // Characters that RFC 3986 allows nowhere in an address.
    let stands_in_none = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c);
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(stands_in_none))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_a_page_is_one() {
        for url in ["https://wiki.example.com/a?b=c&d=%20#e", "http://[::1]:8686/checks/a(b)", "https://h/ö"]
        {
            assert!(is_page(url), "{url}");
        }
        for text in [
            "",
            "https://",
            "see the wiki",
            "javascript:alert(1)",
            "ftp://h/",
            "HTTPS://h/",
            "https://h/my page",
            "https://h/a\nb",
            "https://h/\u{202f}",
            "https://h/\"x",
            "https://h/<b>",
            "https://h/a|b",
            "https://h/a\\b",
        ] {
            assert!(!is_page(text), "{text:?}");
        }
    }
}
