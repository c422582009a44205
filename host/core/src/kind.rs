//! What a plugin is for, which is determined by what it exports.

use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PluginKind {
    Check,
    Notifier,
    Action,
}

impl PluginKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            PluginKind::Check => "check",
            PluginKind::Notifier => "notifier",
            PluginKind::Action => "action",
        }
    }
}
impl fmt::Display for PluginKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
