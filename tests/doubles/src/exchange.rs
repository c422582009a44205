//! A request and its answer, whoever carries them.

use std::time::Duration;

use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// What stands in for a service.
pub trait Double: Send + 'static {
    /// `now` counts from the double's start. `base` is where it listens, for URLs that it hands out.
    fn answer(&mut self, request: &Request, now: Duration, base: &str) -> Reply;
}

impl Request {
    pub fn new(method: &str, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.into(),
        }
    }
    /// A name in lower case.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
    /// Without parameters, such as a charset.
    pub fn media_type(&self) -> &str {
        self.header("content-type").and_then(|text| text.split(';').next()).map_or("", str::trim)
    }
    /// The path alone, and the query.
    pub fn parts(&self) -> (&str, &str) {
        self.path.split_once('?').unwrap_or((&self.path, ""))
    }
    /// The body, if it is a JSON object.
    pub fn object(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(Value::is_object)
    }
    /// The fields of a form.
    pub fn form(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.body);
        let fields = text.split('&').filter(|field| !field.is_empty());
        fields
            .map(|field| field.split_once('=').unwrap_or((field, "")))
            .map(|(n, v)| (plain(n), plain(v)))
            .collect()
    }
}

impl Reply {
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Without what URLs and forms escape.
pub(crate) fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits = |rest: &mut dyn Iterator<Item = u8>| {
            let (high, low) =
                (char::from(rest.next()?).to_digit(16)?, char::from(rest.next()?).to_digit(16)?);
            u8::try_from(high * 16 + low).ok()
        };
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => bytes.push(digits(&mut rest).unwrap_or(b'?')),
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
