//! Programs of this machine that the operator named. A plugin chooses the name and fills the holes that the operator
//! left in the arguments. No shell reads what it fills in, and every value must match a pattern as a whole.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;

use super::GrantError;
use crate::matcher::compile;

/// The most bytes of one value that a plugin gives.
const VALUE_BYTES_MAX: usize = 4_096;

/// One entry of `[commands.NAME]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The path of the program, which is absolute.
    pub program: PathBuf,
    pub arguments: Vec<Argument>,
    /// The patterns for what may fill the holes, by their names.
    pub parameters: BTreeMap<String, ParameterPattern>,
    /// The whole environment of the program.
    pub environment: BTreeMap<String, String>,
    /// The folder in which it is started.
    pub folder: PathBuf,
    /// The longest time that it may take; `None` for what the call has left.
    pub timeout: Option<Duration>,
    /// The most bytes that are kept of each of its two outputs.
    pub output_bytes_max: usize,
}

/// One argument: text with holes in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Argument(Vec<Piece>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(String),
    Hole(String),
}

impl Argument {
    /// Parses an argument, in which `{name}` is a hole and `{{` and `}}` are braces.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |problem: &str| {
            let hint = "a hole is written as `{name}`, with letters, digits, `-` and `_`; braces themselves as `{{` and `}}`";
            Err(GrantError::new(text, problem, hint))
        };
        if text.contains('\0') {
            return Err(GrantError::new(text, "it has a NUL in it", "no argument of a program can have one"));
        }
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..];
            if let Some(after) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
                plain.push_str(&brace[..1]);
                rest = after;
                continue;
            }
            let Some(inner) = brace.strip_prefix('{') else { return refuse("a `}` closes nothing") };
            let Some((name, after)) = inner.split_once('}') else { return refuse("a hole is not closed") };
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            {
                return refuse("a hole has no name");
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Hole(name.to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }
    pub fn holes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }
    /// Whether programs take no options after this argument.
    fn ends_options(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Text(text)] if text == "--")
    }
    fn begins_with_a_hole(&self) -> bool {
        matches!(self.0.first(), Some(Piece::Hole(_)))
    }
}

/// What one parameter may be: a regular expression for the whole of it.
#[derive(Clone, Debug)]
pub struct ParameterPattern {
    text: String,
    regex: Arc<Regex>,
}

impl ParameterPattern {
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let hint = "write a regular expression for the whole value, such as `[a-z]{1,20}`";
        let regex = compile(text).map_err(|problem| GrantError::new(text, problem, hint))?;
        Ok(Self { text: text.to_owned(), regex })
    }
}

impl fmt::Display for ParameterPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Two patterns are equal if they were written alike.
impl PartialEq for ParameterPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for ParameterPattern {}

/// Why a program is not run with the values that the plugin gave.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}; hint: {hint}")]
pub struct ParameterProblem {
    pub message: String,
    pub hint: String,
}

impl Command {
    /// The arguments with their holes filled.
    pub fn filled(&self, given: &[(String, String)]) -> Result<Vec<String>, ParameterProblem> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            self.check(name, value)?;
            if values.insert(name.as_str(), value.as_str()).is_some() {
                return Err(problem(
                    format!("parameter `{name}` is given twice"),
                    "the plugin has to give it once",
                ));
            }
        }
        let mut options_are_over = false;
        let mut filled = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            let text = fill(argument, &values)?;
            // What the operator meant as a name must not be read as an option.
            if text.starts_with('-') && argument.begins_with_a_hole() && !options_are_over {
                let message = format!("`{}` would be read as an option", text.escape_debug());
                return Err(problem(
                    message,
                    "put `\"--\"` in front of that hole in `args`, if the program knows it",
                ));
            }
            options_are_over |= argument.ends_options();
            filled.push(text);
        }
        Ok(filled)
    }

    fn check(&self, name: &str, value: &str) -> Result<(), ParameterProblem> {
        let Some(pattern) = self.parameters.get(name) else {
            let known: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
            let hint = match known.is_empty() {
                true => "it takes none".to_owned(),
                false => format!("its parameters are `{}`", known.join("`, `")),
            };
            return Err(problem(format!("there is no parameter `{}`", name.escape_debug()), &hint));
        };
        if value.len() > VALUE_BYTES_MAX {
            let message = format!("parameter `{name}` has {} bytes", value.len());
            return Err(problem(message, &format!("a parameter has at most {VALUE_BYTES_MAX}")));
        }
        if value.contains('\0') || !pattern.regex.is_match(value) {
            let message = format!("parameter `{name}` cannot be `{}`", value.escape_debug());
            return Err(problem(
                message,
                &format!("the operator's pattern for the whole of it is `{pattern}`"),
            ));
        }
        Ok(())
    }
}

