//! What an operator writes for an MQTT broker.

use std::time::Duration;

use watchkeep_sdk::config::{
    Config, Needle, OneOrMany, Pattern, Place, Pointer, Problems, Schema, Secret, TlsPeer, Value,
    has_address, limits, one_of, response_times,
};
use watchkeep_sdk::net::Family;
use watchkeep_sdk::{Range, State};

use crate::packet::Version;
use crate::topics::{Filter, Topic};

/// Brokers have to take no more, and a broker's list of who may do what knows clients by it.
const CLIENT_ID_BYTES_MAX: usize = 256;
const USER_BYTES_MAX: usize = 1 << 10;

/// Connects to an MQTT broker and compares its behaviour with what is expected.
#[derive(watchkeep_sdk::Config)]
#[config(check = Mqtt::consistent)]
pub struct Mqtt {
    /// Where the broker is, as `host:port`: usually port 1883, or 8883 with TLS.
    #[config(grants = "tcp", example = "mqtt.example.com:8883")]
    pub(crate) address: String,
    /// The MQTT version to use. A 5.0 broker gives more detailed reasons for a refusal.
    #[config(default = "3.1.1")]
    pub(crate) version: Version,
    /// Starts TLS immediately.
    #[config(default = false)]
    pub(crate) tls: bool,
    #[config(flatten)]
    pub(crate) peer: TlsPeer,
    /// The user name.
    #[config(example = "watchkeep")]
    pub(crate) user: Option<String>,
    /// The user's password: a secret bound to the address. Needs the grant `reveal`.
    pub(crate) password: Option<Secret>,
    /// The client's id; default: a new one for each run. The broker disconnects any other client with the same id.
    #[config(example = "watchkeep-1")]
    pub(crate) client_id: Option<String>,
    /// Publishes a message of its own and waits for it to come back.
    pub(crate) round_trip: Option<RoundTrip>,
    /// Waits for a message that others publish or the broker retains, and judges it.
    pub(crate) message: Option<Expected>,
    /// A time above this, from connecting until the broker has accepted the client, is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// Timeout for connecting, the handshake and each answer from the broker; never longer than the check's timeout.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// A message to a topic that only this check uses.
#[derive(watchkeep_sdk::Config)]
#[config(check = RoundTrip::consistent)]
pub(crate) struct RoundTrip {
    /// The topic to publish to and read from: one that only this check uses.
    #[config(example = "watchkeep/probe")]
    pub(crate) topic: Topic,
    /// The quality of service for publishing and reading: 0 at most once, 1 at least once, 2 exactly once.
    #[config(default = 1)]
    pub(crate) qos: Qos,
    /// A round trip longer than this is a warning.
    pub(crate) time_warning: Option<Duration>,
    /// A round trip longer than this is critical.
    pub(crate) time_critical: Option<Duration>,
}

/// A message that others publish, and what is expected of it.
#[derive(watchkeep_sdk::Config)]
#[config(check = Expected::consistent)]
pub(crate) struct Expected {
    /// The topic to read. With `+` and `#`, the first message on any matching topic is judged.
    #[config(example = "plant/boiler/temperature")]
    pub(crate) topic: Filter,
    /// The quality of service for reading.
    #[config(default = 0)]
    pub(crate) qos: Qos,
    /// Whether a retained message counts: `ignored` requires a newly published one, `required` the retained one.
    #[config(default = "accepted")]
    pub(crate) retained: Retained,
    /// How long to wait for it; if none arrives by then, that is critical. Never longer than the check's timeout.
    #[config(default = "10s")]
    pub(crate) within: Duration,
    /// Texts that it must contain.
    #[config(default, example = ["online"])]
    pub(crate) expect: OneOrMany<Needle>,
    /// A regular expression that it must match.
    #[config(example = "^(on|standby)$")]
    pub(crate) expect_pattern: Option<Pattern>,
    /// A JSON pointer to the value that the thresholds apply to; default: the whole message.
    #[config(example = "/temperature")]
    pub(crate) pointer: Option<Pointer>,
    /// A value above this is a warning.
    pub(crate) warning_above: Option<f64>,
    /// A value below this is a warning.
    pub(crate) warning_below: Option<f64>,
    /// A value above this is critical.
    pub(crate) critical_above: Option<f64>,
    /// A value below this is critical.
    pub(crate) critical_below: Option<f64>,
    /// A JSON pointer to the time from which its age is counted; default: the whole message. `2026-03-04T05:06:07Z`, or
    /// the time since 1970 in seconds or fractions of a second.
    #[config(example = "/at")]
    pub(crate) age_pointer: Option<Pointer>,
    /// A message older than this is a warning.
    pub(crate) age_warning: Option<Duration>,
    /// A message older than this is critical.
    pub(crate) age_critical: Option<Duration>,
}

/// Whether a retained message counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Retained {
    Accepted,
    Ignored,
    Required,
}

