//! What a plugin says of itself.

/// Made by the attributes as the constant `MANIFEST` beside the function.
#[derive(Clone, Copy, Debug)]
pub struct Manifest {
    pub name: &'static str,
    pub version: &'static str,
    pub summary: &'static str,
    /// JSON Schema 2020-12.
    pub config_schema: &'static str,
    pub requests: &'static [Request],
}

/// A right that does not come from a config field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// An import's name: `http`, `net`, `dns` ...
    pub capability: &'static str,
    /// Follows the capability's grant grammar.
    pub target: &'static str,
    /// For the operator who decides.
    pub reason: &'static str,
}
