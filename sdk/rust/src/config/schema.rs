//! JSON Schema 2020-12 as a constant. A tree of constants, one per type, is written out by `const fn`s while the plugin
//! compiles; the plugin contains only the text.
//!
//! Text inside the tree that is named `json` is already JSON, made by the derive.

/// The shape of a value.
#[derive(Clone, Copy)]
pub enum Schema {
    Text,
    /// A string of a certain form: further members as JSON, such as `"pattern":"^[0-9]+$"`.
    TextLike {
        json: &'static str,
    },
    Flag,
    /// An integer. Bounds are JSON numbers.
    Integer {
        minimum: Option<&'static str>,
        maximum: Option<&'static str>,
    },
    Number {
        minimum: Option<&'static str>,
        maximum: Option<&'static str>,
    },
    /// One of several texts, as a JSON array.
    OneOfTexts {
        json: &'static str,
    },
    List(&'static Schema),
    /// An object with keys that the operator chooses.
    Map(&'static Schema),
    Object {
        fields: &'static [Field],
        description: Option<&'static str>,
    },
    Secret,
    AnyOf(&'static [&'static Schema]),
    /// Any value.
    Any,
    /// Members as JSON.
    Json(&'static str),
}

/// A key of an object.
#[derive(Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub schema: &'static Schema,
    /// The field's own minimum, which takes precedence over that of its type, as all its bounds do.
    pub minimum: Option<&'static str>,
    pub maximum: Option<&'static str>,
    pub non_empty: bool,
    /// Further members as JSON, each preceded by a comma: description, default, grant.
    pub json: &'static str,
}

impl Field {
    /// A placeholder for a field that is still to come.
    pub const NONE: Field = Field {
        name: "",
        required: false,
        schema: &Schema::Any,
        minimum: None,
        maximum: None,
        non_empty: false,
        json: "",
    };
}

/// The parts joined in their order; `N` is the number of their items.
pub const fn joined<T: Copy, const N: usize>(blank: T, parts: &[&[T]]) -> [T; N] {
    let mut all = [blank; N];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut within = 0;
        while within < parts[part].len() {
            all[at] = parts[part][within];
            at += 1;
            within += 1;
        }
        part += 1;
    }
    all
}

/// The length of the text of `schema`. `more` are further members, each preceded by a comma.
pub const fn measure(schema: &Schema, more: &str) -> usize {
    let mut out = Out::<0> { bytes: [], length: 0 };
    document(schema, more, &mut out);
    out.length
}

/// The text of `schema`; `N` is the result of [`measure`].
pub const fn render<const N: usize>(schema: &Schema, more: &str) -> [u8; N] {
    let mut out = Out { bytes: [b' '; N], length: 0 };
    document(schema, more, &mut out);
    out.bytes
}

/// The schema of a config type as a constant text.
///
/// ```
/// use watchkeep_sdk::prelude::*;
///
/// /// Looks at a page.
/// #[derive(Config)]
/// struct Page {
///     /// What to fetch.
///     #[config(grants = "http")]
///     url: String,
/// }
///
/// const SCHEMA: &str = watchkeep_sdk::schema_text!(Page);
/// assert!(SCHEMA.contains(r#""url":{"type":"string","description":"What to fetch.","x-watchkeep-grant":"http"}"#));
/// ```
#[macro_export]
macro_rules! schema_text {
    ($config:ty) => {
        $crate::schema_text!($config, "")
    };
    ($config:ty, $more:literal) => {{
        const LENGTH: usize = $crate::config::measure(&<$config as $crate::config::Config>::SCHEMA, $more);
        const BYTES: [u8; LENGTH] =
            $crate::config::render(&<$config as $crate::config::Config>::SCHEMA, $more);
        const TEXT: &str = match ::core::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("a schema is made of whole strings"),
        };
        TEXT
    }};
}

/// Counts everything, and keeps what fits.
struct Out<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Out<N> {
    const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if self.length < N {
                self.bytes[self.length] = bytes[at];
            }
            self.length += 1;
            at += 1;
        }
    }
    const fn member(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(",\"");
            self.text(name);
            self.text("\":");
            self.text(value);
        }
    }
}

