//! Whether somebody may acknowledge from within a message (rule R6). Nothing but the alert that the message told of can be
//! acknowledged so, by nobody but a person who reads the message, and by the same message only once.

use std::time::Duration;

use crate::alert::{Acknowledgement, AlertRecord, Lasting};
use crate::ids::PersonName;
use crate::model::reply::{Invitation, Person, Replier, Reply};
use crate::model::setup::Setup;
use crate::time::Wall;

/// For how long a message can be answered. A reminder brings a new button.
pub const ANSWERABLE_FOR: Duration = Duration::from_secs(12 * 3_600);

/// The most people that a page offers to acknowledge as.
const READERS_MAX: usize = 50;

/// Why an answer counts for nothing. `Display` is the sentence for who answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    #[error("this message is too old to be answered; hint: open the alert's page")]
    Expired,
    #[error("this alert is over")]
    Over,
    #[error("{by} has acknowledged this alert already")]
    Taken { by: String },
    #[error("the button of this message was used; hint: use that of the newest message, or the alert's page")]
    Used,
    #[error("receiver `{receiver}` is no longer in the config")]
    NoReceiver { receiver: String },
    #[error(
        "no person of the config has the id `{id}` of `{plugin}`; hint: add it to `ids` under `[person.NAME]`"
    )]
    Unknown { plugin: String, id: String },
    #[error("`{person}` does not read receiver `{receiver}`; hint: add the name to its `people`")]
    NoReader { person: String, receiver: String },
}

/// What a message to the receiver can offer about the alert now; `None` if there is nothing to acknowledge, or nobody who
/// may.
pub fn invitation(
    setup: &Setup,
    alert: &AlertRecord,
    receiver: &crate::ids::ReceiverName,
    now: Wall,
) -> Option<Invitation> {
    if readers(setup, receiver).next().is_none() || !is_open(alert) || alert.acknowledged.is_some() {
        return None;
    }
    let (alert, taken) = (alert.id.clone(), alert.taken);
    Some(Invitation { alert, receiver: receiver.clone(), taken, expires_at: now + ANSWERABLE_FOR })
}

/// The people who read the receiver, in the order of their names.
pub fn readers<'a>(
    setup: &'a Setup,
    receiver: &crate::ids::ReceiverName,
) -> impl Iterator<Item = &'a Person> + use<'a> {
    let readers = setup.readers.get(receiver);
    let people = readers.map(|_| setup.people.values()).into_iter().flatten();
    people
        .filter(move |person| readers.is_some_and(|readers| readers.include(&person.name)))
        .map(|person| &**person)
        .take(READERS_MAX)
}

/// The acknowledgement that follows from an answer. `alert` is the alert that the invitation names, if it is open.
pub fn judge(
    setup: &Setup,
    alert: Option<&AlertRecord>,
    reply: &Reply,
    now: Wall,
) -> Result<Acknowledgement, Refused> {
    let Invitation { receiver, taken, expires_at, .. } = &reply.invitation;
    let alert = alert.filter(|alert| is_open(alert)).ok_or(Refused::Over)?;
    if *expires_at <= now {
        return Err(Refused::Expired);
    }
    let person = person(setup, reply)?;
    if let Some(taken) = &alert.acknowledged {
        return Err(Refused::Taken { by: taken.by.clone() });
    }
    if alert.taken != *taken {
        return Err(Refused::Used);
    }
    Ok(Acknowledgement {
        by: person.shown.clone(),
        at: now,
        comment: format!("from the message to `{receiver}`"),
        until: None,
        lasting: Lasting::UntilWorse,
    })
}

fn person<'a>(setup: &'a Setup, reply: &Reply) -> Result<&'a Person, Refused> {
    let receiver = &reply.invitation.receiver;
    let (Some(spec), Some(readers)) = (setup.receivers.get(receiver), setup.readers.get(receiver)) else {
        return Err(Refused::NoReceiver { receiver: receiver.to_string() });
    };
    let no_reader = |person: &PersonName| Refused::NoReader {
        person: person.to_string(),
        receiver: receiver.to_string(),
    };
    let found = match &reply.who {
        Replier::Person(name) => setup.people.get(name).ok_or_else(|| no_reader(name))?,
        Replier::Known(id) => {
            let has_it = |person: &&std::sync::Arc<Person>| {
                person.ids.get(&spec.plugin).is_some_and(|ids| ids.contains(id))
            };
            setup
                .people
                .values()
                .find(has_it)
                .ok_or_else(|| Refused::Unknown { plugin: spec.plugin.to_string(), id: id.clone() })?
        }
    };
    if readers.include(&found.name) { Ok(found) } else { Err(no_reader(&found.name)) }
}

/// Whether people were told of it and it goes on.
fn is_open(alert: &AlertRecord) -> bool {
    alert.phase.fired().is_some()
}
