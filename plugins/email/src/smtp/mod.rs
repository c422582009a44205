//! One conversation with the server (RFC 5321).
//!
//! What fails before the last dot was certainly not taken, however the connection broke; from the dot on it may have
//! been.

mod login;
mod reply;
mod session;

use watchkeep_sdk::net::TlsOptions;
use watchkeep_sdk::prelude::*;

use crate::config::{Email, Security};
use reply::refused;
use session::Session;

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
    if let Some(login) = config.login() {
        login::login(&mut session, login)?;
    }
    let message = match (small, session.size_max()) {
        (Some(small), Some(most)) if whole.len() as u64 > most => {
            log::warn(&format!("without pictures: the server takes {most} bytes"));
            small
        }
        (_, _) => whole,
    };
    envelope(&mut session, config, notification, message.len())?;
    session.hand_over(&message)
}

fn open(config: &Email) -> Result<Session, DeliveryError> {
    let mut session = Session::open(&config.server, config.timeout)?;
    if config.security == Security::Tls {
        session.start_tls(&TlsOptions::new())?;
    }
    session.greeted()?;
    session.hello(config.hello())?;
    if config.security == Security::Starttls {
        if !session.offers("STARTTLS") {
            // Perhaps somebody in between has struck it out, so it is no reason to give up.
            let message =
                "the server offers no STARTTLS; hint: a server on port 465 wants `security = \"tls\"`";
            return Err(DeliveryError::Retryable(message.to_owned()));
        }
        session.ask("STARTTLS", 220)?;
        session.start_tls(&TlsOptions::new())?;
        // What was said before it counts no more.
        session.hello(config.hello())?;
    }
    Ok(session)
}

fn envelope(
    session: &mut Session,
    config: &Email,
    notification: &Notification,
    size: usize,
) -> Result<(), DeliveryError> {
    let size = if session.offers("SIZE") { format!(" SIZE={size}") } else { String::new() };
    session.ask(&format!("MAIL FROM:<{}>{size}", config.from.address), 250)?;
    let mut taken = 0;
    let mut for_now = None;
    let mut for_good = None;
    for to in &config.to.0 {
        let reply = session.say(&format!("RCPT TO:<{}>", to.address))?;
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
