//! A secret by its name: a plugin says where the secret goes, and the host puts it there.

use super::{Config, Place, Problems, Schema, Value};
use crate::http::{Credential, Placement};

/// A secret, written `{ secret = "NAME" }` in the config. It holds the name; the bytes stay on the host.
///
/// ```
/// use watchkeep_sdk::prelude::*;
///
/// #[derive(Config)]
/// struct Api {
///     url: String,
///     key: Secret,
/// }
///
/// fn fetch(config: &Api) -> http::Request {
///     http::get(&config.url).bearer(&config.key)
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secret {
    name: String,
}

impl Secret {
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The secret at a place in a request.
    pub fn placed(&self, placement: Placement) -> Credential {
        Credential { secret: self.name.clone(), placement }
    }
}

impl Config for Secret {
    const SCHEMA: Schema = Schema::Secret;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        const FORM: &str = "must be `{ secret = \"NAME\" }`";
        match value {
            // Taking the key out as well would cost a plugin the code that rebalances trees.
            Value::Object(mut members) if members.len() == 1 => match members.get_mut("secret").map(Value::take) {
                Some(Value::String(name)) if !name.is_empty() => Some(Secret { name }),
                Some(_) | None => problems.add(place, FORM),
            },
            Value::String(_) => problems.add(
                place,
                "a secret does not belong in the config; hint: put it under `[secrets]` and write `{ secret = \"NAME\" }` here",
            ),
            _ => problems.add(place, FORM),
        }
    }
}
