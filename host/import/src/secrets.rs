//! The secrets of a source, and the names that stand for them.

use std::collections::BTreeMap;

use crate::given::EnvText;
use crate::model::{Secret, SecretSource};
use crate::names::valid_file;

/// The most bytes of a secret, as the host reads it.
const BYTES_MAX: usize = 256 << 10;

/// Whether a value with this name may be a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    const PARTS: [&str; 10] =
        ["auth", "token", "key", "secret", "cookie", "session", "passw", "pwd", "credential", "signature"];
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part)) || ["pass", "sig", "code", "pin"].contains(&name.as_str())
}

/// Whether a body or a message may contain a secret.
pub(crate) fn may_hold_secret(text: &str) -> bool {
    const WORDS: [&str; 11] = [
        "auth",
        "token",
        "api_key",
        "apikey",
        "api-key",
        "secret",
        "session",
        "passw",
        "pwd",
        "credential",
        "\"pass\"",
    ];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word)) || has_login(&text)
}

/// Whether the text has the form `scheme://user:password@host`.
pub(crate) fn has_login(text: &str) -> bool {
    text.split("://")
        .skip(1)
        .any(|rest| rest.split(['/', ' ', '"']).next().is_some_and(|part| part.contains('@')))
}

#[derive(Debug, Default)]
pub(crate) struct Secrets {
    all: Vec<Secret>,
    places: BTreeMap<String, usize>,
}

impl Secrets {
    /// The name of the secret, or why it cannot be one.
    pub(crate) fn take(&mut self, hint: &str, given: &EnvText, to: &[String]) -> Result<String, String> {
        let source = match given {
            EnvText::Variable(name) => return Ok(self.keep(name, SecretSource::Env(name.clone()), to)),
            EnvText::Plain(value) => value,
            EnvText::Mixed(_) => {
                let names = given.variables().join("` and `");
                return Err(format!(
                    "has more in it than the variable `{names}`; put the whole value into one"
                ));
            }
        };
        if source.trim_end_matches(['\n', '\r']).is_empty() {
            return Err("is empty".to_owned());
        }
        if source.len() > BYTES_MAX {
            return Err("has more than 256 KiB".to_owned());
        }
        Ok(self.keep(hint, SecretSource::File { path: String::new(), value: source.clone() }, to))
    }

    /// Keeps a secret. If one of the same name and value exists, it gets the further origins.
    fn keep(&mut self, hint: &str, source: SecretSource, to: &[String]) -> String {
        let base = valid_file(hint);
        let mut name = base.clone();
        let mut number = 2_u32;
        loop {
            let source = match &source {
                SecretSource::File { value, .. } => {
                    SecretSource::File { path: format!("secrets/{name}"), value: value.clone() }
                }
                env @ SecretSource::Env(_) => env.clone(),
            };
            match self.places.get(&name).map(|at| &mut self.all[*at]) {
                None => {
                    self.places.insert(name.clone(), self.all.len());
                    self.all.push(Secret { name: name.clone(), source, to: to.to_vec() });
                    return name;
                }
                Some(known) if known.source == source => {
                    let new =
                        to.iter().filter(|origin| !known.to.contains(origin)).cloned().collect::<Vec<_>>();
                    known.to.extend(new);
                    return name;
                }
                Some(_) => {
                    name = format!("{base}-{number}");
                    number += 1;
                }
            }
        }
    }

    pub(crate) fn into_all(self) -> Vec<Secret> {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_one_file_and_goes_where_it_is_needed() {
        let mut secrets = Secrets::default();
        let mut take = |value: &str, to: &str| {
            secrets.take("Shop password", &EnvText::literal(value), &[to.to_owned()]).unwrap()
        };
        assert_eq!(take("a", "https://a.example"), "shop-password");
        assert_eq!(take("a", "https://b.example"), "shop-password");
        assert_eq!(take("b", "https://a.example"), "shop-password-2");
        assert!(secrets.take("x", &EnvText::literal("\n"), &[]).is_err());
        let mixed = EnvText::expanding("a $B");
        assert!(secrets.take("x", &mixed, &[]).unwrap_err().contains("`B`"));
        assert_eq!(secrets.take("x", &EnvText::expanding("$TOKEN"), &[]), Ok("token".to_owned()));
        let all = secrets.into_all();
        assert_eq!(all[0].to, ["https://a.example", "https://b.example"]);
        assert!(!format!("{all:?}").contains("value"), "{all:?}");
    }

    #[test]
    fn names_that_may_be_of_secrets_are_known() {
        for name in
            ["Authorization", "X-Api-Key", "x-session-id", "Cookie", "access_token", "X-Auth", "passwd"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["Accept", "User-Agent", "Content-Type", "q", "page"] {
            assert!(!is_secret_name(name), "{name}");
        }
        assert!(may_hold_secret("{\"password\": \"x\"}") && may_hold_secret("postgres://u:p@h/"));
        assert!(!may_hold_secret("{\"query\": \"{ up }\"}"));
    }
}
