//! What the host knows of itself.

use crate::model::timers::Armed;
use crate::time::Mono;

/// What the host knows about itself. Not kept over a restart.
#[derive(Debug, Default)]
pub(crate) struct Health {
    pub(crate) look: Option<Armed>,
    pub(crate) dead_man_signal: Option<Armed>,
    pub(crate) late_at: Option<Mono>,
    pub(crate) store_fails: bool,
}
