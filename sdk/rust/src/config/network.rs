//! What checks of servers have in common.

use std::time::Duration;

use super::{Config, Place, Problems, Schema, Value, one_of};
use crate::transport::Family;

/// Written `"any"`, `"ipv4"` or `"ipv6"`.
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

/// For the keys `response_time_warning` and `response_time_critical`: the one must not be less than the other.
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

/// The name that a server is asked for in a handshake, where it is not the target's host. The operator has to grant it
/// (`server_name`), which is known before the first run.
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
                format!("`{name}` is no name of a host; hint: write `shop.example.com`, without a port");
            return problems.add(place, message);
        }
        Some(ServerName(name))
    }
}
