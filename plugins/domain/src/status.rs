//! Flags of a domain, which RDAP and EPP write differently (RFC 8056).

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

/// What a domain can bear, as RDAP writes it.
const KNOWN: [&str; 31] = [
    "active",
    "add period",
    "administrative",
    "associated",
    "auto renew period",
    "client delete prohibited",
    "client hold",
    "client renew prohibited",
    "client transfer prohibited",
    "client update prohibited",
    "delete prohibited",
    "inactive",
    "locked",
    "obscured",
    "pending create",
    "pending delete",
    "pending renew",
    "pending restore",
    "pending transfer",
    "pending update",
    "redemption period",
    "renew period",
    "renew prohibited",
    "reserved",
    "server delete prohibited",
    "server hold",
    "server renew prohibited",
    "server transfer prohibited",
    "server update prohibited",
    "transfer period",
    "transfer prohibited",
];

/// As RDAP writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Status(&'static str);

impl Status {
    pub(crate) const fn as_str(&self) -> &'static str {
        self.0
    }
    /// Whether a registry means this one.
    pub(crate) fn is(&self, published: &str) -> bool {
        bare(published) == bare(self.0)
    }
}

/// In lower case and without what stands between words; `ok` of EPP is `active`.
fn bare(text: &str) -> String {
    let bare: String =
        text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    if bare == "ok" { "active".to_owned() } else { bare }
}

impl Config for Status {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":1"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        match KNOWN.into_iter().find(|known| bare(known) == bare(&text)) {
            Some(known) => Some(Status(known)),
            None => {
                let message = format!(
                    "`{text}` is not a domain status; hint: write one such as `client transfer prohibited` or \
                     `clientTransferProhibited`"
                );
                problems.add(place, message)
            }
        }
    }
}
