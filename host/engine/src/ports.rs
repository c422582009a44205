//! What the engine needs of the rest of the host; the daemon implements it.

use std::fmt;
use std::sync::Arc;

use watchkeep_core::commit::KvScope;
use watchkeep_core::ids::SecretName;
use watchkeep_core::time::Wall;

use watchkeep_core::grant::OriginPattern;

use crate::tape::Tape;

/// The key-value state as it was committed last.
pub trait KvReader: Send + Sync {
    /// The value and its version.
    fn get(&self, scope: &KvScope, key: &str) -> Result<Option<(Vec<u8>, u64)>, KvReadError>;
    /// All keys that begin with `prefix`, in order.
    fn keys(&self, scope: &KvScope, prefix: &str) -> Result<Vec<String>, KvReadError>;
}

/// The store could not be read: the host's failing, not the plugin's.
#[derive(Clone, Debug, thiserror::Error)]
#[error("key-value state could not be read: {0}")]
pub struct KvReadError(pub String);

/// The operator's secrets.
pub trait SecretSource: Send + Sync {
    fn secret(&self, name: &SecretName) -> Option<Secret>;
}

/// A secret's bytes and the origins that the operator bound it to.
#[derive(Clone)]
pub struct Secret {
    pub value: Arc<[u8]>,
    pub to: Arc<[OriginPattern]>,
}
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Cheap to clone: one per process, or one per test.
#[derive(Clone)]
pub struct Ports {
    pub kv: Arc<dyn KvReader>,
    pub secrets: Arc<dyn SecretSource>,
    pub wall: Arc<dyn Fn() -> Wall + Send + Sync>,
    /// Listens to host calls, or answers them; none while a host runs.
    pub tape: Option<Tape>,
}
