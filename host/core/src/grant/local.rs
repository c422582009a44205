//! Sockets of this machine, by the names that the operator gave them. A stream is granted by the name alone. HTTP is
//! granted by name, method and path, because access to some of them (Docker's) is as good as root.

use std::fmt;
use std::sync::Arc;

use super::GrantError;
use crate::ids::SocketName;

const HINT: &str = "write it as `docker GET /containers/`: socket, method (or `*`), beginning of the path";

/// An entry for `http_local`: `docker GET /containers/`, or `docker POST /containers/*/restart` for any one part.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LocalPattern {
    socket: SocketName,
    /// The method; `None` for any.
    method: Option<Arc<str>>,
    /// The path, without a slash at its end, so that the root is empty.
    path: Arc<str>,
}

impl LocalPattern {
    pub fn parse(entry: &str) -> Result<Self, GrantError> {
        let parts: Vec<&str> = entry.split(' ').filter(|part| !part.is_empty()).collect();
        let &[socket, method, path] = parts.as_slice() else {
            return Err(GrantError::new(entry, "it has not three parts", HINT));
        };
        let socket = parse_socket_name(socket).map_err(|error| error.of(entry))?;
        let method = match method {
            "*" => None,
            method if method.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-') => Some(method.into()),
            method => {
                let problem = format!("`{method}` is not a method");
                return Err(GrantError::new(entry, problem, "write it in capitals, such as `GET`, or `*`"));
            }
        };
        plain_path(path).map_err(|problem| GrantError::new(entry, problem, HINT))?;
        if let Some(part) = path.split('/').find(|part| part.len() > 1 && part.contains('*')) {
            let problem = format!("`{part}` is a part of the path with a `*` in it");
            return Err(GrantError::new(
                entry,
                problem,
                "`*` stands for a whole part: `docker POST /containers/*/restart`",
            ));
        }
        Ok(Self { socket, method, path: path.trim_end_matches('/').into() })
    }

    /// Whether the pattern covers a request. `path` must be plain.
    pub(super) fn covers(&self, socket: &str, method: &str, path: &str) -> bool {
        let mut asked = path.split('/');
        let mut covers = |part: &str| {
            asked.next().is_some_and(|asked| part == asked || (part == "*" && !asked.is_empty()))
        };
        self.socket.as_str() == socket
            && self.method.as_deref().is_none_or(|only| only == method)
            && self.path.split('/').all(&mut covers)
    }
    pub fn socket(&self) -> &SocketName {
        &self.socket
    }
}

impl fmt::Display for LocalPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &*self.path };
        write!(f, "{} {} {path}", self.socket, self.method.as_deref().unwrap_or("*"))
    }
}

/// Parses the name of one socket; there are no patterns for sockets.
pub fn parse_socket_name(name: &str) -> Result<SocketName, GrantError> {
    if is_name(name) {
        return Ok(SocketName::from(name));
    }
    let hint = "name a socket that stands under [sockets]; names have letters, digits and `-_.`";
    Err(GrantError::new(name, "it names no single socket", hint))
}

/// Whether the text is a valid name for something on this machine that the operator names.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= 64 && name.bytes().all(fits)
}

/// Checks that a path means the same to everybody who reads it. What a server might read as another path is refused,
/// because a prefix would not cover that path.
pub(super) fn plain_path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err("the path does not begin with `/`".to_owned());
    }
    let lower = path.to_ascii_lowercase();
    for odd in ["//", "\\", "%2e", "%2f", "%5c", "%25", "?", "#"] {
        if lower.contains(odd) {
            return Err(format!("the path has `{odd}` in it"));
        }
    }
    match path.split('/').find(|part| matches!(*part, "." | "..")) {
        Some(part) => Err(format!("the path has the part `{part}`")),
        None => Ok(()),
    }
}
