//! What the audit log says: who did what, to what, when, and from where. The store chains the entries by their hashes.

use crate::time::Wall;

/// The most bytes of one text of an entry; a longer one is cut.
const TEXT_BYTES_MAX: usize = 2_000;

/// One entry. It holds no secret: whoever makes one names things and says how they were.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// Rises by one with each entry. Whoever sends entries to the store counts them.
    pub number: u64,
    pub at: Wall,
    pub who: Author,
    /// What was done, as `alert.acknowledge`.
    pub what: String,
    /// To what: an alert's key, a user's name.
    pub on: String,
    /// How it was; empty where there is nothing to say.
    pub before: String,
    /// How it is now.
    pub after: String,
}

/// Who did something, and how the host knew.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub struct Author {
    /// The person's or the token's name.
    pub name: String,
    /// `viewer`, `operator`, `admin`; empty if nobody was signed in.
    pub role: String,
    /// `session`, `token ID`, `admin token`, `control socket`, `host`.
    pub by_way_of: String,
    /// The address that the request came from; empty for the control socket and the host itself.
    pub from: String,
}

impl AuditEntry {
    /// An entry that has no number yet.
    pub fn new(at: Wall, who: Author, what: &str, on: impl Into<String>) -> Self {
        let (before, after) = (String::new(), String::new());
        Self { number: 0, at, who, what: what.to_owned(), on: cut(on.into()), before, after }
    }
    pub fn from(self, before: impl Into<String>) -> Self {
        Self { before: cut(before.into()), ..self }
    }
    pub fn to(self, after: impl Into<String>) -> Self {
        Self { after: cut(after.into()), ..self }
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
}
