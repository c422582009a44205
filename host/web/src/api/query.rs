//! Reads a query string. Every parameter must be known, well-formed and bounded, or the client gets an error that names
//! it.

use axum::extract::FromRequestParts;
use http::request::Parts;
use watchkeep_core::time::Wall;

use crate::host::{Cursor, PageRequest};
use crate::problem::Problem;

/// How many items a page has if the client does not say.
pub(crate) const LIMIT: usize = 100;
/// The most items of a page.
pub(crate) const LIMIT_MAX: usize = 1000;
/// The most bytes of one parameter's value.
const VALUE_MAX: usize = 1024;

/// The parameters of one request, in their order.
#[derive(Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or("");
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        match pairs.iter().find(|(_, value)| value.len() > VALUE_MAX) {
            Some((name, _)) => Err(Problem::invalid(format!("`{name}` is longer than {VALUE_MAX} bytes"))),
            None => Ok(Self(pairs)),
        }
    }
}

impl Params {
    /// Refuses parameters that are not read here: a misspelt filter would show everything.
    pub(crate) fn only(&self, known: &[&str]) -> Result<&Self, Problem> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(Problem::invalid(if known.is_empty() {
                format!("`{name}` is not a parameter here; there is none")
            } else {
                format!("`{name}` is not a parameter here; hint: there is `{}`", known.join("`, `"))
            })),
            None => Ok(self),
        }
    }
    /// The value of a parameter; `None` if it is missing or empty, as an empty form field is.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, value)| given == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
    /// The value of a parameter that no form has: one that is there and empty is a slip.
    pub(crate) fn written(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(given, value)| given == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
    /// Whether the parameter is there, with a value or without one.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| given == name)
    }
    pub(crate) fn page(&self) -> Result<PageRequest, Problem> {
        self.page_of(LIMIT)
    }
    /// The page, with this limit if the client gives none.
    pub(crate) fn page_of(&self, limit: usize) -> Result<PageRequest, Problem> {
        let limit = match self.written("limit") {
            None => limit,
            Some(text) => match text.parse() {
                Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => limit,
                _ => {
                    return Err(Problem::invalid(format!(
                        "`limit` is a number from 1 to {LIMIT_MAX}, not `{text}`"
                    )));
                }
            },
        };
        Ok(PageRequest { after: self.one("cursor").map(|cursor| Cursor(cursor.to_owned())), limit })
    }
    pub(crate) fn time(&self, name: &str) -> Result<Option<Wall>, Problem> {
        self.written(name).map(|text| super::body::moment(name, text)).transpose()
    }
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.one(name) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(other) => Err(Problem::invalid(format!("`{name}` is `true` or `false`, not `{other}`"))),
        }
    }
}

/// The one parameter of a path, decoded.
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<String>::from_request_parts(parts, state).await {
            Ok(path) => Ok(Self(path.0)),
            Err(_) => Err(Problem::invalid("the path's name is not percent-encoded UTF-8")),
        }
    }
}
