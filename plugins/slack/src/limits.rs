//! What Slack takes in one message.

/// Blocks of one attachment.
pub(crate) const BLOCKS_MAX: usize = 50;
/// Characters of a section's text.
pub(crate) const SECTION_CHARS_MAX: usize = 3_000;
/// Characters of the text above the blocks: longer ones are cut by Slack where it likes.
pub(crate) const TEXT_CHARS_MAX: usize = 1_000;
/// Characters of an element of a context block, by the same measure.
pub(crate) const CONTEXT_CHARS_MAX: usize = 1_000;
