//! Runs a program over a text, all its ways at once: the time is that of the text, whatever the pattern.

use super::parse::{Class, Look, Op, Program};

/// A way through the program that is under way.
struct Way {
    at: usize,
    saved: Vec<usize>,
}

/// What was not saved.
const NOWHERE: usize = usize::MAX;

struct Search<'s> {
    program: &'s Program,
    text: &'s str,
    /// By operation, the last step in which a way came there.
    seen: Vec<usize>,
    step: usize,
}

/// The positions that were saved, of the first fit from the left; the first two are those of the whole.
pub(super) fn search(program: &Program, text: &str, slots: usize) -> Option<Vec<usize>> {
    let mut search = Search { program, text, seen: vec![0; program.ops.len()], step: 1 };
    let mut ways: Vec<Way> = Vec::new();
    let mut next: Vec<Way> = Vec::new();
    let mut found: Option<Vec<usize>> = None;
    let ends = std::iter::once((text.len(), None));
    for (at, c) in text.char_indices().map(|(at, c)| (at, Some(c))).chain(ends) {
        if found.is_none() {
            // Ways that began earlier come first, and have marked where they are.
            search.add(0, vec![NOWHERE; slots], at, &mut ways);
        } else if ways.is_empty() {
            break;
        }
        search.step += 1;
        let after = at + c.map_or(0, char::len_utf8);
        for way in ways.drain(..) {
            match program.ops[way.at] {
                Op::Found => {
                    found = Some(way.saved);
                    // Those behind it are worse.
                    break;
                }
                Op::Take(class) if c.is_some_and(|c| program.classes[class].holds(c)) => {
                    search.add(way.at + 1, way.saved, after, &mut next);
                }
                Op::Take(_) | Op::Split(..) | Op::Jump(_) | Op::Save(_) | Op::Look(_) => {}
            }
        }
        std::mem::swap(&mut ways, &mut next);
        if found.is_some() && slots == 0 {
            break;
        }
    }
    found
}

impl Search<'_> {
    /// All operations that take something, and the end, to which this one leads without taking anything.
    fn add(&mut self, at: usize, saved: Vec<usize>, position: usize, ways: &mut Vec<Way>) {
        let mut open = vec![Way { at, saved }];
        while let Some(Way { mut at, mut saved }) = open.pop() {
            while self.seen[at] != self.step {
                self.seen[at] = self.step;
                at = match self.program.ops[at] {
                    Op::Take(_) | Op::Found => {
                        ways.push(Way { at, saved });
                        break;
                    }
                    Op::Jump(offset) => at.wrapping_add_signed(offset),
                    Op::Split(first, second) => {
                        open.push(Way { at: at.wrapping_add_signed(second), saved: saved.clone() });
                        at.wrapping_add_signed(first)
                    }
                    Op::Save(slot) => {
                        if let Some(kept) = saved.get_mut(slot) {
                            *kept = position;
                        }
                        at + 1
                    }
                    Op::Look(look) if self.looks(look, position) => at + 1,
                    Op::Look(_) => break,
                };
            }
        }
    }

    fn looks(&self, look: Look, at: usize) -> bool {
        let bytes = self.text.as_bytes();
        let (before, after) = (at.checked_sub(1).and_then(|at| bytes.get(at)), bytes.get(at));
        let is_word =
            |byte: Option<&u8>| byte.is_some_and(|byte| *byte == b'_' || byte.is_ascii_alphanumeric());
        match look {
            Look::TextBegin => before.is_none(),
            Look::TextEnd => after.is_none(),
            Look::LineBegin => before.is_none_or(|byte| *byte == b'\n'),
            Look::LineEnd => after.is_none_or(|byte| *byte == b'\n'),
            Look::WordEdge => is_word(before) != is_word(after),
            Look::NoWordEdge => is_word(before) == is_word(after),
        }
    }
}

impl Class {
    fn holds(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| *low <= c && c <= *high) != self.is_negated
    }
}
