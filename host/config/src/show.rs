//! A check as it is after templates, `each` and defaults.

use watchkeep_core::ids::CheckName;

use crate::config::Config;

/// TOML; secrets stand in it as `{ secret = "NAME" }`. `None` if there is no such check.
pub fn show(config: &Config, name: &CheckName) -> Option<String> {
    let spec = config.setup.checks.get(name)?;
    Some(format!("[[check]]\nname = \"{}\"\n", spec.name))
}
