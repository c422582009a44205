//! What checks of servers have in common.

use std::time::Duration;

use super::{Config, Place, Problems, Schema, Value, one_of};
use crate::report::State;
use crate::transport::Family;

/// An address family, written `"any"`, `"ipv4"` or `"ipv6"`.
///
/// ```
/// use watchkeep_sdk::net::Family;
///
/// assert_eq!(watchkeep_sdk::config::parse::<Family>(r#""ipv6""#).unwrap(), Family::Ipv6);
/// ```
impl Config for Family {
    const SCHEMA: Schema = Schema::OneOfTexts { json: r#"["any","ipv4","ipv6"]"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let all = [Family::Any, Family::Ipv4, Family::Ipv6];
        one_of(value, place, &["any", "ipv4", "ipv6"], problems).map(|at| all[at])
    }
}

/// A state, written `"ok"`, `"warning"`, `"critical"` or `"unknown"`, that the operator chooses for something.
///
/// ```
/// use watchkeep_sdk::State;
///
/// assert_eq!(watchkeep_sdk::config::parse::<State>(r#""critical""#).unwrap(), State::Critical);
/// ```
impl Config for State {
    const SCHEMA: Schema = Schema::OneOfTexts { json: r#"["ok","warning","critical","unknown"]"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let all = [State::Ok, State::Warning, State::Critical, State::Unknown];
        one_of(value, place, &["ok", "warning", "critical", "unknown"], problems).map(|at| all[at])
    }
}

/// The key `ip_family` of a check that can ask both families separately.
///
/// ```
/// use watchkeep_sdk::config::{self, Families};
/// use watchkeep_sdk::net::Family;
///
/// let both: Families = config::parse(r#""both""#).unwrap();
/// assert_eq!(both.each(), [Family::Ipv4, Family::Ipv6]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub enum Families {
    Any,
    Ipv4,
    Ipv6,
    Both,
}

impl Families {
    pub const fn each(self) -> &'static [Family] {
        match self {
            Families::Any => &[Family::Any],
            Families::Ipv4 => &[Family::Ipv4],
            Families::Ipv6 => &[Family::Ipv6],
            Families::Both => &[Family::Ipv4, Family::Ipv6],
        }
    }
}

/// Checks the keys `response_time_warning` and `response_time_critical`: the second must not be less than the first.
///
/// ```
/// use watchkeep_sdk::config::{Place, Problems, response_times};
/// use watchkeep_sdk::prelude::*;
///
/// #[derive(Config)]
/// #[config(check = Ask::consistent)]
/// struct Ask {
///     response_time_warning: Option<Duration>,
///     response_time_critical: Option<Duration>,
/// }
/// impl Ask {
///     fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
///         response_times(self.response_time_warning, self.response_time_critical, place, problems);
///     }
/// }
/// let config = r#"{"response_time_warning": "2s", "response_time_critical": "1s"}"#;
/// let problems = watchkeep_sdk::config::parse::<Ask>(config).err().unwrap();
/// assert_eq!(problems[0].path, "/response_time_critical");
/// ```
pub fn response_times(
    warning: Option<Duration>,
    critical: Option<Duration>,
    place: &Place<'_>,
    problems: &mut Problems,
) {
    if let (Some(warning), Some(critical)) = (warning, critical)
        && critical < warning
    {
        problems
            .add::<()>(&place.key("response_time_critical"), "must not be less than `response_time_warning`");
    }
}

/// Checks the key `ip_family`: an address in place of a name must be of this family. `host` may have a port.
///
/// ```
/// use watchkeep_sdk::config::{Place, Problems, has_address};
/// use watchkeep_sdk::net::Family;
/// use watchkeep_sdk::prelude::*;
///
/// #[derive(Config)]
/// #[config(check = Ask::consistent)]
/// struct Ask {
///     address: String,
///     ip_family: Family,
/// }
/// impl Ask {
///     fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
///         has_address(&self.address, self.ip_family, place, problems);
///     }
/// }
/// let asked = |config: &str| watchkeep_sdk::config::parse::<Ask>(config);
/// let problems = asked(r#"{"address": "192.0.2.1:25", "ip_family": "ipv6"}"#).err().unwrap();
/// assert_eq!(problems[0].path, "/ip_family");
/// assert_eq!(problems[0].message, "`192.0.2.1` is an IPv4 address; hint: leave `ip_family` out, or write a name");
/// assert!(asked(r#"{"address": "[2001:db8::1]:25", "ip_family": "ipv6"}"#).is_ok());
/// assert!(asked(r#"{"address": "2001:db8::1", "ip_family": "ipv4"}"#).is_err());
/// assert!(asked(r#"{"address": "mail.example.com:25", "ip_family": "ipv6"}"#).is_ok());
/// ```
pub fn has_address(host: &str, family: Family, place: &Place<'_>, problems: &mut Problems) {
    let bare = match (host.strip_prefix('['), host.split_once(':')) {
        (Some(rest), _) => rest.split(']').next().unwrap_or(rest),
        (None, Some((name, port))) if !port.contains(':') => name,
        (None, _) => host,
    };
    // Names have letters and no colons. The host reports anything else that is wrong with it.
    let is_v4 = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let words = match family {
        Family::Ipv6 if is_v4 => "IPv4",
        Family::Ipv4 if bare.contains(':') => "IPv6",
        Family::Any | Family::Ipv4 | Family::Ipv6 => return,
    };
    let message = format!("`{bare}` is an {words} address; hint: leave `ip_family` out, or write a name");
    problems.add::<()>(&place.key("ip_family"), message);
}

/// The server name for a handshake, if it differs from the target's host. The operator must grant it (`server_name`),
/// which is checked before the first run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerName(String);

impl ServerName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Config for ServerName {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":1,"x-watchkeep-needs":"server_name""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let name = String::read(value, place, problems)?;
        let stands_in_none = |c: char| c.is_whitespace() || c.is_control() || "/?#@,:".contains(c);
        if name.is_empty() || name.contains(stands_in_none) {
            let message =
                format!("`{name}` is not a host name; hint: write `shop.example.com`, without a port");
            return problems.add(place, message);
        }
        Some(ServerName(name))
    }
}
