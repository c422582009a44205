//! Values that are written as TOML, in the order in which they were made.

#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
}

impl Value {
    /// The approximate size when it is written.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Value::Text(text) => text.len() + 2,
            Value::Integer(_) | Value::Float(_) | Value::Flag(_) => 8,
            Value::List(items) => items.iter().map(Value::bytes).sum(),
            Value::Table(entries) => entries.iter().map(|(key, value)| key.len() + value.bytes()).sum(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Value::Integer(i64::from(number))
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Self {
        Value::List(list.into_iter().map(Into::into).collect())
    }
}

/// `{ secret = "NAME" }`.
pub(crate) fn secret(name: String) -> Value {
    table([("secret", Value::Text(name))])
}

pub(crate) fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
