//! Lines for whoever maintains the plugin. Their number is limited; lines over the limit are counted and dropped.

use crate::backend;

pub use crate::bindings::imports::watchkeep::plugin::log::Level;

pub fn debug(message: &str) {
    write(Level::Debug, message, &[]);
}
pub fn info(message: &str) {
    write(Level::Info, message, &[]);
}
pub fn warn(message: &str) {
    write(Level::Warn, message, &[]);
}
pub fn error(message: &str) {
    write(Level::Error, message, &[]);
}

/// Writes a line with fields that can be searched for.
pub fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    let fields: Vec<(String, String)> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    backend::log_write(level, message, &fields);
}
