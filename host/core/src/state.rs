//! Everything the core remembers between two inputs.

use std::sync::Arc;

use crate::restore::Restored;
use crate::setup::Setup;
use crate::time::Now;

#[derive(Debug)]
pub struct State {
    setup: Arc<Setup>,
}

impl State {
    pub(crate) fn empty(setup: Arc<Setup>, _restored: Restored, _now: Now) -> State {
        State { setup }
    }
    /// The setup in force.
    pub fn setup(&self) -> &Arc<Setup> {
        &self.setup
    }
}
