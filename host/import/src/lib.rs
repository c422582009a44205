//! From configs of other monitoring tools to a config of this one.
//!
//! Texts come in, and a model comes out: checks, heartbeats, templates, the secrets that they name, and notes about
//! what was not carried over, each with its place in the source. `render` writes the model as TOML. Nothing here reads
//! a file, a clock or the environment, uses a network, or is random: whatever has to be new comes from the caller.
//!
//! A secret's value is in `Secret` and nowhere else: not in what is rendered, not in a note or an error, not in any
//! `Debug` output.

mod error;
mod model;
mod value;

mod tree;

mod address;
mod given;
mod names;
mod secrets;
mod span;
mod status;

mod draft;
mod expect;
mod request;
mod tools;

mod blackbox;
mod gatus;
mod kuma;
mod statuscake;

mod render;

pub use blackbox::blackbox;
pub use error::ImportError;
pub use gatus::gatus;
pub use kuma::kuma;
pub use model::{Entry, EntryKind, Import, Note, NoteKind, Secret, SecretSource, Tool};
pub use render::render;
pub use statuscake::statuscake;
pub use value::Value;

/// Makes a key that nobody can guess, of letters and digits.
pub type NewKey<'a> = &'a mut dyn FnMut() -> String;

#[cfg(test)]
mod tests;
