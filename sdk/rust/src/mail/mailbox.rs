//! Addresses such as `kari@example.com` and `On call <on-call@example.com>`.
//!
//! They are put into commands and headers as they are, so nothing is accepted that could end a line or an address.

use crate::config::{Config, Place, Problems, Schema, Value};

/// The sender or recipient of mail, written as in a mail: the name is optional.
///
/// ```
/// use watchkeep_sdk::mail::Mailbox;
///
/// let kari: Mailbox = watchkeep_sdk::config::parse(r#""Kari <kari@example.com>""#).unwrap();
/// assert_eq!((kari.name.as_deref(), kari.domain()), (Some("Kari"), "example.com"));
/// assert!(watchkeep_sdk::config::parse::<Mailbox>(r#""kari@example.com>\r\nDATA""#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox {
    pub name: Option<String>,
    /// The address: ASCII, with one `@`.
    pub address: String,
}

impl Mailbox {
    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }
}

impl Config for Mailbox {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^([^<>]* <)?[^\\s<>@]+@[^\\s<>@]+>?$","examples":["kari@example.com","On call <on-call@example.com>"]"#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        match parse(&text) {
            Some(mailbox) => Some(mailbox),
            None => problems.add(
                place,
                format!("`{text}` is not a mail address; hint: write `kari@example.com` or `On call <on-call@example.com>`"),
            ),
        }
    }
}

fn parse(text: &str) -> Option<Mailbox> {
    let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.split_once('<')) {
        Some((name, address)) => (Some(name.trim()), address),
        None => (None, text),
    };
    let (local, domain) = address.split_once('@')?;
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let dots = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let good = !local.is_empty()
        && local.bytes().all(is_local)
        && dots(local)
        && !domain.is_empty()
        && domain.bytes().all(is_domain)
        && dots(domain)
        && address.len() <= 254
        && !name.is_some_and(|name| name.contains(|c: char| c.is_control() || "<>".contains(c)));
    let name = name.map(|name| name.trim_matches('"')).filter(|name| !name.is_empty()).map(str::to_owned);
    good.then(|| Mailbox { name, address: address.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_name_before_it() {
        let read = |text| parse(text).map(|mailbox| (mailbox.name, mailbox.address));
        let address = || "a.b+c@x.example.com".to_owned();
        assert_eq!(read("a.b+c@x.example.com"), Some((None, address())));
        assert_eq!(read("<a.b+c@x.example.com>"), Some((None, address())));
        assert_eq!(read("Kåre B. <a.b+c@x.example.com>"), Some((Some("Kåre B.".to_owned()), address())));
        assert_eq!(
            read("\"On call, night\" <a.b+c@x.example.com>"),
            Some((Some("On call, night".to_owned()), address()))
        );
    }

    #[test]
    fn what_could_end_a_line_or_an_address_is_none() {
        for wrong in [
            "",
            "kari",
            "@example.com",
            "kari@",
            "a@b@c",
            "a b@example.com",
            "a@exam ple.com",
            "a@b>\r\nRCPT TO:<x@y",
            "x\r\ny <a@b>",
            "a@b>",
            "<a@b",
            "a,b@c",
            ".a@b",
            "a..b@c",
            "a@b.",
            "kåre@example.com",
            "a@bær.no",
            "a@b\n",
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
