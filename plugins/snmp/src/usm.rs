//! A user of version 3 who speaks to one engine: what is sent is signed and encrypted as the level says, and what comes is
//! believed only if it is as well.

mod keys;

use watchkeep_sdk::prelude::*;

use crate::ber;
use crate::config::{Cipher, Digest, User};
use crate::message::{ENCRYPTED, Head, REPORTABLE, SIGNED, Sealed, read_scoped, read_sealed};
use crate::pdu::{Kind, Pdu};
use crate::report::{self, NOT_IN_TIME};
use crate::session::Heard;

/// As RFC 3414 has it.
const PASSWORD_BYTES_MIN: usize = 8;
/// How far two clocks may be apart.
const WINDOW_SECONDS: i64 = 150;

/// Passwords of a user; keys are made of them once the engine is known.
#[derive(Clone)]
pub(crate) struct Passwords {
    user: Vec<u8>,
    context: Vec<u8>,
    authentication: Option<(Digest, Vec<u8>)>,
    privacy: Option<(Cipher, Vec<u8>)>,
}

/// A user at an engine.
pub(crate) struct Speaker {
    passwords: Passwords,
    engine: Engine,
    signing: Option<(Digest, Vec<u8>)>,
    hiding: Option<(Cipher, Vec<u8>)>,
    /// Never the same twice with one key.
    salt: u64,
    /// The agent was told the time once more.
    was_late: bool,
}

#[derive(Clone, Debug, Default)]
struct Engine {
    id: Vec<u8>,
    boots: i64,
    time: i64,
}

impl Passwords {
    pub(crate) fn of(user: &User) -> Result<Self, Stop> {
        let password = |secret, key: &str| {
            let password = secrets::reveal(secret)?;
            if password.len() < PASSWORD_BYTES_MIN {
                let said = format!(
                    "`user.{key}.password` has fewer than {PASSWORD_BYTES_MIN} bytes, and passwords of SNMP have \
                                    no fewer"
                );
                return Err(Stop::from(Fault::config(said)));
            }
            Ok(password)
        };
        let authentication = match &user.authentication {
            Some(given) => Some((given.protocol, password(&given.password, "authentication")?)),
            None => None,
        };
        let privacy = match &user.privacy {
            Some(given) => Some((given.protocol, password(&given.password, "privacy")?)),
            None => None,
        };
        let (user, context) = (user.name.clone().into_bytes(), user.context.clone().into_bytes());
        Ok(Self { user, context, authentication, privacy })
    }
}

/// A question without a user: whoever is asked says in a report who it is.
pub(crate) fn discovery(id: i64) -> Vec<u8> {
    let head = Head {
        id,
        flags: REPORTABLE,
        engine: Vec::new(),
        boots: 0,
        time: 0,
        user: Vec::new(),
        signature: Vec::new(),
        salt: Vec::new(),
    };
    let pdu = Pdu { kind: Kind::Get, id, status: 0, index: 0, bindings: Vec::new() };
    head.around(&scoped(&[], &[], &pdu), |_| Vec::new())
}

fn scoped(engine: &[u8], context: &[u8], pdu: &Pdu) -> Vec<u8> {
    ber::sequence(&[ber::octets(engine), ber::octets(context), pdu.encoded()])
}

impl Speaker {
    /// What answers a discovery says which engine it is.
    pub(crate) fn discovered(
        passwords: &Passwords,
        message: &[u8],
        id: i64,
        salt: u64,
    ) -> Result<Self, Heard> {
        let sealed = read_sealed(message).map_err(Heard::broken)?;
        if sealed.head.id != id {
            return Err(Heard::stray("it answers another question than was asked"));
        }
        let pdu = sealed.plain().map_err(Heard::broken)?;
        let Head { engine: id, boots, time, .. } = sealed.head;
        if pdu.kind != Kind::Report || !(5..=32).contains(&id.len()) {
            return Err(Heard::Broken("it does not say which engine it is".to_owned()));
        }
        let (signing, hiding) = match (&passwords.authentication, &passwords.privacy) {
            (Some((digest, password)), privacy) => {
                let hiding =
                    privacy.as_ref().map(|(cipher, password)| (*cipher, cipher.key(*digest, password, &id)));
                (Some((*digest, digest.key(password, &id))), hiding)
            }
            (None, _) => (None, None),
        };
        let engine = Engine { id, boots, time };
        let passwords = passwords.clone();
        Ok(Self { passwords, engine, signing, hiding, salt, was_late: false })
    }

