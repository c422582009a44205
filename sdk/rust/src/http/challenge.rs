//! How a server asks for a login: `WWW-Authenticate` (RFC 9110).

/// Longer than any server sends.
const CHALLENGE_BYTES_MAX: usize = 4 << 10;

/// What a server wants as a login: the scheme in lower case, and its parameters in the order in which they came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge {
    pub scheme: String,
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The parameter of this name, in whatever case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut own = self.parameters.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        own.next().map(|(_, value)| value.as_str())
    }
}

/// The challenges of one header `WWW-Authenticate`. Quoted texts stay as they stand between their quotes: they go back the
/// same way.
pub fn challenges(header: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    if header.len() > CHALLENGE_BYTES_MAX || header.chars().any(char::is_control) {
        return found;
    }
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        let end = rest.find([' ', ',', '=', '\t']).unwrap_or(rest.len());
        if end == 0 {
            // A value without a name, or the end.
            return found;
        }
        let word = &rest[..end];
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            found.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
            continue;
        };
        let value = value.trim_start();
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_at(closing(quoted)),
            None => value.split_at(value.find([' ', ',', '\t']).unwrap_or(value.len())),
        };
        rest = behind.strip_prefix('"').unwrap_or(behind);
        if let Some(challenge) = found.last_mut() {
            challenge.parameters.push((word.to_owned(), value.to_owned()));
        }
    }
}

/// Where the quote ends.
fn closing(quoted: &str) -> usize {
    let mut is_escaped = false;
    let end = quoted.char_indices().find(|(_, c)| {
        let is_end = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(quoted.len(), |(at, _)| at)
}
