//! A file is read when it has been unchanged for a while, or when it has changed for so long that waiting no longer
//! helps: a file that somebody appends to for ever must not be ignored. A ready file is reported once; a further change
//! begins anew.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::time::Mono;

/// How long to wait for files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settle {
    /// How long a file must be unchanged to be ready.
    pub quiet: Duration,
    /// The longest time from the first change until the file is ready.
    pub most: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Changing {
    first: Mono,
    last: Mono,
}

/// Paths that have changed and are not ready. There is one entry for each path, so it is at most as large as the
/// folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settler<P> {
    settle: Settle,
    changing: BTreeMap<P, Changing>,
}

impl<P: Ord> Settler<P> {
    pub fn new(settle: Settle) -> Self {
        Self { settle, changing: BTreeMap::new() }
    }

    /// Sets other times from now on, also for files that are changing.
    pub fn set(&mut self, settle: Settle) {
        self.settle = settle;
    }

    pub fn changed(&mut self, path: P, now: Mono) {
        let changing = self.changing.entry(path).or_insert(Changing { first: now, last: now });
        changing.last = changing.last.max(now);
    }

    /// When to look again; `None` if nothing is changing.
    pub fn next(&self) -> Option<Mono> {
        self.changing.values().map(|changing| self.at(changing)).min()
    }

    /// The paths that are ready, in order; they are forgotten here.
    pub fn ready(&mut self, now: Mono) -> Vec<P> {
        let settle = self.settle;
        let due = |_: &P, changing: &mut Changing| at(settle, changing) <= now;
        self.changing.extract_if(.., due).map(|(path, _)| path).collect()
    }

    fn at(&self, changing: &Changing) -> Mono {
        at(self.settle, changing)
    }
}

fn at(settle: Settle, changing: &Changing) -> Mono {
    (changing.last + settle.quiet).min(changing.first + settle.most)
}

/// Whether a file of this name is a plugin: `*.wasm`, except hidden names and those that editors and copying programs
/// give to incomplete files.
pub fn is_plugin_file(name: &str) -> bool {
    let temporary = name.starts_with(['.', '#', '~']) || name.contains(".tmp") || name.contains(".part");
    name.strip_suffix(".wasm").is_some_and(|stem| !stem.is_empty()) && !temporary
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETTLE: Settle = Settle { quiet: Duration::from_millis(300), most: Duration::from_secs(2) };

    fn ms(millis: u64) -> Mono {
        Mono::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn a_file_is_ready_once_it_was_quiet_and_then_forgotten() {
        let mut settler = Settler::new(SETTLE);
        assert_eq!(settler.next(), None);
        settler.changed("a", ms(0));
        settler.changed("a", ms(250));
        assert_eq!(settler.next(), Some(ms(550)));
        assert!(settler.ready(ms(549)).is_empty());
        assert_eq!(settler.ready(ms(550)), ["a"]);
        assert!(settler.ready(ms(9_000)).is_empty());
    }

    #[test]
    fn a_file_that_never_rests_is_read_all_the_same_and_again_after_the_next_change() {
        let mut settler = Settler::new(SETTLE);
        let mut ready = Vec::new();
        for at in (0..5_000).step_by(100) {
            settler.changed("a", ms(at));
            ready.extend(settler.ready(ms(at)).into_iter().map(|_| at));
        }
        // The change at 2,000 is read with it; the next one is at 2,100.
        assert_eq!(ready, [2_000, 4_100]);
        assert_eq!(settler.next(), Some(ms(5_200)));
    }

    #[test]
    fn paths_settle_each_on_their_own() {
        let mut settler = Settler::new(SETTLE);
        settler.changed("b", ms(0));
        settler.changed("a", ms(200));
        assert_eq!(settler.ready(ms(300)), ["b"]);
        assert_eq!(settler.ready(ms(500)), ["a"]);
    }

    #[test]
    fn names_of_what_is_not_whole_are_no_plugins() {
        for name in ["http.wasm", "my-check_2.wasm"] {
            assert!(is_plugin_file(name), "{name}");
        }
        for name in [
            ".http.wasm",
            ".http.wasm.Xy12",
            "http.wasm.part",
            "http.wasm~",
            "http.tmp.wasm",
            "#http.wasm",
            "~http.wasm",
            "http.wat",
            ".wasm",
            "wasm",
        ] {
            assert!(!is_plugin_file(name), "{name}");
        }
    }

    proptest! {
        /// Whatever the changes, nothing is ready before it was unchanged for long enough or the longest time has
        /// passed, and nothing later.
        #[test]
        fn ready_exactly_when_quiet_or_at_the_most(steps in prop::collection::vec(1_u64..700, 1..40)) {
            let mut settler = Settler::new(SETTLE);
            let (mut now, mut first, mut last) = (0, None, 0);
            for step in steps {
                for tick in now..now + step {
                    let due = first.map(|first: u64| (last + 300).min(first + 2_000));
                    let ready = settler.ready(ms(tick));
                    prop_assert_eq!(!ready.is_empty(), due.is_some_and(|due| due <= tick));
                    if !ready.is_empty() {
                        first = None;
                    }
                }
                now += step;
                settler.changed((), ms(now));
                last = now;
                first = first.or(Some(now));
            }
        }
    }
}
