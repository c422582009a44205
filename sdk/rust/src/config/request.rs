//! What an operator writes for a request of HTTP.

use super::{Config, Place, Problems, Schema, Secret, Value, one_of};

/// User name and password.
#[derive(watchkeep_sdk::Config)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A method in capitals.
///
/// ```
/// use watchkeep_sdk::config::{Method, parse};
///
/// assert_eq!(parse::<Method>(r#""PUT""#).unwrap().as_str(), "PUT");
/// assert!(parse::<Method>(r#""put""#).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Method(&'static str);

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

impl Method {
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl Config for Method {
    const SCHEMA: Schema =
        Schema::OneOfTexts { json: r#"["GET","HEAD","POST","PUT","PATCH","DELETE","OPTIONS"]"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        one_of(value, place, &METHODS, problems).map(|at| Method(METHODS[at]))
    }
}
