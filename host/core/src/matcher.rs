//! Matchers over labels (rule R1): `team="web"`, `!=`, `=~`, `!~`. Patterns are anchored, and a missing label is empty.
//!
//! The syntax is Alertmanager's: the value may be quoted, with `\"`, `\\` and `\n` as escapes, or bare; so may the
//! name. Regular expressions are compiled once, under a size limit, so that a hostile one costs no memory.

use std::fmt;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::labels::Labels;

/// A condition on one label. Two matchers are equal if they were written alike.
#[derive(Clone, Debug)]
pub struct Matcher {
    text: String,
    name: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Is(String),
    IsNot(String),
    Fits(Arc<Regex>),
    FitsNot(Arc<Regex>),
}

/// Whether a matcher fits an alert about which not everything is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Fit {
    Never,
    Perhaps,
    Always,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{matcher}` is not a valid matcher: {problem}; hint: write it as `team=\"web\"`, with `=`, `!=`, `=~` or `!~`"
)]
pub struct MatcherError {
    pub matcher: String,
    pub problem: String,
}

/// The most bytes of a compiled pattern. Generous for what people write, far below what `(a{1000}){1000}` needs.
const PATTERN_BYTES_MAX: usize = 256 * 1024;

impl Matcher {
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        let text = text.trim();
        parse(text).map_err(|problem| MatcherError { matcher: text.to_owned(), problem })
    }
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.name);
        match &self.test {
            Test::Is(wanted) => value == wanted,
            Test::IsNot(unwanted) => value != unwanted,
            Test::Fits(pattern) => pattern.is_match(value),
            Test::FitsNot(pattern) => !pattern.is_match(value),
        }
    }
    /// Like `matches`, where something may be unknown.
    pub(crate) fn fits(&self, labels: &Labels) -> Fit {
        if self.matches(labels) { Fit::Always } else { Fit::Never }
    }
    /// Whether it fits a label that has some value.
    pub(crate) fn fits_some(&self) -> Fit {
        match &self.test {
            Test::Is(wanted) if wanted.is_empty() => Fit::Never,
            Test::IsNot(unwanted) if unwanted.is_empty() => Fit::Always,
            Test::Is(_) | Test::IsNot(_) | Test::Fits(_) | Test::FitsNot(_) => Fit::Perhaps,
        }
    }
    /// The value that it requires, if it names one.
    pub fn wanted(&self) -> Option<&str> {
        match &self.test {
            Test::Is(wanted) => Some(wanted),
            Test::IsNot(_) | Test::Fits(_) | Test::FitsNot(_) => None,
        }
    }
    /// The label that it looks at.
    pub fn label(&self) -> &str {
        &self.name
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Matcher {}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse(text: &str) -> Result<Matcher, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.starts_with('{') {
        return Err("braces have no place here, each matcher is an entry of its own".to_owned());
    }
    let (name, rest) = read_name(text)?;
    let rest = rest.trim_start();
    // Longer operators come first: `=~` begins with `=`.
    let value_behind = |operator: &str| rest.strip_prefix(operator).map(|value| read_value(value.trim()));
    let test = if let Some(value) = value_behind("=~") {
        Test::Fits(compile(&value?)?)
    } else if let Some(value) = value_behind("!~") {
        Test::FitsNot(compile(&value?)?)
    } else if let Some(value) = value_behind("!=") {
        Test::IsNot(value?)
    } else if let Some(value) = value_behind("=") {
        Test::Is(value?)
    } else {
        return Err(format!("no operator follows the label `{name}`"));
    };
    Ok(Matcher { text: text.to_owned(), name, test })
}

fn read_name(text: &str) -> Result<(String, &str), String> {
    if text.starts_with('"') {
        let (name, rest) = read_quoted(text)?;
        return if name.is_empty() { Err("the label name is empty".to_owned()) } else { Ok((name, rest)) };
    }
    let is_reserved = |c: char| c.is_whitespace() || "{}!=~,\\\"'`".contains(c);
    let end = text.find(is_reserved).unwrap_or(text.len());
    if end == 0 {
        return Err("the label name is missing".to_owned());
    }
    Ok((text[..end].to_owned(), &text[end..]))
}

