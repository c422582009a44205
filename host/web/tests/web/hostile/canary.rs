//! Texts that run as soon as anything takes them for markup. Each has a number by which it is found again.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// What follows the number: it ends an attribute in either kind of quotes, then begins a script and a picture.
const SCRIPT: &str = "\"'><script>zz()</script><img src=x onerror=zz()>";

/// All texts that were given out, each with what it is.
#[derive(Default)]
pub(super) struct Canaries(RefCell<Vec<&'static str>>);

impl Canaries {
    /// A text for this place.
    pub(super) fn text(&self, place: &'static str) -> String {
        format!("{}{SCRIPT}", self.mark(place))
    }
    /// A link that is a script, in the ways that browsers know.
    pub(super) fn link(&self, place: &'static str) -> String {
        let mut given = self.0.borrow().len();
        given %= 4;
        let scheme = ["javascript:", "JaVaScRiPt://%0a", "data:text/html,", "vbscript:"][given];
        format!("{scheme}{}{SCRIPT}", self.mark(place))
    }
    /// A web link whose path is a script.
    pub(super) fn web_link(&self, place: &'static str) -> String {
        format!("https://{}.example/{SCRIPT}", self.mark(place))
    }
    fn mark(&self, place: &'static str) -> String {
        let mut given = self.0.borrow_mut();
        given.push(place);
        format!("zz{}zz", given.len() - 1)
    }
    /// The places none of whose texts stands in these answers.
    pub(super) fn unseen(&self, seen: &str) -> BTreeSet<&'static str> {
        let given = self.0.borrow();
        let of = |(number, place): (usize, &&'static str)| (seen.contains(&format!("zz{number}zz")), *place);
        let (shown, unseen): (Vec<_>, Vec<_>) =
            given.iter().enumerate().map(of).partition(|(shown, _)| *shown);
        let shown: BTreeSet<_> = shown.into_iter().map(|(_, place)| place).collect();
        unseen.into_iter().map(|(_, place)| place).filter(|place| !shown.contains(place)).collect()
    }
}

/// Something that anybody may send.
pub(super) const SENT: &str = "zzsentzz\"'><script>zz()</script><img src=x onerror=zz()>";
