//! `secrets`: the bytes of a secret, for plugins that have the right to `reveal` it. Attaching a secret needs no
//! import; a call may attach the secrets that its config names.

use std::collections::BTreeSet;
use std::sync::Arc;

use wasmtime::component::Linker;
use watchkeep_core::grant::Access;
use watchkeep_core::ids::SecretName;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::secrets::{self, Host, RevealError};
use crate::http::mask::Mask;
use crate::ports::Ports;

gate! {
    secrets {
        fn reveal(secret: String) -> Result<Vec<u8>, RevealError>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    secrets::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

/// The secrets that a call's config names as `{"secret": "NAME"}`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attachable {
    config: Option<Arc<str>>,
    read: Option<Read>,
}

#[derive(Clone, Debug, Default)]
struct Read {
    names: BTreeSet<String>,
    /// All other texts of the config, which the guest has been given.
    texts: Vec<String>,
}

impl Attachable {
    pub(crate) fn of(config: Arc<str>) -> Self {
        Self { config: Some(config), read: None }
    }
    pub(crate) fn contains(&mut self, secret: &str) -> bool {
        self.names().contains(secret)
    }
    pub(crate) fn names(&mut self) -> &BTreeSet<String> {
        &self.read().names
    }

    /// The mask for the call's texts. It has all of the config's secrets, whether they are used or not, because a
    /// secret that an earlier call sent may come back to this one.
    pub(crate) fn mask(&mut self, ports: Option<&Ports>) -> Mask {
        let mut mask = Mask::default();
        let Some(ports) = ports else { return mask };
        // Most configs name no secret, and are not parsed for it.
        if !self.config.as_ref().is_some_and(|config| config.contains(r#""secret""#)) {
            return mask;
        }
        let Read { names, texts } = self.read();
        for name in names.iter().map(|name| SecretName::from(&**name)) {
            if let Some(secret) = ports.secrets.secret(&name) {
                mask.know(name, secret, texts);
            }
        }
        mask
    }

    fn read(&mut self) -> &Read {
        let config = &self.config;
        self.read.get_or_insert_with(|| {
            let mut read = Read::default();
            let value = config.as_ref().and_then(|config| serde_json::from_str(config).ok());
            read.collect(value.unwrap_or_default());
            read
        })
    }
}

impl Read {
    fn collect(&mut self, value: serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => match fields.get("secret") {
                Some(serde_json::Value::String(name)) if fields.len() == 1 => {
                    self.names.insert(name.clone());
                }
                _ => {
                    for (name, field) in fields {
                        self.texts.push(name);
                        self.collect(field);
                    }
                }
            },
            serde_json::Value::Array(items) => items.into_iter().for_each(|item| self.collect(item)),
            serde_json::Value::String(text) => self.texts.push(text),
            serde_json::Value::Number(number) => self.texts.push(number.to_string()),
            serde_json::Value::Null | serde_json::Value::Bool(_) => {}
        }
    }
}

impl Host for CallState {
    async fn reveal(&mut self, secret: String) -> wasmtime::Result<Result<Vec<u8>, RevealError>> {
        self.enter()?;
        let name = SecretName::from(&*secret);
        if let Err(denial) = self.permit(&Access::Reveal(&name)) {
            return Ok(Err(RevealError::Denied(denial.to_string())));
        }
        let found = self.ports.as_ref().and_then(|ports| ports.secrets.secret(&name));
        Ok(match found {
            Some(found) => {
                self.mask.add_held(&found.value);
                Ok(found.value.to_vec())
            }
            None => Err(RevealError::Other(format!("there is no secret `{name}`"))),
        })
    }
}
