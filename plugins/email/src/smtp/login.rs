//! AUTH: PLAIN (RFC 4616), or LOGIN where a server knows nothing else. The host writes the password.

use watchkeep_sdk::prelude::*;

use super::reply::refused;
use super::session::Session;
use crate::mime::base64;

pub(super) fn login(session: &mut Session, (user, password): (&str, &Secret)) -> Result<(), DeliveryError> {
    let mechanisms = session.parameters("AUTH").unwrap_or_default();
    let offers = |mechanism: &str| mechanisms.split(' ').any(|offered| offered == mechanism);
    let reply = if offers("PLAIN") {
        session.say_secret("AUTH PLAIN ", password, format!("\0{user}\0").as_bytes())?
    } else if offers("LOGIN") {
        session.ask("AUTH LOGIN", 334)?;
        let reply = session.say(&base64(user.as_bytes()))?;
        if reply.code != 334 {
            return Err(refused("AUTH", &reply));
        }
        session.say_secret("", password, b"")?
    } else {
        let offered =
            if mechanisms.is_empty() { "no login".to_owned() } else { format!("only `{mechanisms}`") };
        let message = format!(
            "the server offers {offered}; hint: PLAIN and LOGIN are spoken here, or leave `user` out"
        );
        return Err(DeliveryError::Rejected(message));
    };
    if reply.code == 235 { Ok(()) } else { Err(refused("AUTH", &reply)) }
}
