//! Patterns for texts and for names of rows.

use watchkeep_sdk::config::{Config, OneOrMany, Place, Problems, Schema, Value};

/// `*` is any text, `?` one letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Glob(Vec<char>);

impl Glob {
    pub(crate) fn text(&self) -> String {
        self.0.iter().collect()
    }
    pub(crate) fn are_none_or_fit(globs: &OneOrMany<Glob>, name: &str) -> bool {
        globs.0.is_empty() || Glob::any_fits(globs, name)
    }
    pub(crate) fn any_fits(globs: &OneOrMany<Glob>, name: &str) -> bool {
        globs.0.iter().any(|glob| glob.fits(name))
    }
    /// Goes back to the last `*` only, so that no name makes it slow.
    pub(crate) fn fits(&self, name: &str) -> bool {
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
