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

/// Connects to an MQTT broker and holds what it does against what is expected.
#[derive(watchkeep_sdk::Config)]
#[config(check = Mqtt::consistent)]
pub struct Mqtt {
    /// Where the broker is, as `host:port`: mostly 1883, and 8883 under TLS.
    #[config(grants = "tcp", example = "mqtt.example.com:8883")]
    pub(crate) address: String,
    /// Which MQTT is spoken. A broker of 5.0 says more of why it refuses something.
    #[config(default = "3.1.1")]
    pub(crate) version: Version,
    /// Begins TLS at once.
    #[config(default = false)]
    pub(crate) tls: bool,
    #[config(flatten)]
    pub(crate) peer: TlsPeer,
    /// The user's name.
    #[config(example = "watchkeep")]
    pub(crate) user: Option<String>,
    /// The user's password: a secret that is bound to the address. Needs the grant `reveal` for it.
    pub(crate) password: Option<Secret>,
    /// The client's id; a new one for each run unless it is said. Whoever is connected under the same one is thrown out.
    #[config(example = "watchkeep-1")]
    pub(crate) client_id: Option<String>,
    /// Publishes a message that nobody else can, and waits for it to come back.
    pub(crate) round_trip: Option<RoundTrip>,
    /// Waits for a message that others publish, or that the broker retains, and judges it.
    pub(crate) message: Option<Expected>,
    /// Longer than this, from connecting until the broker has let the client in, is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// Longer than this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// How long connecting, the handshake and each answer of the broker may take; never longer than the check's timeout.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    /// Which addresses of the name are used.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// A message to a topic that this check alone uses.
#[derive(watchkeep_sdk::Config)]
#[config(check = RoundTrip::consistent)]
pub(crate) struct RoundTrip {
    /// Where it is published, and read again: a topic of this check's own.
    #[config(example = "watchkeep/probe")]
    pub(crate) topic: Topic,
    /// With which promise it is published and read: 0 at most once, 1 at least once, 2 exactly once.
    #[config(default = 1)]
    pub(crate) qos: Qos,
    /// A longer way back is a warning.
    pub(crate) time_warning: Option<Duration>,
    /// Longer than this is critical.
    pub(crate) time_critical: Option<Duration>,
}

/// A message of others, and what it has to be like.
#[derive(watchkeep_sdk::Config)]
#[config(check = Expected::consistent)]
pub(crate) struct Expected {
    /// Where it is published. With `+` and `#` the first message that comes on any of the topics is judged.
    #[config(example = "plant/boiler/temperature")]
    pub(crate) topic: Filter,
    /// With which promise it is read.
    #[config(default = 0)]
    pub(crate) qos: Qos,
    /// Whether it may be one that the broker has retained: `ignored` wants one that is published now, `required` the
    /// retained one.
    #[config(default = "accepted")]
    pub(crate) retained: Retained,
    /// How long it is waited for; none by then is critical. Never longer than the check's timeout.
    #[config(default = "10s")]
    pub(crate) within: Duration,
    /// Texts that have to stand in it.
    #[config(default, example = ["online"])]
    pub(crate) expect: OneOrMany<Needle>,
    /// A regular expression that has to fit it.
    #[config(example = "^(on|standby)$")]
    pub(crate) expect_pattern: Option<Pattern>,
    /// Where in its JSON the value stands that the thresholds are for; all of it unless it is said.
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
    /// Where in its JSON the moment stands that its age counts from; all of it unless it is said. `2026-03-04T05:06:07Z`, or
    /// since 1970 in seconds or parts of them.
    #[config(example = "/at")]
    pub(crate) age_pointer: Option<Pointer>,
    /// Older than this is a warning.
    pub(crate) age_warning: Option<Duration>,
    /// Older than this is critical.
    pub(crate) age_critical: Option<Duration>,
}

/// What a retained message counts for.
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
