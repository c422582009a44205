//! A secret's value and where it may be sent. The value is read only through `expose`.

use std::fmt;
use std::sync::Arc;

use watchkeep_core::grant::OriginPattern;
use zeroize::Zeroizing;

/// A secret. It is cheap to clone; the bytes are wiped when the last clone is dropped.
#[derive(Clone, PartialEq)]
pub struct Secret {
    value: Arc<Zeroizing<Vec<u8>>>,
    to: Arc<[OriginPattern]>,
}

impl Secret {
    pub fn new(value: Vec<u8>, to: Vec<OriginPattern>) -> Self {
        Self { value: Arc::new(Zeroizing::new(value)), to: to.into() }
    }
    /// The value. The caller is responsible for where it goes.
    pub fn expose(&self) -> &[u8] {
        &self.value
    }
    /// The origins that it is bound to. If there are none, it is sent nowhere.
    pub fn to(&self) -> &[OriginPattern] {
        &self.to
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("value", &"***").field("to", &self.to).finish()
    }
}
