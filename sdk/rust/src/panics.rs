//! Logs the message of a panic as the last error, which the host shows with the failure. Only in components that
//! `watchkeep plugin build` builds for their author, because it makes every plugin import `log`.

use crate::log;

pub(crate) fn hear() {
    std::panic::set_hook(Box::new(|panic| log::error(&panic.to_string())));
}