fn fill(argument: &Argument, values: &BTreeMap<&str, &str>) -> Result<String, ParameterProblem> {
    let mut text = String::new();
    for piece in &argument.0 {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Hole(name) => match values.get(name.as_str()) {
                Some(value) => text.push_str(value),
                None => {
                    let message = format!("parameter `{name}` is missing");
                    return Err(problem(message, "the plugin has to give it"));
                }
            },
        }
    }
    Ok(text)
}

fn problem(message: String, hint: &str) -> ParameterProblem {
    ParameterProblem { message, hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(arguments: &[&str], parameters: &[(&str, &str)]) -> Command {
        Command {
            program: "/bin/true".into(),
            arguments: arguments.iter().map(|text| Argument::parse(text).unwrap()).collect(),
            parameters: parameters
                .iter()
                .map(|(name, pattern)| ((*name).to_owned(), ParameterPattern::parse(pattern).unwrap()))
                .collect(),
            environment: BTreeMap::new(),
            folder: "/".into(),
            timeout: None,
            output_bytes_max: 0,
        }
    }
    fn filled(command: &Command, given: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let given: Vec<_> =
            given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        command.filled(&given).map_err(|problem| problem.message)
    }

    #[test]
    fn holes_are_filled_whole_or_in_part_and_braces_stay() {
        let command = command(&["--of={who}", "{who}", "{{{who}}}", "-x"], &[("who", "[a-z]+")]);
        assert_eq!(filled(&command, &[("who", "ann")]).unwrap(), ["--of=ann", "ann", "{ann}", "-x"]);
    }

    #[test]
    fn a_value_that_does_not_fit_as_a_whole_fills_nothing() {
        let command = command(&["{who}"], &[("who", "[a-z]{1,20}|ann and bob")]);
        for value in ["ann; rm", "$(id)", "ann\n", "\nann", "ANN", "", "ann\0", "ann and bobs"] {
            let told = filled(&command, &[("who", value)]).unwrap_err();
            assert!(told.starts_with("parameter `who` cannot be `"), "{value:?}: {told}");
        }
        assert_eq!(filled(&command, &[("who", "ann and bob")]).unwrap(), ["ann and bob"]);
    }

    #[test]
    fn a_value_is_never_an_option() {
        let any = &[("a", ".*"), ("b", ".*")];
        let refused = "`-rf` would be read as an option";
        assert_eq!(filled(&command(&["{a}"], any), &[("a", "-rf"), ("b", "")]).unwrap_err(), refused);
        assert_eq!(filled(&command(&["{a}{b}"], any), &[("a", ""), ("b", "-rf")]).unwrap_err(), refused);
        assert_eq!(filled(&command(&["{a}f"], any), &[("a", "-r"), ("b", "")]).unwrap_err(), refused);
        assert!(filled(&command(&["--of={a}"], any), &[("a", "-rf"), ("b", "")]).is_ok());
        assert!(filled(&command(&["--", "{a}"], any), &[("a", "-rf"), ("b", "")]).is_ok());
        // A `--` that the plugin gives does not end the options.
        let own = command(&["{a}", "{b}"], any);
        assert!(filled(&own, &[("a", "--"), ("b", "-rf")]).is_err());
    }

    #[test]
    fn parameters_are_given_once_and_all_of_them() {
        let command = command(&["{a}", "{b}"], &[("a", "x"), ("b", "x")]);
        let all = &[("a", "x"), ("b", "x")];
        assert!(filled(&command, all).is_ok());
        assert_eq!(filled(&command, &all[..1]).unwrap_err(), "parameter `b` is missing");
        assert_eq!(filled(&command, &[all[0], all[0]]).unwrap_err(), "parameter `a` is given twice");
        assert_eq!(filled(&command, &[("c", "x")]).unwrap_err(), "there is no parameter `c`");
    }

    #[test]
    fn what_is_no_argument_or_no_pattern_is_refused() {
        for text in ["{", "}", "{who", "{}", "{a b}", "{who}}", "a\0"] {
            assert!(Argument::parse(text).is_err(), "{text:?}");
        }
        for text in ["[a-z", "a)|(b", "(a{1000}){1000}"] {
            assert!(ParameterPattern::parse(text).is_err(), "{text:?}");
        }
    }
}