const fn document<const N: usize>(schema: &Schema, more: &str, out: &mut Out<N>) {
    out.text("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",");
    members(schema, out);
    if let Schema::Object { description, .. } = schema {
        out.member("description", *description);
    }
    out.text(more);
    out.text("}");
}

const fn value<const N: usize>(schema: &Schema, out: &mut Out<N>) {
    out.text("{");
    members(schema, out);
    out.text("}");
}

const fn members<const N: usize>(schema: &Schema, out: &mut Out<N>) {
    match schema {
        Schema::Text => out.text("\"type\":\"string\""),
        Schema::TextLike { json } => {
            out.text("\"type\":\"string\",");
            out.text(json);
        }
        Schema::Flag => out.text("\"type\":\"boolean\""),
        Schema::Integer { minimum, maximum } => number("integer", *minimum, *maximum, out),
        Schema::Number { minimum, maximum } => number("number", *minimum, *maximum, out),
        Schema::OneOfTexts { json } => {
            out.text("\"type\":\"string\",\"enum\":");
            out.text(json);
        }
        Schema::List(items) => {
            out.text("\"type\":\"array\",\"items\":");
            value(items, out);
        }
        Schema::Map(values) => {
            out.text("\"type\":\"object\",\"additionalProperties\":");
            value(values, out);
        }
        Schema::Object { fields, .. } => object(fields, out),
        Schema::Secret => out.text(
            "\"type\":\"object\",\"properties\":{\"secret\":{\"type\":\"string\"}},\"required\":[\"secret\"],\
             \"additionalProperties\":false,\"x-watchkeep-secret\":true",
        ),
        Schema::AnyOf(schemas) => {
            out.text("\"anyOf\":[");
            let mut at = 0;
            while at < schemas.len() {
                if at > 0 {
                    out.text(",");
                }
                value(schemas[at], out);
                at += 1;
            }
            out.text("]");
        }
        Schema::Any => out.text("\"$comment\":\"anything\""),
        Schema::Json(json) => out.text(json),
    }
}

const fn number<const N: usize>(kind: &str, minimum: Option<&str>, maximum: Option<&str>, out: &mut Out<N>) {
    out.text("\"type\":\"");
    out.text(kind);
    out.text("\"");
    out.member("minimum", minimum);
    out.member("maximum", maximum);
}

const fn object<const N: usize>(fields: &[Field], out: &mut Out<N>) {
    out.text("\"type\":\"object\",\"properties\":{");
    let mut at = 0;
    while at < fields.len() {
        if at > 0 {
            out.text(",");
        }
        out.text("\"");
        out.text(fields[at].name);
        out.text("\":{");
        field(&fields[at], out);
        out.text("}");
        at += 1;
    }
    out.text("},\"required\":[");
    let mut at = 0;
    let mut any = false;
    while at < fields.len() {
        if fields[at].required {
            out.text(if any { ",\"" } else { "\"" });
            out.text(fields[at].name);
            out.text("\"");
            any = true;
        }
        at += 1;
    }
    out.text("],\"additionalProperties\":false");
}

const fn field<const N: usize>(field: &Field, out: &mut Out<N>) {
    let minimum = field.minimum;
    let maximum = field.maximum;
    match field.schema {
        Schema::Integer { minimum: low, maximum: high } => {
            number("integer", or(minimum, *low), or(maximum, *high), out)
        }
        Schema::Number { minimum: low, maximum: high } => {
            number("number", or(minimum, *low), or(maximum, *high), out)
        }
        other => members(other, out),
    }
    if field.non_empty {
        match field.schema {
            Schema::List(_) => out.text(",\"minItems\":1"),
            Schema::Map(_) => out.text(",\"minProperties\":1"),
            _ => out.text(",\"minLength\":1"),
        }
    }
    out.text(field.json);
}

const fn or(first: Option<&'static str>, second: Option<&'static str>) -> Option<&'static str> {
    if first.is_some() { first } else { second }
}
