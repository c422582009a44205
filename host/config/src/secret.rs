//! A secret's value and where it may go. The value leaves by `expose` alone.

use std::fmt;
use std::sync::Arc;

use watchkeep_core::grant::OriginPattern;
use zeroize::Zeroizing;

/// Cheap to clone; the bytes are wiped when the last clone goes.
#[derive(Clone, PartialEq)]
pub struct Secret {
    value: Arc<Zeroizing<Vec<u8>>>,
    to: Arc<[OriginPattern]>,
}

impl Secret {
    pub fn new(value: Vec<u8>, to: Vec<OriginPattern>) -> Self {
        Self { value: Arc::new(Zeroizing::new(value)), to: to.into() }
    }
    /// The value. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &[u8] {
        &self.value
    }
    /// The origins that it is bound to. Empty: it goes nowhere.
    pub fn to(&self) -> &[OriginPattern] {
        &self.to
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("value", &"***").field("to", &self.to).finish()
    }
}
