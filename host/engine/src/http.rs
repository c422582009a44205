//! The broker: speaks HTTP for guests.

pub(crate) mod mask;

use crate::error::EngineError;

pub(crate) struct Broker {}

impl Broker {
    pub(crate) fn new(_extra_roots_pem: &[Vec<u8>], _user_agent: String) -> Result<Self, EngineError> {
        Ok(Self {})
    }
}
