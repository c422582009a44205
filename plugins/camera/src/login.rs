//! How a camera asks for a login, and the answer to it. A basic login is put in place by the host. RTSP has no request that
//! the host could sign, so for a digest (RFC 7616, and RFC 2617 before it) the password is revealed.

use md5::Md5;
use sha2::{Digest, Sha256};
use watchkeep_sdk::config::Secret;
use watchkeep_sdk::http::{Challenge, challenges};
use watchkeep_sdk::prelude::*;

use crate::message::Reply;
use crate::session::Wrong;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Algorithm {
    Md5,
    Sha256,
}

/// What is answered.
pub(crate) enum Login {
    Basic,
    Digest(Box<Answering>),
}

/// A digest that is asked for, and what it takes to compute it. Is never printed: it holds the password.
pub(crate) struct Answering {
    algorithm: Algorithm,
    /// The algorithm's name as it was asked for.
    algorithm_name: Option<String>,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// Asked for with a count and a nonce of the client.
    is_counted: bool,
    count: u32,
    password: Vec<u8>,
}

/// The safest login that the server offers and that can be answered.
pub(crate) fn choose(reply: &Reply, password: &Secret) -> Result<Login, Wrong> {
    let offered: Vec<Challenge> = reply.all("www-authenticate").flat_map(challenges).collect();
    let mut digests = offered.iter().filter_map(digest);
    let first = digests.next();
    let better = digests.find(|digest| digest.algorithm == Algorithm::Sha256);
    let is_best = first.as_ref().is_some_and(|first| first.algorithm == Algorithm::Sha256);
    if let Some(mut digest) = if is_best { first } else { better.or(first) } {
        digest.password = secrets::reveal(password).map_err(|error| Wrong::Fault(error.into()))?;
        return Ok(Login::Digest(Box::new(digest)));
    }
    if offered.iter().any(|challenge| challenge.scheme == "basic") {
        return Ok(Login::Basic);
    }
    let names: Vec<&str> = offered.iter().map(|challenge| challenge.scheme.as_str()).collect();
    Err(Wrong::Said(match names.is_empty() {
        true => "it answers 401 and does not say how to log in".to_owned(),
        false => format!(
            "it requires a login by `{}`, which is not supported; hint: basic, and digest with MD5 or SHA-256 are",
            watchkeep_sdk::clipped(&names.join("`, `"))
        ),
    }))
}

fn digest(challenge: &Challenge) -> Option<Answering> {
    if challenge.scheme != "digest" {
        return None;
    }
    let algorithm_name = challenge.get("algorithm");
    let algorithm = match algorithm_name.map(str::to_ascii_uppercase).as_deref() {
        None | Some("MD5") => Algorithm::Md5,
        Some("SHA-256") => Algorithm::Sha256,
        Some(_) => return None,
    };
    let qualities = challenge.get("qop").unwrap_or_default();
    let is_counted = qualities.split(',').any(|quality| quality.trim().eq_ignore_ascii_case("auth"));
    if !is_counted && !qualities.trim().is_empty() {
        return None;
    }
    Some(Answering {
        algorithm,
        algorithm_name: algorithm_name.map(str::to_owned),
        realm: challenge.get("realm").unwrap_or_default().to_owned(),
        nonce: challenge.get("nonce")?.to_owned(),
        opaque: challenge.get("opaque").map(str::to_owned),
        is_counted,
        count: 0,
        password: Vec::new(),
    })
}

impl Answering {
    /// The value of `Authorization`.
    pub(crate) fn header(&mut self, user: &str, method: &str, url: &str) -> String {
        self.count += 1;
        let count = format!("{:08x}", self.count);
        let own = hex(&random::bytes(8));
        let response = self.response(user, method, url, &count, &own);
        let Self { realm, nonce, .. } = self;
        let mut header = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{url}\", response=\"{response}\""
        );
        if let Some(name) = &self.algorithm_name {
            header.push_str(&format!(", algorithm={}", name.replace([' ', ',', '"'], "")));
        }
        if let Some(opaque) = &self.opaque {
            header.push_str(&format!(", opaque=\"{opaque}\""));
        }
        if self.is_counted {
            header.push_str(&format!(", qop=auth, nc={count}, cnonce=\"{own}\""));
        }
        header
    }

    fn response(&self, user: &str, method: &str, url: &str, count: &str, own: &str) -> String {
        let who = self.hash(&[user.as_bytes(), b":", self.realm.as_bytes(), b":", &self.password]);
        let what = self.hash(&[method.as_bytes(), b":", url.as_bytes()]);
        let nonce = match self.is_counted {
            true => format!("{}:{count}:{own}:auth", self.nonce),
            false => self.nonce.clone(),
        };
        self.hash(&[who.as_bytes(), b":", nonce.as_bytes(), b":", what.as_bytes()])
    }

    fn hash(&self, parts: &[&[u8]]) -> String {
        let whole = parts.concat();
        match self.algorithm {
            Algorithm::Md5 => hex(&Md5::digest(whole)),
            Algorithm::Sha256 => hex(&Sha256::digest(whole)),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    hex
}
