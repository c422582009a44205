//! A mail that is followed to its mailbox: sent when it is time, looked for in this run and in later ones.
//!
//! Nothing is sent while the mailbox cannot be looked into: what is sent is found, or missed, and never forgotten.

mod imap;
mod kept;
mod letter;

use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

use crate::config::Delivery;
use crate::talk::{Talk, Wrong};
use imap::{Imap, No};
use kept::{DeliveryMemory, Waiting};

pub use imap::{moment, uids};

/// The part of the run that is kept for its end.
const RESERVE: Duration = Duration::from_secs(2);

/// What is known of the mails.
pub(crate) struct Delivered {
    pub(crate) said: String,
    /// As many are on their way, or lost.
    pub(crate) waiting: usize,
    /// The round trip of the last that arrived.
    pub(crate) took: Option<Duration>,
    limits: (Duration, Duration),
}

impl Delivered {
    pub(crate) fn round_trip(&self, took: Duration) -> Metric {
        let (warning, critical) = self.limits;
        Metric::new("smtp_delivery_seconds", took.as_secs_f64(), "seconds")
            .warning(Range::at_most(warning.as_secs_f64()))
            .critical(Range::at_most(critical.as_secs_f64()))
    }
}

/// After the login. What cannot be told of the mailbox is left open; a fault is none of the server's.
pub(crate) fn follow(
    config: &Delivery,
    talk: &mut Talk<'_>,
    complaints: &mut Complaints,
) -> Result<Delivered, Fault> {
    let mut kept = DeliveryMemory::read();
    let looked = look(config, talk, &mut kept, complaints);
    if let Err(no) = looked {
        let why = no.told()?;
        complaints.open(format!("the mailbox at {}: {why}", config.imap));
        let said = "its delivery is not known".to_owned();
        return Ok(delivered(config, &kept, said));
    }
    kept.write().map_err(|error| Fault::other(format!("what is under way cannot be kept: {error:?}")))?;
    let said = judge(config, &kept, complaints);
    Ok(delivered(config, &kept, said))
}

fn delivered(config: &Delivery, kept: &DeliveryMemory, said: String) -> Delivered {
    let took = kept.arrived.map(|arrived| arrived.took);
    Delivered { said, waiting: kept.missing().count(), took, limits: (config.warning, config.critical) }
}

/// Takes what has arrived, sends another if it is time, and waits for it.
fn look(
    config: &Delivery,
    talk: &mut Talk<'_>,
    kept: &mut DeliveryMemory,
    complaints: &mut Complaints,
) -> Result<(), No> {
    let mut mailbox = Imap::open(config, talk.config.timeout)?;
    let mut found = Vec::new();
    for waiting in kept.waiting.clone() {
        if let Some(uid) = mailbox.find(&waiting.token)? {
            let now = clock::now();
            let arrived = mailbox.arrived(uid)?.unwrap_or(now).clamp(waiting.sent, now.max(waiting.sent));
            kept.arrive(&waiting, Duration::from_millis(arrived - waiting.sent));
            found.push(uid);
        }
    }
    if kept.is_time(config, clock::now()) {
        match send(config, talk) {
            Ok(sent) => {
                kept.sent(sent.clone());
                // It is taken: a mailbox that fails from here on is for the next run to see.
                found.extend(await_it(config, &mut mailbox, kept, &sent).ok().flatten());
            }
            Err(wrong) => wrong.tell(complaints).map_err(No::Fault)?,
        }
    }
    // Last of all: what is deleted has to be remembered as arrived, and a fault remembers nothing.
    let _ = found.into_iter().try_for_each(|uid| mailbox.delete(uid));
    mailbox.log_out();
    Ok(())
}

fn await_it(
    config: &Delivery,
    mailbox: &mut Imap,
    kept: &mut DeliveryMemory,
    sent: &Waiting,
) -> Result<Option<u32>, No> {
    let began = clock::monotonic();
    let until = began + config.wait.min(clock::remaining().saturating_sub(RESERVE));
    let found = mailbox.arrives(&sent.token, until)?;
    if found.is_some() {
        kept.arrive(sent, clock::monotonic() - began);
    }
    Ok(found)
}

/// Returns once the server has taken it.
fn send(config: &Delivery, talk: &mut Talk<'_>) -> Result<Waiting, Wrong> {
    let token = letter::token();
    let sent = send_as(config, talk, &token);
    if let Err(Wrong::Failed(_)) = &sent {
        talk.session = None;
    }
    Ok(Waiting { token, sent: sent? })
}

fn send_as(config: &Delivery, talk: &mut Talk<'_>, token: &str) -> Result<u64, Wrong> {
    let session = talk.session()?;
    for (what, command) in [
        ("it takes no mail from this sender", format!("MAIL FROM:<{}>", config.from.address)),
        ("it takes no mail for this recipient", format!("RCPT TO:<{}>", config.to.address)),
    ] {
        let reply = session.say(&command)?;
        if !matches!(reply.code, 250 | 251) {
            return Err(not_taken(what, &reply));
        }
    }
    let reply = session.say("DATA")?;
    if reply.code != 354 {
        return Err(not_taken("it takes no mail", &reply));
    }
    let now = clock::now();
    session.write_mail(&letter::written(config, token, now))?;
    // A server that filters mail takes its time.
    session.set_timeout(clock::remaining().saturating_sub(RESERVE));
    let reply = session.say(".")?;
    if reply.code == 250 { Ok(now) } else { Err(not_taken("it does not take the mail", &reply)) }
}

/// 4xx is for now: greylisting passes.
fn not_taken(what: &str, reply: &watchkeep_sdk::mail::Reply) -> Wrong {
    match reply.code {
        400..500 => Wrong::Busy(format!("{what} for now: {}", reply.sentence())),
        _ => Wrong::of(what, reply),
    }
}

fn judge(config: &Delivery, kept: &DeliveryMemory, complaints: &mut Complaints) -> String {
    let now = clock::now();
    let age = |waiting: &Waiting| Duration::from_millis(now.saturating_sub(waiting.sent));
    let mut overdue = kept.missing().filter(|waiting| age(waiting) >= config.critical);
    if let Some(first) = overdue.next() {
        let more = match overdue.count() {
            0 => String::new(),
            more => format!(", nor have {more} sent since"),
        };
        complaints.critical(format!(
            "the mail that was sent {} ago has not arrived{more}; it has {}",
            span(age(first)),
            span(config.critical)
        ));
    }
    let under_way = kept.missing().map(age).filter(|age| *age < config.critical).max();
    if let Some(age) = under_way.filter(|age| *age > config.warning) {
        complaints.warning(format!(
            "a mail has been on its way for {}, longer than {}",
            span(age),
            span(config.warning)
        ));
    }
    if let Some(arrived) = kept.arrived {
        let slow = |limit: Duration| format!("the mail took longer than {}", span(limit));
        if arrived.took > config.critical {
            complaints.critical(slow(config.critical));
        } else if arrived.took > config.warning {
            complaints.warning(slow(config.warning));
        }
    }
    match (kept.arrived, under_way) {
        (_, Some(age)) => format!("a mail has been on its way for {}", span(age)),
        (Some(arrived), None) => format!("a mail arrived after {}", span(arrived.took)),
        (None, None) => "no mail has arrived yet".to_owned(),
    }
}
