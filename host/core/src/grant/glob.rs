//! Names by `*` (any number of letters) and `?` (one letter).

use std::fmt;
use std::sync::Arc;

/// A pattern for names, in a normal form: among adjacent wildcards, each `?` comes before a single `*`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NameGlob(Arc<str>);

impl NameGlob {
    pub(super) fn new(pattern: &str) -> Self {
        let mut spelled = String::with_capacity(pattern.len());
        let mut star = false;
        for letter in pattern.chars() {
            if letter == '*' {
                star = true;
                continue;
            }
            if star && letter != '?' {
                spelled.push('*');
                star = false;
            }
            spelled.push(letter);
        }
        if star {
            spelled.push('*');
        }
        Self(spelled.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn is_one_name(&self) -> bool {
        !self.0.contains(['*', '?'])
    }
    pub fn matches(&self, name: &str) -> bool {
        fits(&self.0, name, |_| true)
    }
    /// Whether every name that `narrow` matches is matched here too. If the letters of the two patterns do not show it,
    /// the answer is no.
    pub fn covers(&self, narrow: &NameGlob) -> bool {
        // A `*` of the narrow pattern is many letters, which only a `*` matches.
        fits(&self.0, &narrow.0, |letter| letter != '*')
    }
}

impl fmt::Display for NameGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the text fits. `one` says what a `?` matches. Backtracks only to the last `*`, so that no pattern makes it
/// slow.
fn fits(pattern: &str, text: &str, one: impl Fn(char) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut last_star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let text_before = text.clone();
        let taken = match (pattern.next(), text.next()) {
            (Some('*'), _) => {
                text = text_before;
                last_star = Some((pattern.clone(), text.clone()));
                true
            }
            (None, None) => return true,
            (Some('?'), Some(letter)) => one(letter),
            (Some(wanted), Some(letter)) => wanted == letter,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if taken {
            continue;
        }
        let Some((after_star, from)) = &mut last_star else { return false };
        if from.next().is_none() {
            return false;
        }
        pattern = after_star.clone();
        text = from.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_and_a_question_mark_one_letter() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("nginx.service", "nginx.service", true),
            ("nginx.service", "nginx.service2", false),
            ("nginx.service", "Nginx.service", false),
            ("nginx*", "nginx", true),
            ("*.service", "a.b.service", true),
            ("*.service", "a.timer", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a?c", "abbc", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("**?", "x", true),
            ("*?", "", false),
            ("über?", "überß", true),
            ("?", "*", true),
        ] {
            assert_eq!(NameGlob::new(pattern).matches(name), expected, "{pattern} {name}");
        }
        let slow = "a*".repeat(100) + "b";
        assert!(!NameGlob::new(&slow).matches(&"a".repeat(250)));
    }

    #[test]
    fn what_covers_a_pattern_matches_all_that_it_matches() {
        for (wide, narrow, expected) in [
            ("*", "*", true),
            ("*", "nginx*", true),
            ("nginx*", "nginx.service", true),
            ("nginx*", "nginx-?.service", true),
            ("nginx*", "*", false),
            ("nginx.service", "nginx*", false),
            ("nginx?service", "nginx*service", false),
            ("a?", "a?", true),
            ("a*", "a?b*", true),
            ("?*", "*?", true),
            ("*?", "?*", true),
            ("a**", "a*", true),
            ("?", "*", false),
            ("a*c", "a*b", false),
        ] {
            assert_eq!(NameGlob::new(wide).covers(&NameGlob::new(narrow)), expected, "{wide} {narrow}");
        }
    }

    proptest::proptest! {
        #[test]
        fn covering_holds_for_every_name(wide in "[ab*?]{0,6}", narrow in "[ab*?]{0,6}", name in "[ab]{0,6}") {
            let (wide, narrow) = (NameGlob::new(&wide), NameGlob::new(&narrow));
            if wide.covers(&narrow) && narrow.matches(&name) {
                proptest::prop_assert!(wide.matches(&name), "{wide} {narrow} {name}");
            }
        }
    }
}
