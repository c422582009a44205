//! The plugins that come with Watchkeep. They are components like any other and load through the same path; a
//! file of the same name in the plugin folder wins.
//!
//! The build script builds them with `watchkeep-build` into a target folder of its own: every folder of `plugins/`
//! that holds a crate. Nowhere else is written down which there are.

pub mod folders;

/// A component and the name that its manifest states.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    pub name: &'static str,
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