fn read_value(text: &str) -> Result<String, String> {
    if text.starts_with('"') {
        let (value, rest) = read_quoted(text)?;
        return match rest.trim_start() {
            "" => Ok(value),
            rest if rest.starts_with(',') => Err("each matcher is an entry of its own".to_owned()),
            rest => Err(format!("`{rest}` follows the value")),
        };
    }
    if text.contains('"') {
        return Err("a quote is in a value that does not begin with one".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads from the opening quote to the closing one, and returns the rest as well. A backslash before any character
/// other than `"`, `\` and `n` stands for itself, so that `\d` and `\.` need no doubling.
fn read_quoted(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                Some((_, c)) => value.extend(['\\', c]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err("the closing quote is missing".to_owned())
}

/// Compiles a pattern that is anchored to the whole value.
pub(crate) fn compile(pattern: &str) -> Result<Arc<Regex>, String> {
    // The pattern is compiled by itself first: `a)|(b` must not borrow the parentheses of the anchoring.
    let sized = |text: &str| {
        RegexBuilder::new(text).size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX).build()
    };
    let problem = |error: regex::Error| match error {
        regex::Error::CompiledTooBig(_) => "the regular expression is too large".to_owned(),
        error => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("the regular expression does not parse: {}", last.trim_start_matches("error: "))
        }
    };
    sized(pattern).map_err(problem)?;
    sized(&format!("^(?:{pattern})$")).map(Arc::new).map_err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        [("team", "web"), ("site", "oslo-12"), ("note", "say \"hi\"\nthere"), ("with space", "x")]
            .into_iter()
            .collect()
    }
    fn check(matcher: &str) -> bool {
        Matcher::parse(matcher).unwrap().matches(&labels())
    }
    fn problem(matcher: &str) -> String {
        Matcher::parse(matcher).unwrap_err().problem
    }

    #[test]
    fn equal_and_unequal_compare_the_whole_value() {
        assert!(check("team=\"web\""));
        assert!(!check("team=\"we\""));
        assert!(check("team!=\"db\""));
        assert!(!check("team!=\"web\""));
    }

    #[test]
    fn patterns_are_anchored_at_both_ends() {
        assert!(check("site=~\"oslo-.*\""));
        assert!(!check("site=~\"oslo\""));
        assert!(!check("site=~\"12\""));
        assert!(check("site=~\"bergen|oslo-12\""));
        assert!(!check("site=~\"oslo|bergen\""), "the anchors hold for every alternative");
        assert!(check("site!~\"oslo\""));
        assert!(!check("site!~\"oslo.*\""));
    }

    #[test]
    fn a_missing_label_is_empty() {
        assert!(check("owner=\"\""));
        assert!(check("owner="));
        assert!(!check("owner!=\"\""));
        assert!(check("owner=~\".*\""));
        assert!(!check("owner=~\".+\""));
        assert!(check("owner!~\".+\""));
        assert!(check("owner!=\"web\""));
    }

    #[test]
    fn values_and_names_may_stand_bare_or_quoted_with_blanks_around() {
        assert!(check("  team = web  "));
        assert!(check("team=web"));
        assert!(check("site =~ oslo-[0-9]+"));
        assert!(check("\"with space\" = x"));
    }

    #[test]
    fn escapes_stand_for_quote_backslash_and_line_end_and_all_else_for_itself() {
        assert!(check(r#"note="say \"hi\"\nthere""#));
        assert!(check(r#"site=~"oslo-\d+""#));
        assert!(check(r#"site=~"oslo\\-\\d+""#));
    }

    #[test]
    fn matchers_written_alike_are_equal() {
        assert_eq!(Matcher::parse("a=~\"b\"").unwrap(), Matcher::parse(" a=~\"b\" ").unwrap());
        assert_ne!(Matcher::parse("a=\"b\"").unwrap(), Matcher::parse("a=~\"b\"").unwrap());
        assert_eq!(Matcher::parse("a=~\"b\"").unwrap().to_string(), "a=~\"b\"");
    }

    #[test]
    fn what_is_no_matcher_is_refused_with_its_problem() {
        insta::assert_snapshot!(
            [
                "", "team", "=web", "{team=\"web\"}", "team=\"web", "team=\"web\\", "team=\"a\" b", "team=\"a\",b=\"c\"",
                "team=we\"b", "\"\"=x", "team=~\"(\"", "team=~\"a)|(b\"", "team=~\"(a{1000}){1000}\"", "team=~\"(?=x)\"",
                "team?web",
            ]
            .map(|text| format!("{text}: {}", problem(text)))
            .join("\n"),
            @r#"
            : it is empty
            team: no operator follows the label `team`
            =web: the label name is missing
            {team="web"}: braces have no place here, each matcher is an entry of its own
            team="web: the closing quote is missing
            team="web\: the closing quote is missing
            team="a" b: `b` follows the value
            team="a",b="c": each matcher is an entry of its own
            team=we"b: a quote is in a value that does not begin with one
            ""=x: the label name is empty
            team=~"(": the regular expression does not parse: unclosed group
            team=~"a)|(b": the regular expression does not parse: unopened group
            team=~"(a{1000}){1000}": the regular expression is too large
            team=~"(?=x)": the regular expression does not parse: look-around, including look-ahead and look-behind, is not supported
            team?web: no operator follows the label `team?web`
            "#
        );
        let error = Matcher::parse("team").unwrap_err().to_string();
        assert_eq!(
            error,
            "`team` is not a valid matcher: no operator follows the label `team`; \
             hint: write it as `team=\"web\"`, with `=`, `!=`, `=~` or `!~`"
        );
    }
}
