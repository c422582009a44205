//! A plugin's name, as the contract wants it.

use std::fmt;

/// Begins with a letter, and holds only `a-z`, `0-9` and single dashes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(String);

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NameError {
    name: String,
}

const BYTES_MAX: usize = 64;

impl Name {
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let good = name.len() <= BYTES_MAX
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.ends_with('-')
            && !name.contains("--")
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if good { Ok(Self(name.to_owned())) } else { Err(NameError { name: name.to_owned() }) }
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut nearest: String = self
            .name
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
            .collect();
        while nearest.contains("--") {
            nearest = nearest.replace("--", "-");
        }
        let nearest = nearest.trim_matches('-').trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        write!(
            f,
            "`{}` is not a valid plugin name: it begins with a letter and holds only a-z, 0-9 and single dashes, at \
             most {BYTES_MAX}; hint: ",
            self.name
        )?;
        if nearest.is_empty() || nearest.len() > BYTES_MAX {
            f.write_str("name it after what it checks, such as `queue-depth`")
        } else {
            write!(f, "`{nearest}` would do")
        }
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_name_is_told_with_one_that_would_do() {
        assert_eq!(Name::parse("queue-depth2").map(|name| name.to_string()), Ok("queue-depth2".to_owned()));
        for (bad, hint) in [
            ("Queue_Depth", "`queue-depth` would do"),
            ("2fast", "`fast` would do"),
            ("a--b", "`a-b` would do"),
            ("-", "such as `queue-depth`"),
            ("", "such as `queue-depth`"),
            ("../evil", "`evil` would do"),
        ] {
            let told = Name::parse(bad).expect_err(bad).to_string();
            assert!(told.ends_with(hint) || told.contains(hint), "{bad}: {told}");
        }
        assert!(Name::parse(&"a".repeat(65)).is_err());
    }
}
