//! The plugins that come with the binary.

/// One bundled plugin.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// The name that its manifest states.
    pub name: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

/// All of them, in name order.
pub static BUNDLED: &[Bundled] = &[];
