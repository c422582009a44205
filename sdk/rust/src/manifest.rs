//! What a plugin says about itself.

/// A plugin's manifest, made by the attributes as the constant `MANIFEST` beside the function.
#[derive(Clone, Copy, Debug)]
pub struct Manifest {
    pub name: &'static str,
    pub version: &'static str,
    pub summary: &'static str,
    /// The JSON Schema 2020-12 of the config.
    pub config_schema: &'static str,
    pub requests: &'static [Request],
}

/// A right that does not come from a config field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// The name of an import: `http`, `net`, `dns` ...
    pub capability: &'static str,
    /// The target, in the grant grammar of the capability.
    pub target: &'static str,
    /// The reason, for the operator who decides.
    pub reason: &'static str,
}
