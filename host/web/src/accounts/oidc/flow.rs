//! One sign-in under way. Its browser keeps 256 random bits in a cookie, and everything else follows from these: what the
//! provider sends back (the state), what it signs (the nonce), and what proves that the code was asked for here (PKCE).
//! Whoever sees one of them in a URL learns nothing about the others.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;

use crate::accounts::sign_in::text_of;

/// How long a sign-in may take.
pub(crate) const FLOW_MOST: Duration = Duration::from_secs(600);
/// How many flows are remembered as used.
const USED_MAX: usize = 10_000;
const SECRET_DIGITS: usize = 64;

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Flow {
    secret: String,
    began_at: Wall,
    /// The page to go on to. It comes from a cookie: whoever goes there checks it.
    pub(crate) next: String,
}

impl Flow {
    pub(super) fn begin(random: &[u8; 32], now: Wall, next: &str) -> Self {
        Self { secret: text_of(random), began_at: now, next: next.to_owned() }
    }

    /// What the cookie holds.
    pub(crate) fn cookie(&self) -> String {
        let next = percent_encoding::utf8_percent_encode(&self.next, percent_encoding::NON_ALPHANUMERIC);
        format!("{}.{}.{next}", self.secret, self.began_at.millis())
    }
    pub(crate) fn of_cookie(cookie: &str) -> Option<Self> {
        let mut parts = cookie.splitn(3, '.');
        let secret = parts.next().filter(|secret| {
            secret.len() == SECRET_DIGITS && secret.bytes().all(|digit| digit.is_ascii_hexdigit())
        })?;
        let began_at = Wall::from_millis(parts.next()?.parse().ok()?);
        let next = percent_encoding::percent_decode_str(parts.next()?).decode_utf8().ok()?.into_owned();
        Some(Self { secret: secret.to_owned(), began_at, next })
    }

    fn follows(&self, what: &str) -> Digest {
        Digest::of(format!("watchkeep-oidc-{what}\0{}\0{}", self.secret, self.began_at.millis()).as_bytes())
    }
    pub(super) fn state(&self) -> String {
        self.follows("state").to_string()
    }
    pub(super) fn is_state(&self, given: &str) -> bool {
        self.state().as_bytes().ct_eq(given.as_bytes()).into()
    }
    pub(super) fn nonce(&self) -> String {
        self.follows("nonce").to_string()
    }
    /// 64 characters that RFC 7636 allows.
    pub(super) fn verifier(&self) -> String {
        self.follows("verifier").to_string()
    }
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of(self.verifier().as_bytes()).0)
    }
    pub(super) fn key(&self) -> Digest {
        self.follows("used")
    }
    pub(super) fn is_over(&self, now: Wall) -> bool {
        self.began_at + FLOW_MOST <= now || now + FLOW_MOST < self.began_at
    }
}

/// Flows that have come back, the oldest first.
#[derive(Default)]
pub(super) struct Used(Mutex<VecDeque<Digest>>);

impl Used {
    /// Takes a flow; `false` if it was taken before.
    pub(super) fn take(&self, flow: Digest) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.contains(&flow) {
            return false;
        }
        if used.len() >= USED_MAX {
            used.pop_front();
        }
        used.push_back(flow);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_gives_back_the_flow_and_garbage_gives_none() {
        let flow = Flow::begin(&[7; 32], Wall::from_millis(5), "/alerts?q=a.b;c=\"é\"");
        let cookie = flow.cookie();
        assert!(cookie.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".%".contains(&byte)), "{cookie}");
        assert!(Flow::of_cookie(&cookie) == Some(flow.clone()));
        for garbage in ["", ".", "..", "a.b.c", &cookie[1..], &cookie.replacen('.', "x", 1), "%00.1.%2F"] {
            assert!(Flow::of_cookie(garbage).is_none(), "{garbage}");
        }
        let texts = [flow.state(), flow.nonce(), flow.verifier(), flow.challenge(), flow.secret.clone()];
        assert!((0..5).all(|one| (0..one).all(|other| texts[one] != texts[other])), "none tells another");
        assert!(flow.is_state(&flow.state()) && !flow.is_state(&flow.nonce()) && !flow.is_state(""));
    }

    #[test]
    fn a_flow_is_used_once_and_for_ten_minutes() {
        let used = Used::default();
        let flow = Flow::begin(&[7; 32], Wall::from_millis(0), "/");
        assert!(used.take(flow.key()) && !used.take(flow.key()));
        assert!(!flow.is_over(Wall::from_millis(599_999)) && flow.is_over(Wall::from_millis(600_000)));
    }

    /// RFC 7636, appendix B.
    #[test]
    fn a_challenge_is_the_hash_of_the_verifier() {
        let of = |verifier: &str| URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).0);
        assert_eq!(
            of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
