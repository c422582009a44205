//! `secrets`: the bytes of a secret, for plugins that hold the right to `reveal` it. Attaching one needs no
//! import; which secrets a call may attach is what stands in its config.

use std::collections::BTreeSet;
use std::sync::Arc;

use wasmtime::component::Linker;
use watchkeep_core::grant::Access;
use watchkeep_core::ids::SecretName;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::secrets::{self, Host, RevealError};

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    secrets::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

/// The secrets that a call's config names as `{"secret": "NAME"}`; read only if one is used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attachable {
    config: Option<Arc<str>>,
    names: Option<BTreeSet<String>>,
}

impl Attachable {
    pub(crate) fn of(config: Arc<str>) -> Self {
        Self { config: Some(config), names: None }
    }
    pub(crate) fn contains(&mut self, secret: &str) -> bool {
        self.names().contains(secret)
    }
    pub(crate) fn names(&mut self) -> &BTreeSet<String> {
        let config = &self.config;
        self.names.get_or_insert_with(|| {
            let mut names = BTreeSet::new();
            let value = config.as_ref().and_then(|config| serde_json::from_str(config).ok());
            collect(&value.unwrap_or_default(), &mut names);
            names
        })
    }
}

fn collect(value: &serde_json::Value, names: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => match fields.get("secret") {
            Some(serde_json::Value::String(name)) if fields.len() == 1 => drop(names.insert(name.clone())),
            _ => fields.values().for_each(|value| collect(value, names)),
        },
        serde_json::Value::Array(items) => items.iter().for_each(|value| collect(value, names)),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
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
                self.mask.add(&found.value);
                Ok(found.value.to_vec())
            }
            None => Err(RevealError::Other(format!("there is no secret `{name}`"))),
        })
    }
}
