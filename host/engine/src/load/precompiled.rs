//! One of the three `unsafe` of this crate: compiled code is mapped and run as it is in the file.
//!
//! Why it is sound: the file lies in a folder of mode 0700 that only this host writes; its bytes were made by
//! `Engine::precompile_component` in the compiling child, which validates the component first; it was written
//! whole, made durable and renamed, so it is never seen half written; its name carries the digest of the
//! component and the compatibility hash of the engine, and wasmtime checks version and settings again. Who
//! can write into that folder can write the host's own database and binary. The plugin folder is never read
//! this way.

use std::path::Path;

use wasmtime::Engine;
use wasmtime::component::Component;

#[allow(unsafe_code, reason = "mapping trusted compiled code is what makes a start fast; argued above")]
pub(super) fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: see the module's documentation.
    unsafe { Component::deserialize_file(engine, path) }
}