impl Mqtt {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        has_address(&self.address, self.ip_family, place, problems);
        for key in self.peer.said().filter(|_| !self.tls) {
            problems.add::<()>(&place.key(key), "there is no TLS here; hint: add `tls = true`");
        }
        self.peer.keeps_secrets(self.password.is_some(), place, problems);
        if self.password.is_some() && self.user.is_none() && self.version == Version::V3 {
            problems.add::<()>(
                &place.key("password"),
                "MQTT 3.1.1 has no password without a user; hint: add `user`, or `version = \"5.0\"`",
            );
        }
        for (text, most, key) in
            [(&self.user, USER_BYTES_MAX, "user"), (&self.client_id, CLIENT_ID_BYTES_MAX, "client_id")]
        {
            let Some(text) = text else { continue };
            if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
                let message = format!(
                    "has 1 to {most} bytes and no control characters; hint: write it, or leave it out"
                );
                problems.add::<()>(&place.key(key), message);
            }
        }
        if self.round_trip.is_some() && self.message.is_some() {
            problems.add::<()>(
                &place.key("message"),
                "and `round_trip` are two questions; hint: make a check of each, so that each has an alert",
            );
        }
    }
}

impl RoundTrip {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        ordered((self.time_warning, self.time_critical), ("time_warning", "time_critical"), place, problems);
    }
}

impl Expected {
    pub(crate) fn warning(&self) -> Range {
        Range { low: self.warning_below, high: self.warning_above, inside: false }
    }
    pub(crate) fn critical(&self) -> Range {
        Range { low: self.critical_below, high: self.critical_above, inside: false }
    }
    pub(crate) fn has_limits(&self) -> bool {
        [self.warning_above, self.warning_below, self.critical_above, self.critical_below]
            .iter()
            .any(Option::is_some)
    }
    pub(crate) fn has_age(&self) -> bool {
        self.age_warning.is_some() || self.age_critical.is_some()
    }
    pub(crate) fn state_of(&self, value: f64) -> State {
        State::by(value, self.warning(), self.critical())
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let (above, below) =
            ((self.warning_above, self.critical_above), (self.warning_below, self.critical_below));
        limits(above, below, place, problems);
        ordered((self.age_warning, self.age_critical), ("age_warning", "age_critical"), place, problems);
        if self.pointer.is_some() && !self.has_limits() {
            problems.add::<()>(
                &place.key("pointer"),
                "is for thresholds, and there is none; hint: add one such as `warning_above = 70`",
            );
        }
        if self.age_pointer.is_some() && !self.has_age() {
            problems.add::<()>(
                &place.key("age_pointer"),
                "is for `age_warning` and `age_critical`; hint: add one of them",
            );
        }
    }
}

fn ordered(
    (warning, critical): (Option<Duration>, Option<Duration>),
    (lower, upper): (&str, &str),
    place: &Place<'_>,
    problems: &mut Problems,
) {
    if let (Some(warning), Some(critical)) = (warning, critical)
        && critical < warning
    {
        problems.add::<()>(&place.key(upper), format!("must not be less than `{lower}`"));
    }
}

/// 0, 1 or 2. Has no part of the reading of all numbers, which would be much of the component.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Qos(pub(crate) u8);

impl Config for Qos {
    const SCHEMA: Schema = Schema::Integer { minimum: Some("0"), maximum: Some("2") };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value.as_u64() {
            Some(0) => Some(Qos(0)),
            Some(1) => Some(Qos(1)),
            Some(2) => Some(Qos(2)),
            Some(_) | None => problems.add(place, "is 0, 1 or 2"),
        }
    }
}

/// Written `"3.1.1"` or `"5.0"`.
impl Config for Version {
    const SCHEMA: Schema = Schema::OneOfTexts { json: r#"["3.1.1","5.0"]"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let at = one_of(value, place, &["3.1.1", "5.0"], problems)?;
        Some([Version::V3, Version::V5][at])
    }
}
