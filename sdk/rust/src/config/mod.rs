//! What an operator writes for a plugin: from JSON to a Rust type, and the JSON Schema that describes it beforehand.
//!
//! `#[derive(Config)]` implements [`Config`] for structs with named fields and for enums without data. Reading finds
//! every problem at once, each with a JSON pointer. The schema is text that the compiler has made: a plugin contains
//! neither a schema library nor the tree that the text is made from.

mod band;
mod base_url;
mod derived;
mod duration;
mod endpoint;
mod glob;
mod headers;
mod limits;
mod many;
mod needle;
mod network;
#[cfg(feature = "regex")]
mod pattern;
mod place;
mod pointer;
mod request;
mod schema;
mod secret;
mod size;
mod status;
mod tls;
mod values;

pub use band::Band;
pub use base_url::BaseUrl;
#[doc(hidden)]
pub use derived::{Bounds, Object as ObjectReader, one_of, within};
#[doc(hidden)]
pub use derived::{plain, text};
pub use endpoint::{Endpoint, read_url};
pub use glob::Glob;
pub use headers::{FRAMING_HEADERS, headers};
pub use limits::limits;
pub use many::OneOrMany;
pub use needle::Needle;
pub use network::{Families, ServerName, has_address, response_times};
#[cfg(feature = "regex")]
pub use pattern::Pattern;
pub use place::{Place, Problems, Step};
pub use pointer::Pointer;
pub use request::{Login, Method, login};
#[doc(hidden)]
pub use schema::joined;
pub use schema::{Field, Schema, measure, render};
pub use secret::Secret;
pub use serde_json::Value;
pub use size::Size;
pub use status::StatusRange;
pub use tls::{TlsPeer, expiry_days};
pub use values::Table;

use crate::bindings::described::exports::watchkeep::plugin::manifest::Problem;

/// A type that can be part of a plugin's config.
///
/// Derive it. Implement it by hand for a value with a notation of its own (a range of status codes), so that a bad
/// value is found when the config is read and not when the check runs:
///
/// ```
/// use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};
///
/// struct Port(u16);
///
/// impl Config for Port {
///     const SCHEMA: Schema = Schema::Integer { minimum: Some("1"), maximum: Some("65535") };
///
///     fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
///         match u16::read(value, place, problems)? {
///             0 => problems.add(place, "must be at least 1"),
///             port => Some(Port(port)),
///         }
///     }
/// }
/// ```
pub trait Config: Sized {
    /// The schema, which says the same as [`Config::read`] before anything is read.
    const SCHEMA: Schema;
    /// Whether the key may be left out although it has no default: true for `Option`.
    const OPTIONAL: bool = false;

    /// Reads a value. `None` means that at least one problem was added.
    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self>;

    /// The value of a key that is not given.
    fn absent() -> Option<Self> {
        None
    }
}

/// A struct whose keys may be used beside those of another. Derived with [`Config`].
///
/// ```
/// use watchkeep_sdk::prelude::*;
///
/// #[derive(Config)]
/// struct Login {
///     user: String,
/// }
/// #[derive(Config)]
/// struct Page {
///     url: String,
///     #[config(flatten)]
///     login: Login,
/// }
///
/// let page: Page = watchkeep_sdk::config::parse(r#"{"url": "https://example.com/", "user": "eve"}"#).unwrap();
/// assert_eq!(page.login.user, "eve");
/// assert!(watchkeep_sdk::schema_text!(Page).contains(r#""required":["url","user"]"#));
/// let problems = watchkeep_sdk::config::parse::<Page>(r#"{"url": "https://example.com/", "usr": "eve"}"#).err().unwrap();
/// assert_eq!(problems[1].message, "no such key; hint: did you mean `user`?");
/// ```
pub trait Keys: Sized {
    const FIELDS: &'static [Field];
    const NAMES: &'static [&'static str];

    /// Takes its own keys out of a table.
    fn take(object: &mut ObjectReader<'_>, place: &Place<'_>, problems: &mut Problems) -> Option<Self>;
}

/// Reads a whole config.
///
/// ```
/// use watchkeep_sdk::prelude::*;
///
/// #[derive(Config)]
/// struct Page {
///     url: String,
///     #[config(default = 3, min = 1, max = 9)]
///     attempts: u8,
/// }
///
/// let page: Page = watchkeep_sdk::config::parse(r#"{"url": "https://example.com/"}"#).unwrap();
/// assert_eq!((page.url.as_str(), page.attempts), ("https://example.com/", 3));
///
/// let problems = watchkeep_sdk::config::parse::<Page>(r#"{"attempts": 12, "ur": "x"}"#).err().unwrap();
/// let problems: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.path, problem.message)).collect();
/// assert_eq!(problems, [
///     " `url` is missing",
///     "/attempts must be at most 9, not 12",
///     "/ur no such key; hint: did you mean `url`?",
/// ]);
/// ```
pub fn parse<C: Config>(json: &str) -> Result<C, Vec<Problem>> {
    let mut problems = Problems::default();
    // Read from bytes, as answers are, so that the component contains one reader instead of two.
    match serde_json::from_slice(json.as_bytes()) {
        Ok(value) => match C::read(value, &Place::ROOT, &mut problems) {
            Some(config) if problems.is_empty() => return Ok(config),
            Some(_) | None => {}
        },
        Err(error) => {
            problems.add::<()>(&Place::ROOT, format!("not JSON: {error}"));
        }
    }
    Err(problems.into_vec())
}
