//! What stands in the body. Not to be found in a part says nothing of the whole, nor does what cannot be read.

use sha2::{Digest as _, Sha256};
use watchkeep_sdk::config::{Needle, Pattern};
use watchkeep_sdk::http::{Reading, Response};
use watchkeep_sdk::prelude::*;

use crate::config::{Ask, Way};
use crate::veil::Veil;

/// How much of a body came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// More than was asked for.
    Long,
    /// It broke off.
    Part,
}

impl Extent {
    pub(super) fn of(response: &Response) -> Self {
        if response.truncated { Extent::Long } else { Extent::Whole }
    }
}

/// A body, and what may be said of it.
pub(super) struct Content<'r> {
    pub(super) way: &'r Way,
    pub(super) ask: &'r Ask,
    pub(super) response: &'r Response,
    pub(super) reading: &'r Reading,
    pub(super) extent: Extent,
    pub(super) veil: &'r Veil,
}

impl Content<'_> {
    pub(super) fn judge(&self, complaints: &mut Complaints) {
        let Content { ask, veil, response, .. } = self;
        if !ask.reads_body() {
            return;
        }
        let text = response.text();
        for (needles, is_wanted) in [(&ask.find, true), (&ask.do_not_find, false)] {
            for needle in &needles.0 {
                let is_there = needle.stands_in(&text);
                let (said, doubt) = (veil.clipped(needle.as_str()), self.in_doubt(Some(needle)));
                match (is_there, doubt) {
                    (true, _) if is_wanted => {}
                    (true, _) => complaints.critical(format!("`{said}` is in the answer")),
                    (false, Some(doubt)) => complaints.open(doubt),
                    (false, None) if is_wanted => {
                        complaints.critical(format!("`{said}` is not in the answer"))
                    }
                    (false, None) => {}
                }
            }
        }
        for (patterns, is_wanted) in [(&ask.find_pattern, true), (&ask.do_not_find_pattern, false)] {
            for pattern in &patterns.0 {
                let fits = self.fits(pattern, &text);
                let said = veil.clipped(pattern.as_str());
                match (fits, self.pattern_in_doubt()) {
                    (true, _) if is_wanted => {}
                    (true, _) => complaints.critical(format!("something in the answer matches `{said}`")),
                    (false, Some(doubt)) => complaints.open(doubt),
                    (false, None) if is_wanted => {
                        complaints.critical(format!("nothing in the answer matches `{said}`"));
                    }
                    (false, None) => {}
                }
            }
        }
        self.json(complaints);
        self.size(complaints);
        self.digest(complaints);
    }

    /// What is certain of a part: where it is cut, an end was found that is none.
    fn fits(&self, pattern: &Pattern, text: &str) -> bool {
        let Some(found) = pattern.find(text) else { return false };
        let is_within = self.extent == Extent::Whole || found.end < text.len();
        let is_certain = match self.reading {
            Reading::All => true,
            Reading::Ascii(_) => text.get(found).is_some_and(str::is_ascii),
            Reading::Nothing(_) => false,
        };
        is_within && is_certain
    }

    fn in_doubt(&self, needle: Option<&Needle>) -> Option<String> {
        match (self.extent, self.reading) {
            (Extent::Long, _) => Some(format!(
                "the answer is longer than the {} bytes that were read; hint: raise `body_max`",
                self.ask.body_bytes(self.way)
            )),
            (Extent::Part, _) => Some("the answer is not whole".to_owned()),
            (Extent::Whole, Reading::Nothing(why)) => Some(format!("the answer cannot be read: {why}")),
            (Extent::Whole, Reading::Ascii(why)) => {
                needle.filter(|needle| !needle.is_ascii()).map(|needle| {
                    let needle = self.veil.clipped(needle.as_str());
                    format!("whether `{needle}` is in the answer cannot be told: {why}")
                })
            }
            (Extent::Whole, Reading::All) => None,
        }
    }

    /// What is uncertain in a text may be what a pattern speaks of.
    fn pattern_in_doubt(&self) -> Option<String> {
        self.in_doubt(None).or_else(|| match self.reading {
            Reading::Ascii(why) => Some(format!("the answer cannot be read for certain: {why}")),
            Reading::All | Reading::Nothing(_) => None,
        })
    }

    fn json(&self, complaints: &mut Complaints) {
        if self.ask.json.is_empty() {
            return;
        }
        match (self.response.json(), self.in_doubt(None)) {
            (_, Some(doubt)) => complaints.open(doubt),
            (Ok(document), None) => {
                let wrong = self.ask.json.iter().filter_map(|one| one.judge(&document, self.veil).err());
                wrong.for_each(|wrong| complaints.critical(wrong));
            }
            (Err(error), None) => complaints.critical(format!("the answer is not JSON: {error}")),
        }
    }

    fn size(&self, complaints: &mut Complaints) {
        let size = self.response.body.len() as u64;
        let (max, min) = (self.ask.body_size_max, self.ask.body_size_min);
        let over = max.map(|max| max.bytes()).filter(|max| size > *max);
        let under = min.map(|min| min.bytes()).filter(|min| size < *min);
        match (over, under, self.extent) {
            (Some(max), _, Extent::Long) => {
                complaints.critical(format!("the body has more than {max} bytes"))
            }
            (Some(max), ..) => complaints.critical(format!("the body has {size} bytes, more than {max}")),
            (None, Some(min), Extent::Whole) => {
                complaints.critical(format!("the body has {size} bytes, less than {min}"));
            }
            (None, None, Extent::Whole) => {}
            (None, ..) if max.is_some() || under.is_some() => self.open(complaints),
            (None, ..) => {}
        }
    }

    fn digest(&self, complaints: &mut Complaints) {
        let Some(wanted) = &self.ask.body_sha256 else { return };
        if self.extent != Extent::Whole {
            return self.open(complaints);
        }
        let found = hexadecimal(&Sha256::digest(&self.response.body));
        if found != wanted.0 {
            complaints.critical(format!("the body's SHA-256 is {found}"));
        }
    }

    fn open(&self, complaints: &mut Complaints) {
        if let Some(doubt) = self.in_doubt(None) {
            complaints.open(doubt);
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
