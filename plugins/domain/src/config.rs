//! What an operator writes for domains.

use std::time::Duration;

use watchkeep_sdk::config::{BaseUrl, Config, OneOrMany, Place, Problems, Schema, Value};

use crate::status::Status;

/// Each has two numbers, of which a report takes a thousand.
const DOMAINS_MAX: usize = 450;

/// Queries registries for the expiry dates of domains and the other data that they publish.
#[derive(watchkeep_sdk::Config)]
#[config(check = Domain::consistent)]
pub struct Domain {
    /// Registered domains, without `www.`; each of several is a finding of its own. Write internationalised domains in
    /// their `xn--` form.
    #[config(example = ["example.com", "example.org"])]
    pub(crate) domains: OneOrMany<Name>,
    /// The RDAP server to query: the base URL in front of `domain/`. Default: the server that `bootstrap` lists.
    #[config(grants = "http", example = "https://rdap.verisign.com/com/v1/")]
    pub(crate) server: Option<BaseUrl>,
    /// The URL of the list of RDAP servers. The default, and the servers that a list names, must be granted under
    /// `allow`.
    #[config(default = "https://data.iana.org/rdap/dns.json", grants = "http")]
    pub(crate) bootstrap: BaseUrl,
    /// Warns this many days before a domain expires; 0: never.
    #[config(default = 30, max = 3650)]
    pub(crate) expiry_warning_days: u32,
    /// Critical this many days before a domain expires; an expired domain always is.
    #[config(default = 7, max = 3650)]
    pub(crate) expiry_critical_days: u32,
    /// What it means if a registry publishes no date (`.de` and others): `unknown` is not judged, `ok` ignores the
    /// date.
    #[config(default = "unknown")]
    pub(crate) no_expiry: NoExpiry,
    /// The expected registrar: a part of its name, or its IANA ID; of several, any one.
    #[config(default, example = ["Example Registrar", "292"])]
    pub(crate) registrar: OneOrMany<String>,
    /// The complete set of expected name servers, in any order.
    #[config(default, example = ["ns1.example.net", "ns2.example.net"])]
    pub(crate) name_servers: OneOrMany<Name>,
    /// Status flags that a domain must have, as written in RDAP or EPP; a missing one is a warning.
    #[config(default, example = "client transfer prohibited")]
    pub(crate) status_expected: OneOrMany<Status>,
    /// Status flags that are critical.
    #[config(default = ["pending delete", "redemption period", "server hold", "client hold"])]
    pub(crate) status_critical: OneOrMany<Status>,
    /// Status flags that are a warning.
    #[config(default = ["inactive", "pending restore", "pending transfer"])]
    pub(crate) status_warning: OneOrMany<Status>,
    /// How long an answer is used before the registry is queried again; once an hour while something is wrong.
    #[config(default = "12h")]
    pub(crate) refresh: Duration,
    /// How long the last answer is used while the registry cannot be queried.
    #[config(default = "7d")]
    pub(crate) answer_age_max: Duration,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "5s")]
    pub(crate) timeout: Duration,
}

/// What a missing expiry date means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum NoExpiry {
    Ok,
    Warning,
    Unknown,
}

impl Domain {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let domains = &self.domains.0;
        if domains.is_empty() || domains.len() > DOMAINS_MAX {
            let message = format!("1 to {DOMAINS_MAX} domains go into one check, not {}", domains.len());
            problems.add::<()>(&place.key("domains"), message);
        }
        for (at, name) in domains.iter().enumerate() {
            if domains[..at].contains(name) {
                problems.add::<()>(&place.key("domains"), format!("`{}` is listed twice", name.as_str()));
            }
        }
        if self.expiry_warning_days != 0 && self.expiry_warning_days < self.expiry_critical_days {
            problems.add::<()>(
                &place.key("expiry_warning_days"),
                "must not be less than `expiry_critical_days`, or it never warns; hint: 0 says that none is wanted",
            );
        }
        if self.refresh < Duration::from_secs(60) {
            problems.add::<()>(
                &place.key("refresh"),
                "must be at least `1m`: registries turn away who asks too often",
            );
        }
        if self.answer_age_max < self.refresh {
            problems.add::<()>(&place.key("answer_age_max"), "must not be less than `refresh`");
        }
        if self.registrar.0.iter().any(|registrar| registrar.trim().is_empty()) {
            problems.add::<()>(&place.key("registrar"), "an empty text is in every name; hint: leave it out");
        }
    }
}

/// A name of DNS with at least two parts, in lower case and without the dot at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Config for Name {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)+[.]?$","x-watchkeep-hint":"write a domain such as `example.com`; one that is not ASCII in its `xn--` form""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let name = text.strip_suffix('.').unwrap_or(&text).to_ascii_lowercase();
        if !name.is_ascii() {
            let message = format!(
                "`{text}` is not ASCII; hint: write the form that begins with `xn--`, which a registrar shows, or \
                 `idn2 {text}` prints"
            );
            return problems.add(place, message);
        }
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if name.len() > 253 || !name.contains('.') || !name.split('.').all(is_label) {
            let message = format!(
                "`{text}` is not a domain; hint: write one such as `example.com`, without a scheme or a path"
            );
            return problems.add(place, message);
        }
        Some(Name(name))
    }
}
