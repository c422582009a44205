//! Passwords: what one must be like, hashing and comparing with argon2id. Both take tens of milliseconds and megabytes on
//! purpose, so only few run at once, on threads of their own, and few more wait: whoever tries many takes no processor from
//! checks.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use http::StatusCode;
use tokio::sync::Semaphore;
use watchkeep_core::access::User;

use crate::problem::Problem;

/// How many hashes are computed at once, and how many requests wait for that.
const AT_ONCE: usize = 2;
const WAITING_MAX: usize = 32;
/// The cost: 19 MiB, twice. The least that OWASP recommends for argon2id.
const MEMORY_KIB: u32 = 19_456;
const ROUNDS: u32 = 2;
pub(crate) const CHARACTERS_MIN: usize = 12;
const BYTES_MAX: usize = 512;

/// What a password is compared with where there is no such user, so that it takes as long. No password has this hash.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5aGFzdGhpc3NhbA$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

pub(crate) struct Hashing {
    at_once: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { at_once: Arc::new(Semaphore::new(AT_ONCE)), waiting: Semaphore::new(WAITING_MAX) }
    }
}

impl Hashing {
    pub(crate) async fn hash(&self, password: String, random: [u8; 32]) -> Result<String, Problem> {
        self.run(move || hash(&password, &random)).await?.ok_or_else(failed)
    }

    /// Whether the password is the user's. Takes as long without a user.
    pub(crate) async fn is_of(&self, user: Option<&User>, password: String) -> Result<bool, Problem> {
        let (against, known) = (against(user), user.is_some());
        let same = self.run(move || verify(&against, &password)).await?;
        Ok(same && known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || {
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too-many-sign-ins",
                "too many people sign in at once; hint: try again in a moment",
            )
        };
        let _place = self.waiting.try_acquire().map_err(|_| busy())?;
        let turn = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| failed())
    }
}

fn failed() -> Problem {
    tracing::error!("a password could not be hashed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the host failed to answer; its log says why")
}

/// The hash that a password is compared with.
fn against(user: Option<&User>) -> String {
    user.map_or_else(|| NOBODYS.to_owned(), |user| user.password_hash.clone())
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, ROUNDS, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str, random: &[u8; 32]) -> Option<String> {
    let salt = SaltString::encode_b64(&random[..16]).ok()?;
    Some(argon2()?.hash_password(password.as_bytes(), &salt).ok()?.to_string())
}

fn verify(hash: &str, password: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
}

/// Refuses a password that can be guessed by trying.
pub(crate) fn must_be_good(password: &str, name: &str) -> Result<(), Problem> {
    if password.chars().count() < CHARACTERS_MIN {
        return Err(Problem::invalid(format!(
            "a password has at least {CHARACTERS_MIN} characters; hint: some words in a row are easy to remember"
        )));
    }
    if password.len() > BYTES_MAX {
        return Err(Problem::invalid(format!("a password has at most {BYTES_MAX} bytes")));
    }
    let same = password.chars().all(|c| password.starts_with(c));
    if same || password.to_lowercase().contains(&name.to_lowercase()) {
        return Err(Problem::invalid(
            "the password is easy to guess; hint: some words in a row that nobody would guess",
        ));
    }
    Ok(())
}

/// A password that is read out once, from random bytes: 100 bits in letters that are not mistaken for each other.
pub(crate) fn one_time(random: &[u8; 32]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters = random.iter().take(20).map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let mut text = String::new();
    for (place, letter) in letters.enumerate() {
        if place > 0 && place % 5 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the delay of an answer would tell whether there is a user of that name.
    #[test]
    fn an_unknown_user_takes_the_same_work_as_a_known_one() {
        let known = hash("correct horse battery", &[7; 32]).unwrap();
        let nobodys = against(None);
        let (known, nobodys) = (PasswordHash::new(&known).unwrap(), PasswordHash::new(&nobodys).unwrap());
        assert_eq!(known.algorithm, nobodys.algorithm);
        assert_eq!(known.version, nobodys.version);
        assert_eq!(known.params.to_string(), nobodys.params.to_string());
        assert_eq!(known.hash.unwrap().len(), nobodys.hash.unwrap().len());
        assert_eq!(known.salt.unwrap().as_str().len(), nobodys.salt.unwrap().as_str().len());
        // The hash is one that is computed, and not refused as no hash.
        let decoded = |hash: &PasswordHash<'_>| Params::try_from(hash).is_ok();
        assert!(decoded(&nobodys) && !verify(NOBODYS, "correct horse battery"));
    }

    #[test]
    fn a_password_is_known_again_and_another_is_not() {
        let hash = hash("correct horse battery", &[7; 32]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify(&hash, "correct horse battery") && !verify(&hash, "correct horse batterz"));
        assert!(!verify("", "x") && !verify("$argon2id$", "x"));
    }

    #[test]
    fn passwords_that_are_guessed_by_trying_are_refused() {
        for bad in ["short", "aaaaaaaaaaaaaaaa", "kari-the-great", &"x".repeat(600)] {
            assert!(must_be_good(bad, "Kari").is_err(), "{bad}");
        }
        assert!(must_be_good("correct horse battery", "kari").is_ok());
        assert!(must_be_good(&one_time(&[9; 32].map(|_: u8| 0)), "kari").is_ok(), "letters and dashes");
    }
}
