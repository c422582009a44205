//! Folders and programs of this machine, by the names that the operator gave them. There are no patterns: a grant names
//! one.

use super::GrantError;
use super::local::is_name;
use crate::ids::{CommandName, RootName};

/// The longest path that Linux accepts.
const PATH_BYTES_MAX: usize = 4_095;

/// Parses the name of one folder whose files may be read.
pub fn parse_root_name(name: &str) -> Result<RootName, GrantError> {
    if is_name(name) {
        return Ok(RootName::from(name));
    }
    let hint = "name a folder that stands under [roots]; names have letters, digits and `-_.`";
    Err(GrantError::new(name, "it names no single folder", hint))
}

/// Parses the name of one program that may be run.
pub fn parse_command_name(name: &str) -> Result<CommandName, GrantError> {
    if is_name(name) {
        return Ok(CommandName::from(name));
    }
    let hint = "name a program that stands under [commands.NAME]; names have letters, digits and `-_.`";
    Err(GrantError::new(name, "it names no single program", hint))
}

/// Checks that a path stays below its folder as it is written; links are left to the system. An empty path is the
/// folder itself.
pub(super) fn plain_relative_path(path: &str) -> Result<(), String> {
    if path.starts_with('/') {
        return Err("the path begins at the machine's root".to_owned());
    }
    if path.contains('\0') {
        return Err("the path has a NUL in it".to_owned());
    }
    if path.len() > PATH_BYTES_MAX {
        return Err(format!("the path has more than {PATH_BYTES_MAX} bytes"));
    }
    match path.split('/').any(|part| part == "..") {
        true => Err("the path has the part `..`".to_owned()),
        false => Ok(()),
    }
}
