//! What is done once the broker has let the client in.

use watchkeep_sdk::clipped;
use watchkeep_sdk::net;
use watchkeep_sdk::prelude::*;

use crate::config::{Expected, Retained, RoundTrip};
use crate::packet::{OnlyNew, Publish};
use crate::session::{Event, Session, Wrong, hex};

/// A message that came back.
pub(crate) struct Returned {
    pub(crate) took: Duration,
    /// With which promise, where it is less than what was asked for.
    pub(crate) granted: u8,
}

/// Publishes, and waits for just that.
pub(crate) fn round_trip(
    session: &mut Session,
    wanted: &RoundTrip,
    timeout: Duration,
) -> Result<Returned, Wrong> {
    let topic = wanted.topic.as_str();
    let (granted, _) = session.subscribe(topic, wanted.qos.0, OnlyNew::Yes, &|_| false)?;
    // What lies there already, and what others publish, is not this.
    let payload = format!("watchkeep {}", hex(&random::bytes(16)));
    let began = clock::monotonic();
    session.publish(topic, wanted.qos.0, payload.as_bytes())?;
    let mut stage = if wanted.qos.0 == 0 { Stage::Taken } else { Stage::Sent };
    let mut took = None;
    loop {
        if let (Stage::Taken, Some(took)) = (stage, took) {
            return Ok(Returned { took, granted });
        }
        let event = session.next(began + timeout);
        match event.map_err(|wrong| stage.overdue(wrong, topic, wanted.qos.0, timeout))? {
            Event::Message(message) => {
                if message.topic == topic && message.payload == payload.as_bytes() && !message.is_retained {
                    took.get_or_insert(clock::monotonic() - began);
                }
            }
            Event::Puback(answer) if wanted.qos.0 == 1 && stage == Stage::Sent => {
                session.is_taken(&answer)?;
                stage = Stage::Taken;
            }
            Event::Pubrec(answer) if wanted.qos.0 == 2 && stage == Stage::Sent => {
                session.is_taken(&answer)?;
                session.release()?;
                stage = Stage::Released;
            }
            Event::Pubcomp(answer) if stage == Stage::Released => {
                session.is_taken(&answer)?;
                stage = Stage::Taken;
            }
            Event::Puback(_) | Event::Pubrec(_) | Event::Pubcomp(_) | Event::Suback { .. } => {
                return Err(Wrong::Said("it answers out of turn what was published".to_owned()));
            }
        }
    }
}

/// How far the broker has taken what was published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Sent,
    /// The first of the two answers of QoS 2 has come.
    Released,
    Taken,
}

impl Stage {
    fn overdue(self, wrong: Wrong, topic: &str, qos: u8, span: Duration) -> Wrong {
        let topic = clipped(topic);
        match (self, wrong) {
            (Stage::Taken, Wrong::Late) => {
                let (taken, hint) = match qos {
                    0 => ("", "without a promise a broker does not say that the user may not publish there"),
                    _ => (" and taken by the broker", "look at what the user may publish and read"),
                };
                Wrong::Said(format!(
                    "what was published to `{topic}`{taken} did not come back within {}; hint: {hint}",
                    net::span(span)
                ))
            }
            (Stage::Taken, wrong) => wrong.waiting_for(&format!("what was published to `{topic}`"), span),
            (Stage::Sent | Stage::Released, wrong) => {
                wrong.waiting_for(&format!("its answer to what was published to `{topic}`"), span)
            }
        }
    }
}

/// The first message that is what is waited for, and how long it was waited for.
pub(crate) fn message(session: &mut Session, wanted: &Expected) -> Result<(Publish, Duration), Wrong> {
    let filter = wanted.topic.as_str();
    let only_new = if wanted.retained == Retained::Ignored { OnlyNew::Yes } else { OnlyNew::No };
    let began = clock::monotonic();
    let fits = |message: &Publish| {
        let is_kind = match wanted.retained {
            Retained::Accepted => true,
            Retained::Ignored => !message.is_retained,
            Retained::Required => message.is_retained,
        };
        is_kind && wanted.topic.takes(&message.topic)
    };
    let (_, early) = session.subscribe(filter, wanted.qos.0, only_new, &fits)?;
    if let Some(message) = early {
        return Ok((message, clock::monotonic() - began));
    }
    let kind = match wanted.retained {
        Retained::Accepted => "a message",
        Retained::Ignored => "a new message",
        Retained::Required => "a retained message",
    };
    let what = format!("{kind} on `{}`", clipped(filter));
    loop {
        let event = session.next(began + wanted.within);
        match event.map_err(|wrong| wrong.waiting_for(&what, wanted.within))? {
            Event::Message(message) if fits(&message) => return Ok((message, clock::monotonic() - began)),
            Event::Message(_) => {}
            Event::Puback(_) | Event::Pubrec(_) | Event::Pubcomp(_) | Event::Suback { .. } => {
                return Err(Wrong::Said("it answers something that was not asked".to_owned()));
            }
        }
    }
}

/// For an opening.
pub(crate) fn span_of(returned: &Returned, qos: u8) -> String {
    format!("a message of QoS {qos} came back in {}", net::span(returned.took))
}
