//! One conversation with the server (RFC 5321).
//!
//! What fails before the last dot was certainly not taken, however the connection broke; from the dot on it may have
//! been.

mod reply;

use watchkeep_sdk::mail::{Login, Reply, Security, Smtp};
use watchkeep_sdk::net::{self, TlsOptions};
use watchkeep_sdk::prelude::*;

use crate::config::Email;
use reply::{not_taken, refused};

/// Attempts in which a recipient who is refused for now holds the others up: greylisting passes, a full mailbox does
/// not, and the others have to be told.
const WAITING_ATTEMPTS_MAX: u32 = 2;

/// Sends `whole`, or `small` where the server says beforehand that it takes no more.
pub(crate) fn send(
    config: &Email,
    notification: &Notification,
    whole: Vec<u8>,
    small: Option<Vec<u8>>,
) -> Result<(), DeliveryError> {
    let mut session = open(config)?;
    if let Some((user, password)) = config.login() {
        log_in(&mut session, user, password)?;
    }
    let message = match (small, session.size_max()) {
        (Some(small), Some(most)) if whole.len() as u64 > most => {
            log::warn(&format!("without pictures: the server takes {most} bytes"));
            small
        }
        (_, _) => whole,
    };
    envelope(&mut session, config, notification, message.len())?;
    hand_over(session, &message)
}

fn open(config: &Email) -> Result<Smtp, DeliveryError> {
    let target = net::target(&*config.server).timeout(config.timeout);
    let mut session = Smtp::new(target.connect().map_err(not_taken)?);
    session.set_timeout(config.timeout);
    if config.security == Security::Tls {
        session.start_tls(&TlsOptions::new()).map_err(not_taken)?;
    }
    let greeting = session.reply().map_err(not_taken)?;
    if greeting.code != 220 {
        return Err(refused("the greeting", &greeting));
    }
    hello(&mut session, config)?;
    if config.security == Security::Starttls {
        if !session.offers("STARTTLS") {
            // Perhaps somebody in between has struck it out, so it is no reason to give up.
            let message =
                "the server offers no STARTTLS; hint: a server on port 465 wants `security = \"tls\"`";
            return Err(DeliveryError::Retryable(message.to_owned()));
        }
        ask(&mut session, "STARTTLS", 220)?;
        session.start_tls(&TlsOptions::new()).map_err(not_taken)?;
        hello(&mut session, config)?;
    }
    Ok(session)
}

fn hello(session: &mut Smtp, config: &Email) -> Result<(), DeliveryError> {
    let reply = session.hello(config.hello()).map_err(not_taken)?;
    if reply.code == 250 { Ok(()) } else { Err(refused("EHLO", &reply)) }
}

fn log_in(session: &mut Smtp, user: &str, password: &Secret) -> Result<(), DeliveryError> {
    let offered = match session.log_in(user, password).map_err(not_taken)? {
        Login::Answered(reply) if reply.code == 235 => return Ok(()),
        Login::Answered(reply) => return Err(refused("AUTH", &reply)),
        Login::NotOffered(mechanisms) if mechanisms.is_empty() => "no login".to_owned(),
        Login::NotOffered(mechanisms) => format!("only `{mechanisms}`"),
    };
    let message =
        format!("the server offers {offered}; hint: PLAIN and LOGIN are spoken here, or leave `user` out");
    Err(DeliveryError::Rejected(message))
}

/// A command that has to be answered so.
fn ask(session: &mut Smtp, command: &str, code: u16) -> Result<Reply, DeliveryError> {
    let reply = session.say(command).map_err(not_taken)?;
    if reply.code == code {
        return Ok(reply);
    }
    // What follows the command is an address, or nothing for others to read.
    Err(refused(command.split([' ', ':']).next().unwrap_or_default(), &reply))
}

fn envelope(
    session: &mut Smtp,
    config: &Email,
    notification: &Notification,
    size: usize,
) -> Result<(), DeliveryError> {
    let size = if session.offers("SIZE") { format!(" SIZE={size}") } else { String::new() };
    ask(session, &format!("MAIL FROM:<{}>{size}", config.from.address), 250)?;
    let mut taken = 0;
    let mut for_now = None;
    let mut for_good = None;
    for to in &config.to.0 {
        let reply = session.say(&format!("RCPT TO:<{}>", to.address)).map_err(not_taken)?;
        match reply.code {
            250 | 251 => taken += 1,
            code => {
                log::warn(&format!("`{}` gets no mail: {}", to.address, reply.sentence()));
                let slot = if code < 500 { &mut for_now } else { &mut for_good };
                slot.get_or_insert_with(|| refused("RCPT TO", &reply));
            }
        }
    }
    match (taken, for_now, for_good) {
        (0, Some(error), _) | (0, None, Some(error)) => Err(error),
        (_, Some(error), _) if notification.attempt <= WAITING_ATTEMPTS_MAX => Err(error),
        (_, _, _) => Ok(()),
    }
}

/// From the dot on the server may have taken it whatever becomes of the connection.
fn hand_over(mut session: Smtp, message: &[u8]) -> Result<(), DeliveryError> {
    ask(&mut session, "DATA", 354)?;
    session.write_mail(message).map_err(not_taken)?;
    // A server that filters mail takes its time, and one that was given up on may deliver all the same.
    session.set_timeout(Duration::MAX);
    let reply = session.say(".")?;
    if reply.code != 250 {
        return Err(refused("the mail", &reply));
    }
    // It is taken: how they part matters to nobody.
    session.set_timeout(Duration::from_secs(1));
    let _ = session.say("QUIT");
    Ok(())
}
