//! Texts whose characters have two or four bytes. Any form may occur in them, with zeros between its characters.

use std::ops::Range;

use super::Form;

/// Zeros are left out in stretches of this size, each of which knows where it began.
const STRETCH_BYTES: usize = 256;

/// A text without its zeros.
pub(super) struct Narrow<'a> {
    wide: &'a [u8],
    bytes: Vec<u8>,
    /// How many bytes of it come before each stretch of the wide text.
    before: Vec<usize>,
}

/// `None` if the text has no zeros, like most.
pub(super) fn narrowed(wide: &[u8]) -> Option<Narrow<'_>> {
    memchr::memchr(0, wide)?;
    let (mut bytes, mut before) = (Vec::with_capacity(wide.len() / 2), Vec::new());
    for stretch in wide.chunks(STRETCH_BYTES) {
        before.push(bytes.len());
        bytes.extend(stretch.iter().filter(|byte| **byte != 0));
    }
    Some(Narrow { wide, bytes, before })
}

impl Narrow<'_> {
    /// Finds `form` in the wide text.
    pub(super) fn find(&self, form: &Form, spans: &mut Vec<Range<usize>>) {
        let mut found = Vec::new();
        form.find(&self.bytes, &mut found);
        spans.extend(found.into_iter().map(|span| self.wide(span.start)..self.wide(span.end - 1) + 1));
    }

    /// The place of a byte in the wide text.
    fn wide(&self, at: usize) -> usize {
        let stretch = self.before.partition_point(|before| *before <= at).saturating_sub(1);
        let begin = stretch * STRETCH_BYTES;
        let mut letters = (begin..self.wide.len()).filter(|at| self.wide[*at] != 0);
        letters.nth(at - self.before[stretch]).unwrap_or(begin)
    }
}
