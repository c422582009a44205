//! One thread that advances the epoch: every call is bounded by it, and no call needs a timer of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::EngineError;

/// How often the epoch advances, at which a computing guest is checked.
const TICK: Duration = Duration::from_millis(10);

/// Stops with the last handle.
pub(crate) struct Ticker {
    stopped: Arc<AtomicBool>,
}

impl Ticker {
    pub(crate) fn start(engine: &wasmtime::Engine) -> Result<Self, EngineError> {
        let stopped = Arc::new(AtomicBool::new(false));
        let (weak, flag) = (engine.weak(), Arc::clone(&stopped));
        std::thread::Builder::new()
            .name("watchkeep-epoch".to_owned())
            .spawn(move || {
                while !flag.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK);
                    match weak.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => return,
                    }
                }
            })
            .map_err(EngineError::Ticker)?;
        Ok(Self { stopped })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
