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

const USER_BYTES_MAX: usize = 256;

/// Reports what is wrong with a login whose halves are the keys `user` and `password` of a config: one alone, or a name that
/// cannot be sent in every kind of login.
///
/// ```
/// use watchkeep_sdk::config::{Place, Problems, Secret, login, parse};
///
/// #[derive(watchkeep_sdk::Config)]
/// #[config(check = Camera::consistent)]
/// struct Camera {
///     /// The user's name.
///     user: Option<String>,
///     /// The password.
///     password: Option<Secret>,
/// }
///
/// impl Camera {
///     fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
///         login(self.user.as_deref(), self.password.as_ref(), place, problems);
///     }
/// }
///
/// assert!(parse::<Camera>(r#"{"user": "ada", "password": {"secret": "gate"}}"#).is_ok());
/// assert!(parse::<Camera>(r#"{"user": "ada"}"#).is_err());
/// assert!(parse::<Camera>(r#"{"user": "a:b", "password": {"secret": "gate"}}"#).is_err());
/// ```
pub fn login(user: Option<&str>, password: Option<&Secret>, place: &Place<'_>, problems: &mut Problems) {
    if user.is_some() != password.is_some() {
        let (has, lacks) = if user.is_some() { ("user", "password") } else { ("password", "user") };
        problems.add::<()>(&place.key(has), format!("is half a login; hint: add `{lacks}`"));
    }
    let Some(user) = user else { return };
    let fits = (1..=USER_BYTES_MAX).contains(&user.len());
    if !fits || user.chars().any(|c| c.is_control() || matches!(c, ':' | '"' | '\\')) {
        let message = format!(
            "must have 1 to {USER_BYTES_MAX} bytes, without colons, quotes, backslashes and control characters"
        );
        problems.add::<()>(&place.key("user"), message);
    }
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
