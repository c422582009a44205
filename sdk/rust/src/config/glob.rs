//! Patterns for names.

use super::{Config, OneOrMany, Place, Problems, Schema, Value};

/// A pattern for names and texts: `*` matches any text, `?` one character. It is never empty.
///
/// ```
/// use watchkeep_sdk::config::{self, Glob, OneOrMany};
///
/// let glob: Glob = config::parse(r#""web-?.*""#).unwrap();
/// assert!(glob.fits("web-1.example") && !glob.fits("web-12.example"));
///
/// let globs: OneOrMany<Glob> = config::parse(r#"["eth*", "wlan0"]"#).unwrap();
/// assert!(Glob::any_fits(&globs, "eth1") && !Glob::any_fits(&globs, "lo"));
/// assert!(Glob::are_none_or_fit(&OneOrMany::default(), "lo"));
/// assert!(config::parse::<Glob>(r#""""#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Glob(Vec<char>);

impl Glob {
    /// The pattern as it was written.
    pub fn text(&self) -> String {
        self.0.iter().collect()
    }
    /// Whether there are no patterns, or one of them matches.
    pub fn are_none_or_fit(globs: &OneOrMany<Glob>, name: &str) -> bool {
        globs.0.is_empty() || Glob::any_fits(globs, name)
    }
    /// Whether one of the patterns matches.
    pub fn any_fits(globs: &OneOrMany<Glob>, name: &str) -> bool {
        globs.0.iter().any(|glob| glob.fits(name))
    }
    /// Whether the pattern matches the whole name. Goes back to the last `*` only, so that no name makes it slow.
    pub fn fits(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut of_name) = (0, 0);
        let mut star = None;
        while of_name < name.len() {
            match self.0.get(at) {
                Some('*') => {
                    star = Some((at + 1, of_name));
                    at += 1;
                }
                Some(letter) if *letter == '?' || *letter == name[of_name] => {
                    at += 1;
                    of_name += 1;
                }
                _ => match star {
                    Some((behind, taken)) => {
                        star = Some((behind, taken + 1));
                        at = behind;
                        of_name = taken + 1;
                    }
                    None => return false,
                },
            }
        }
        self.0[at..].iter().all(|letter| *letter == '*')
    }
}

impl Config for Glob {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":1"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        if text.is_empty() {
            return problems.add(place, "an empty pattern fits nothing; hint: `*` fits every text");
        }
        Some(Glob(text.chars().collect()))
    }
}
