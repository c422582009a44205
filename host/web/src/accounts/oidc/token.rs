//! What an ID token must say to be believed, as OpenID Connect Core 3.1.3.7 has it.

use std::time::Duration;

use serde_json::Value;
use subtle::ConstantTimeEq as _;
use watchkeep_core::time::Wall;

/// By how much the provider's clock may differ.
const LEEWAY: Duration = Duration::from_secs(60);
const SUBJECT_BYTES_MAX: usize = 255;

/// The claims of a token, or of the provider's answer about somebody.
#[derive(Clone, Debug)]
pub(super) struct Claims(Value);

pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Wall,
}

impl Claims {
    pub(super) fn of_json(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(Value::is_object).map(Self)
    }

    /// Who is meant; otherwise what is wrong, as the end of a sentence.
    pub(super) fn subject(&self, expected: &Expected<'_>) -> Result<String, &'static str> {
        if self.text("iss") != Some(expected.issuer) {
            return Err("it is of another issuer");
        }
        let ours = |one: &Value| one.as_str() == Some(expected.client_id);
        let (is_ours, is_alone) = match self.0.get("aud") {
            Some(Value::Array(all)) => (all.iter().any(ours), all.len() == 1),
            Some(one) => (ours(one), true),
            None => (false, true),
        };
        let authorized = self.0.get("azp");
        if !is_ours || authorized.map_or(!is_alone, |azp| !ours(azp)) {
            return Err("it is meant for another client");
        }
        let now = expected.now;
        let expires = self.moment("exp").ok_or("it does not say when it expires")?;
        if expires + LEEWAY <= now {
            return Err("it has expired; hint: compare the clocks of this host and of the provider");
        }
        let begins = ["iat", "nbf"].map(|name| self.moment(name));
        if begins.into_iter().flatten().any(|begins| begins > now + LEEWAY) {
            return Err("it is of the future; hint: compare the clocks of this host and of the provider");
        }
        let nonce = self.text("nonce").unwrap_or_default();
        if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
            return Err("it is the answer to another sign-in");
        }
        let subject = self.text("sub").unwrap_or_default();
        let is_good = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || !subject.bytes().all(is_good) {
            return Err("it does not say whom it is about");
        }
        Ok(subject.to_owned())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }
    /// A claim by its name, or by a JSON pointer.
    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name).or_else(|| self.0.pointer(name))
    }
    fn moment(&self, name: &str) -> Option<Wall> {
        let seconds = self.0.get(name)?.as_f64().filter(|seconds| (0.0..1e12).contains(seconds))?;
        Some(Wall::from_millis((seconds * 1_000.0) as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn says(change: impl FnOnce(&mut Value)) -> Result<String, &'static str> {
        let mut claims = json!({
            "iss": "https://id.example.com", "aud": "watchkeep", "exp": 1_000, "iat": 900, "nonce": "n", "sub": "u-1",
        });
        change(&mut claims);
        let claims = Claims::of_json(claims.to_string().as_bytes()).unwrap();
        let (issuer, client_id) = ("https://id.example.com", "watchkeep");
        claims.subject(&Expected { issuer, client_id, nonce: "n", now: Wall::from_millis(950_000) })
    }

    #[test]
    fn only_a_token_for_this_sign_in_says_who_it_is() {
        assert_eq!(says(|_| ()), Ok("u-1".to_owned()));
        assert_eq!(says(|claims| claims["aud"] = json!(["watchkeep"])), Ok("u-1".to_owned()));
        let both = |claims: &mut Value| {
            claims["aud"] = json!(["other", "watchkeep"]);
            claims["azp"] = json!("watchkeep");
        };
        assert_eq!(says(both), Ok("u-1".to_owned()));
        for (name, value, problem) in [
            ("iss", json!("https://id.example.com/"), "another issuer"),
            ("iss", json!(null), "another issuer"),
            ("aud", json!("other"), "another client"),
            ("aud", json!(["other", "watchkeep"]), "another client"),
            ("aud", json!([]), "another client"),
            ("aud", json!(null), "another client"),
            ("azp", json!("other"), "another client"),
            ("exp", json!(890), "expired"),
            ("exp", json!("1000"), "does not say when"),
            ("exp", json!(-1), "does not say when"),
            ("iat", json!(1_011), "future"),
            ("nbf", json!(2_000), "future"),
            ("nonce", json!("m"), "another sign-in"),
            ("nonce", json!(null), "another sign-in"),
            ("nonce", json!(""), "another sign-in"),
            ("sub", json!(""), "whom"),
            ("sub", json!(7), "whom"),
            ("sub", json!("a\nb"), "whom"),
            ("sub", json!("a".repeat(256)), "whom"),
        ] {
            let said = says(|claims| claims[name] = value.clone()).unwrap_err();
            assert!(said.contains(problem), "{name} {value}: {said}");
        }
        assert!(Claims::of_json(b"[]").is_none() && Claims::of_json(b"{").is_none());
    }

    #[test]
    fn a_claim_lies_under_its_name_or_at_a_pointer() {
        let claims = br#"{"https://example.com/groups": ["a"], "realm_access": {"roles": ["b"]}}"#;
        let claims = Claims::of_json(claims).unwrap();
        assert_eq!(claims.claim("https://example.com/groups"), Some(&json!(["a"])));
        assert_eq!(claims.claim("/realm_access/roles"), Some(&json!(["b"])));
        assert_eq!(claims.claim("realm_access/roles").or_else(|| claims.claim("/nothing/there")), None);
    }
}
