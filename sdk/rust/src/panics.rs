//! What a panic has to say, as the last error in the log: the host shows it with the failure. Only in components
//! that `watchkeep plugin build` makes for their author, since it imports `log` into every plugin.

use crate::log;

pub(crate) fn hear() {
    std::panic::set_hook(Box::new(|panic| log::error(&panic.to_string())));
}
