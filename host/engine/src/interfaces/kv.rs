//! `kv`: the state of a check or receiver. Writes stay in the call, which sees them. They leave it only if it ends
//! well, and with secrets masked; the store commits them with the outcome.

use std::collections::BTreeMap;

use wasmtime::component::Linker;
use watchkeep_core::commit::{KvScope, KvWrite};
use watchkeep_core::limits::Limit;

use super::gate::{Gate, Gated};
use crate::call::{CallState, HostStop};
use crate::contract::kv::{self, Entry, Host, KvError};
use crate::http::mask::{Audience, Mask};

/// The most bytes of one key.
const KEY_BYTES_MAX: usize = 512;

#[derive(Debug, Default)]
pub(crate) struct KvState {
    /// `None` while the plugin is described or validated.
    pub(crate) scope: Option<KvScope>,
    writes: BTreeMap<String, Write>,
    written_bytes: usize,
}

#[derive(Debug)]
struct Write {
    value: Option<Vec<u8>>,
    version: u64,
}

impl KvState {
    pub(crate) fn of(scope: KvScope) -> Self {
        Self { scope: Some(scope), ..Self::default() }
    }
    /// Takes the writes, with secrets masked: those do not belong in the database. They are masked only here, because a
    /// guest that read its own writes back masked could test guesses that way.
    pub(crate) fn take(&mut self, scope: &KvScope, mask: &Mask) -> Vec<KvWrite> {
        let mut kept = BTreeMap::new();
        for (key, Write { value, version }) in std::mem::take(&mut self.writes) {
            let key = mask.text(key, Audience::Store);
            let value = value.map(|value| mask.bytes(value, Audience::Store));
            kept.insert(key.clone(), KvWrite { scope: scope.clone(), key, value, version });
        }
        kept.into_values().collect()
    }
}

gate! {
    kv {
        fn get(key: String) -> Option<Entry>;
        fn set(key: String, value: Vec<u8>) -> Result<u64, KvError>;
        fn compare_and_set(key: String, version: u64, value: Vec<u8>) -> Result<u64, KvError>;
        fn delete(key: String) -> Result<(), KvError>;
        fn keys(prefix: String) -> Vec<String>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    kv::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl CallState {
    /// The value and version as this call sees them. Version 0 means that the key has never existed.
    fn kv_current(&self, key: &str) -> wasmtime::Result<(Option<Vec<u8>>, u64)> {
        if let Some(Write { value, version }) = self.own.kv.writes.get(key) {
            return Ok((value.clone(), *version));
        }
        let (Some(ports), Some(scope)) = (&self.ports, &self.own.kv.scope) else { return Ok((None, 0)) };
        match ports.kv.get(scope, key) {
            Ok(Some((value, version))) => Ok((Some(value), version)),
            Ok(None) => Ok((None, 0)),
            Err(error) => Err(HostStop::Host(error.to_string()).into()),
        }
    }

    fn kv_all_keys(&self, prefix: &str) -> wasmtime::Result<Vec<String>> {
        let mut keys = match (&self.ports, &self.own.kv.scope) {
            (Some(ports), Some(scope)) => {
                ports.kv.keys(scope, prefix).map_err(|error| HostStop::Host(error.to_string()))?
            }
            _ => Vec::new(),
        };
        for (key, write) in
            self.own.kv.writes.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix))
        {
            match (keys.binary_search(key), &write.value) {
                (Ok(at), None) => drop(keys.remove(at)),
                (Err(at), Some(_)) => keys.insert(at, key.clone()),
                (Ok(_), Some(_)) | (Err(_), None) => {}
            }
        }
        Ok(keys)
    }

    fn kv_put(
        &mut self,
        key: String,
        value: Vec<u8>,
        expected: Option<u64>,
    ) -> wasmtime::Result<Result<u64, KvError>> {
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Ok(Err(KvError::Other(format!(
                "a key has 1 to {KEY_BYTES_MAX} bytes, not {}",
                key.len()
            ))));
        }
        if value.len() > self.limits.kv_value_bytes {
            self.meet(Limit::KvValue, format!("a kv value of {} bytes", value.len()));
            return Ok(Err(KvError::TooLarge(self.limits.kv_value_bytes as u64)));
        }
        let (current, version) = self.kv_current(&key)?;
        let seen = if current.is_some() { version } else { 0 };
        if expected.is_some_and(|expected| expected != seen) {
            return Ok(Err(KvError::Conflict(seen)));
        }
        let total = self.own.kv.written_bytes.saturating_add(key.len()).saturating_add(value.len());
        if total > self.limits.kv_bytes {
            self.meet(Limit::Kv, format!("kv writes of {total} bytes in one call"));
            return Ok(Err(KvError::Full(self.limits.kv_bytes as u64)));
        }
        if current.is_none() && self.kv_all_keys("")?.len() >= self.limits.kv_keys {
            let max = self.limits.kv_keys;
            self.meet(Limit::KvKeys, format!("more than {max} kv keys"));
            return Ok(Err(KvError::Full(self.limits.kv_keys as u64)));
        }
        self.own.kv.written_bytes = total;
        self.own.kv.writes.insert(key, Write { value: Some(value), version: version + 1 });
        Ok(Ok(version + 1))
    }
}

impl Host for CallState {
    async fn get(&mut self, key: String) -> wasmtime::Result<Option<Entry>> {
        self.enter()?;
        let (value, version) = self.kv_current(&key)?;
        Ok(value.map(|value| Entry { value, version }))
    }
    async fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<u64, KvError>> {
        self.enter()?;
        self.kv_put(key, value, None)
    }
    async fn compare_and_set(
        &mut self,
        key: String,
        version: u64,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<u64, KvError>> {
        self.enter()?;
        self.kv_put(key, value, Some(version))
    }
    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), KvError>> {
        self.enter()?;
        let (current, version) = self.kv_current(&key)?;
        if current.is_some() {
            self.own.kv.writes.insert(key, Write { value: None, version: version + 1 });
        }
        Ok(Ok(()))
    }
    async fn keys(&mut self, prefix: String) -> wasmtime::Result<Vec<String>> {
        self.enter()?;
        self.kv_all_keys(&prefix)
    }
}
