//! One address that a stranger typed into a form. It ends in the header of a letter, so it is narrower than what mail allows.

use std::fmt;
use std::net::IpAddr;

/// The bounds of SMTP: RFC 5321, 4.5.3.1.
const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;
/// What a local part may have beside letters and digits: an atom of RFC 5322. Quoted ones are not taken.
const ATOM: &[u8] = b"!#$%&'*+-/=?^_`{|}~";

/// One mail address in ASCII, without a display name. The domain is in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

/// Why a text is not an address that is written to. It does not have the text, which may be somebody's address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is not one mail address; hint: write it as `name@example.org`, without a name before it")]
pub struct BadAddress;

impl Address {
    /// Reads what was typed; blanks around it do not count.
    ///
    /// # Errors
    ///
    /// [`BadAddress`] unless it is exactly one address of at most 254 bytes, with a domain of two labels or more.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.rsplit_once('@').ok_or(BadAddress)?;
        if text.len() > ADDRESS_BYTES_MAX || !is_local(local) || !is_domain(domain) {
            return Err(BadAddress);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Most servers do not tell `Ann` from `ann`.
    pub fn is_same_mailbox(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
    /// What pages and logs may show: `a…@example.org`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or_default();
        format!("{}…@{domain}", local.get(..1).unwrap_or_default())
    }
}

/// Masked, so that no log has the address.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

fn is_local(local: &str) -> bool {
    local.len() <= LOCAL_BYTES_MAX
        && local.split('.').all(|atom| {
            !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || ATOM.contains(&byte))
        })
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(is_label) && domain.parse::<IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_plain_address_is_taken_and_nothing_else() {
        for (text, kept) in [
            ("ann@example.org", "ann@example.org"),
            (" Ann+shop@EXAMPLE.org ", "Ann+shop@example.org"),
            ("o'neil.j@mail.example.co.uk", "o'neil.j@mail.example.co.uk"),
        ] {
            assert_eq!(Address::parse(text).map(|address| address.0), Ok(kept.to_owned()), "{text}");
        }
        let (long_local, long_label) =
            (format!("{}@a.org", "a".repeat(65)), format!("a@{}.org", "b".repeat(64)));
        let long = format!("a@{}org", "abcdefgh.".repeat(28));
        for text in [
            "",
            "ann",
            "@example.org",
            "ann@",
            "ann@localhost",
            "ann@127.0.0.1",
            "ann@[127.0.0.1]",
            "ann@example.org.",
            "a..n@example.org",
            ".ann@example.org",
            "ann.@example.org",
            "ann@-a.org",
            "ann@a-.org",
            "ann@a_b.org",
            "Ann <ann@example.org>",
            "\"a b\"@example.org",
            "ann@example.org,bob@example.org",
            "a@b@example.org",
            "ann@example.org\r\nBcc: bob@example.org",
            "ann\n@example.org",
            "ann@example.org\n",
            "ann\0@example.org",
            "ännchen@example.org",
            "ann@exämple.org",
            "ann@example.org\u{202e}",
            &long_local,
            &long_label,
            &long,
        ] {
            assert_eq!(Address::parse(text), Err(BadAddress), "{text:?}");
        }
    }

    #[test]
    fn what_is_shown_has_one_letter_of_the_name() {
        let address = Address::parse("ann.smith@example.org").unwrap();
        assert_eq!(address.masked(), "a…@example.org");
        assert_eq!(format!("{address:?}"), "a…@example.org");
    }

    proptest! {
        #[test]
        fn what_is_taken_can_stand_in_a_header(text in "[ -~\\r\\n\\t]{0,12}@[ -~\\r\\n]{0,12}\\.[ -~\\r\\n]{1,4}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|byte| byte.is_ascii_graphic() && !b",;:<>()[]\"\\".contains(&byte)));
                prop_assert_eq!(address.as_str().matches('@').count(), 1);
                prop_assert_eq!(Address::parse(address.as_str()), Ok(address.clone()));
            }
        }
    }
}