    /// None if it cannot be encrypted, which keys of the right length can.
    pub(crate) fn sealed(&mut self, pdu: &Pdu) -> Option<Vec<u8>> {
        let Engine { id: engine, boots, time } = self.engine.clone();
        let mut contents = scoped(&engine, &self.passwords.context, pdu);
        let (mut flags, mut salt) = (REPORTABLE, Vec::new());
        if let Some((cipher, key)) = &self.hiding {
            self.salt = self.salt.wrapping_add(1);
            flags |= ENCRYPTED;
            let start = start(boots, time, self.salt.to_be_bytes());
            salt = self.salt.to_be_bytes().to_vec();
            contents = ber::octets(&cipher.encrypt(key, &start, &contents)?);
        }
        let signature = self.signing.as_ref().map_or(0, |(digest, _)| digest.sent_bytes());
        if signature > 0 {
            flags |= SIGNED;
        }
        let user = self.passwords.user.clone();
        let head = Head { id: pdu.id, flags, engine, boots, time, user, signature: vec![0; signature], salt };
        Some(head.around(&contents, |message| match &self.signing {
            Some((digest, key)) => digest.sign(key, message),
            None => Vec::new(),
        }))
    }

    /// What a message says that came for the question of this number.
    pub(crate) fn opened(&mut self, message: &[u8], id: i64) -> Heard {
        let sealed = match read_sealed(message) {
            Ok(sealed) => sealed,
            Err(wrong) => return Heard::broken(wrong),
        };
        if sealed.head.id != id {
            return Heard::stray("it answers another question than was asked");
        }
        let is_signed = match self.is_signed(&sealed) {
            Ok(is_signed) => is_signed,
            Err(stray) => return stray,
        };
        let pdu = match self.contents(&sealed) {
            Ok(pdu) => pdu,
            Err(heard) => return heard,
        };
        match pdu.kind {
            Kind::Report => self.reported(&pdu, &sealed.head, is_signed),
            _ if sealed.head.engine != self.engine.id || sealed.head.user != self.passwords.user => {
                Heard::stray("it answers as another engine, or another user, than was asked")
            }
            _ if self.signing.is_some() && !is_signed => Heard::stray("its answer is not signed"),
            _ if self.hiding.is_some() && !sealed.has(ENCRYPTED) => {
                Heard::stray("its answer is not encrypted")
            }
            _ if is_signed && !self.is_in_time(&sealed.head) => Heard::stray("its answer is an old one"),
            _ if pdu.id != id => Heard::stray("it answers another question than was asked"),
            _ => Heard::Answer(pdu),
        }
    }

    /// Whether it bears this user's signature; a wrong one is none of the agent's.
    fn is_signed(&self, sealed: &Sealed<'_>) -> Result<bool, Heard> {
        let Some((digest, key)) = self.signing.as_ref().filter(|_| sealed.has(SIGNED)) else {
            return Ok(false);
        };
        match digest.sign(key, &sealed.unsigned()) == sealed.head.signature {
            true => Ok(true),
            false => Err(Heard::stray("its answer bears a signature that is not the user's")),
        }
    }

    fn contents(&self, sealed: &Sealed<'_>) -> Result<Pdu, Heard> {
        if !sealed.has(ENCRYPTED) {
            return sealed.plain().map_err(Heard::broken);
        }
        let Head { boots, time, salt, .. } = &sealed.head;
        let hidden = sealed.encrypted().map_err(Heard::broken)?;
        let (Some((cipher, key)), Ok(salt)) = (&self.hiding, <[u8; 8]>::try_from(salt.as_slice())) else {
            return Err(Heard::stray("its answer is encrypted in a way that was not agreed on"));
        };
        let plain = cipher.decrypt(key, &start(*boots, *time, salt), hidden).unwrap_or_default();
        read_scoped(&plain).map_err(|_| Heard::stray("its answer cannot be decrypted"))
    }

    /// One report that asks for another time is heeded, if the agent itself made it.
    fn reported(&mut self, pdu: &Pdu, head: &Head, is_signed: bool) -> Heard {
        let about = pdu.bindings.first().map(|(name, _)| name.clone()).unwrap_or_default();
        if is_signed && about.numbers() == NOT_IN_TIME && !self.was_late && head.engine == self.engine.id {
            self.was_late = true;
            (self.engine.boots, self.engine.time) = (head.boots, head.time);
            return Heard::Late;
        }
        Heard::Refused(report::fault(&about))
    }

    /// The agent's clock goes on, and it does not start less often than it did.
    fn is_in_time(&mut self, head: &Head) -> bool {
        let engine = &mut self.engine;
        let is_later = (head.boots, head.time) >= (engine.boots, engine.time);
        if is_later {
            (engine.boots, engine.time) = (head.boots, head.time);
        }
        is_later || (head.boots == engine.boots && head.time + WINDOW_SECONDS >= engine.time)
    }
}

/// Where the cipher begins.
fn start(boots: i64, time: i64, salt: [u8; 8]) -> [u8; 16] {
    let mut start = [0; 16];
    start[..4].copy_from_slice(&(boots as u32).to_be_bytes());
    start[4..8].copy_from_slice(&(time as u32).to_be_bytes());
    start[8..].copy_from_slice(&salt);
    start
}
