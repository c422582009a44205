//! From a plugin's crate to its component.
//!
//! [`Build`] finds a compiler that knows `wasm32-unknown-unknown` (see [`Toolchain`] for the order), lets cargo
//! build one or several crates under a profile for size, and has `wit-component` make components of the
//! modules. Nothing but the contract is imported by the result.
//!
//! It holds no state of its own: what cargo has built stays in the target folder, and a second call with
//! nothing changed costs what cargo takes to see that. It needs the network once, for crates and perhaps for
//! the compiler's target.
//!
//! ```no_run
//! let built = watchkeep_build::Build::of("examples/first-check").run()?;
//! println!("{} is {} bytes", built[0].path.display(), built[0].bytes.len());
//! # Ok::<(), watchkeep_build::BuildError>(())
//! ```

mod build;
mod cargo;
mod component;
mod crates;
mod error;
mod toolchain;

pub use build::{Build, Built, Names, Progress};
pub use component::{Component, Kind, encode, imports_of};
pub use error::BuildError;
pub use toolchain::{TARGET, Toolchain};
