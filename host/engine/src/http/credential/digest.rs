//! A login that never sends the password (RFC 7616): the server asks with a 401, and the request is sent again with
//! something that only somebody who knows the password can compute.

use digest_auth::{AuthContext, HttpMethod, WwwAuthenticateHeader};
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use url::{Position, Url};
use watchkeep_core::grant::Scheme;

use super::super::exchange::Outgoing;
use super::{Flaw, Named, USER_BYTES_MAX, Unplaced, count_signature, sensitive};
use crate::call::CallContext;
use crate::contract::http::DigestLogin;
use crate::network::failure::Problem;
use crate::network::secret;

/// The longest challenge: longer than any server sends. The parser accepts only ASCII.
const CHALLENGE_BYTES_MAX: usize = 4 << 10;
const SCHEME: &str = "digest ";

pub(in crate::http) struct Login {
    pub(in crate::http) user: String,
    password: Named,
}

impl Login {
    pub(in crate::http) fn take(state: &mut CallContext, login: DigestLogin) -> Result<Self, Problem> {
        let DigestLogin { user, password } = login;
        if user.len() > USER_BYTES_MAX {
            let message = format!("a user name of {} bytes, {USER_BYTES_MAX} are allowed", user.len());
            return Err(Problem::invalid(message));
        }
        if sensitive(&user).is_none() {
            return Err(Problem::invalid("the user name of the digest login cannot be in a header"));
        }
        Ok(Self { user, password: Named::take(state, &password)? })
    }

    /// Whether it may answer this origin.
    pub(in crate::http) fn decide(
        &self,
        state: &mut CallContext,
        scheme: Scheme,
        host: &str,
        port: u16,
    ) -> Result<(), Problem> {
        secret::decide(state, &self.password.name, &self.password.secret, scheme, host, port)
    }

    /// Puts the answer to a server's challenge into the request that is sent again; false if there is no challenge.
    pub(in crate::http) fn answer(
        &self,
        state: &mut CallContext,
        asked: (StatusCode, &HeaderMap),
        outgoing: &mut Outgoing,
    ) -> Result<bool, Problem> {
        let (status, headers) = asked;
        let Some(mut challenge) = challenge(status, headers) else { return Ok(false) };
        count_signature(state)?;
        let answered = self.header(&mut challenge, outgoing);
        let (value, response) = answered.map_err(|unplaced| unplaced.told(state))?;
        // Passwords can be tried against it without asking anybody.
        state.mask.add_signature(&response);
        outgoing.headers.insert(AUTHORIZATION, value);
        Ok(true)
    }

    fn header(
        &self,
        challenge: &mut WwwAuthenticateHeader,
        outgoing: &Outgoing,
    ) -> Result<(HeaderValue, String), Unplaced> {
        let password = self.password.text()?;
        let context = AuthContext::new_with_method(
            self.user.as_str(),
            password,
            path_and_query(&outgoing.url),
            Some(&outgoing.body[..]),
            method(&outgoing.method),
        );
        let together = || self.password.unfit(Flaw::NotTogether);
        let answer = challenge.respond(&context).map_err(|_| together())?;
        let value = sensitive(&answer.to_header_string()).ok_or_else(together)?;
        Ok((value, answer.response))
    }
}

/// The first of the server's challenges that can be answered.
fn challenge(status: StatusCode, headers: &HeaderMap) -> Option<WwwAuthenticateHeader> {
    if status != StatusCode::UNAUTHORIZED {
        return None;
    }
    let offered = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let mut digests = offered.filter(|text| text.len() <= CHALLENGE_BYTES_MAX).filter_map(|text| {
        // It may come after another scheme in the same field.
        let at = text.to_ascii_lowercase().find(SCHEME)? + SCHEME.len();
        digest_auth::parse(&format!("Digest {}", &text[at..])).ok()
    });
    digests.next()
}

fn path_and_query(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

fn method(method: &Method) -> HttpMethod<'_> {
    HttpMethod::from(method.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_challenge_is_found_among_others_and_only_in_a_401() {
        let digest = "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", algorithm=MD5";
        for values in [
            vec![digest],
            vec!["Basic realm=\"a\"", digest],
            vec!["Basic realm=\"a\", DIGEST realm=\"a\", nonce=\"b\""],
            vec!["Digest realm=\"a\", nonce=\"b\", algorithm=ODD", digest],
        ] {
            let found = challenge(StatusCode::UNAUTHORIZED, &offered(&values));
            assert_eq!(found.map(|challenge| challenge.nonce), Some("b".to_owned()), "{values:?}");
            assert!(challenge(StatusCode::FORBIDDEN, &offered(&values)).is_none());
        }
    }

    #[test]
    fn what_is_no_challenge_is_none_whatever_it_is() {
        let long = format!("Digest realm=\"{}\", nonce=\"b\"", "a".repeat(CHALLENGE_BYTES_MAX));
        for odd in [
            "",
            "Basic realm=\"a\"",
            "Digest ",
            "Digest realm",
            "Digest realm=\"",
            "Digest =,=,=",
            "Digest nonce=\"b\\",
            "Negotiate",
            long.as_str(),
        ] {
            assert!(challenge(StatusCode::UNAUTHORIZED, &offered(&[odd])).is_none(), "{odd}");
        }
        let mut binary = HeaderMap::new();
        binary.insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_bytes(b"Digest realm=\"\xe4\xff\", nonce=\"b\"").unwrap(),
        );
        assert!(challenge(StatusCode::UNAUTHORIZED, &binary).is_none());
    }

    proptest::proptest! {
        /// Whatever a server asks with: it is answered or not, and nothing breaks.
        #[test]
        fn no_challenge_breaks_who_answers_it(
            words in proptest::collection::vec("(realm|nonce|qop|algorithm|opaque|userhash|stale|charset|domain|[a-z]{0,4})=?(\"[ -~]{0,12}\"|auth(-int)?|MD5(-sess)?|SHA-(256|512-256)|true|[ -~]{0,8})", 0..8),
            rest in "[ -~]{0,20}",
        ) {
            let text = format!("Digest realm=\"a\", nonce=\"b\", {} {rest}", words.join(", "));
            for text in [text.as_str(), text.split_once(", ").map_or("", |(_, rest)| rest)] {
                if let Some(mut found) = challenge(StatusCode::UNAUTHORIZED, &offered(&[text])) {
                    let context = AuthContext::new_with_method("u\"\\", "p", "/a?b", Some(&b"x"[..]), HttpMethod::POST);
                    let _ = found.respond(&context).map(|answer| answer.to_header_string());
                }
            }
        }
    }
}
