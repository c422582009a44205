//! Headers that an operator writes: what the host would refuse at the first run is refused when the config is read.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Table, Value};

/// Names to values. A `host` among them is another name than the URL's, which needs a grant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Headers(pub(crate) Vec<(String, String)>);

impl Config for Headers {
    const SCHEMA: Schema = Schema::Json(
        r#""type":"object","properties":{"host":{"type":"string","description":"As `server_name`.","x-watchkeep-needs":"server_name"},"Host":{"type":"string","description":"As `server_name`.","x-watchkeep-needs":"server_name"}},"additionalProperties":{"type":"string"}"#,
    );

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        Table::<String>::read(value, place, problems).map(|table| Headers(table.0))
    }
}

#[cfg(test)]
mod tests {
    use watchkeep_sdk::config::parse;

    use crate::Http;

    fn problem(keys: &str) -> String {
        match parse::<Http>(&format!(r#"{{"url": "https://example.com/", {keys}}}"#)) {
            Ok(_) => String::new(),
            Err(problems) => format!("{problems:?}"),
        }
    }

    #[test]
    fn what_the_host_would_refuse_at_the_first_run_is_refused_when_it_is_read() {
        for (keys, words) in [
            (r#""headers": {"x team": "web"}"#, "is not a header name"),
            (r#""headers": {"": "web"}"#, "is not a header name"),
            (r#""headers": {"x:": "web"}"#, "is not a header name"),
            (r#""headers": {"Content-Length": "3"}"#, "is set by the host itself"),
            (r#""headers": {"transfer-encoding": "chunked"}"#, "is set by the host itself"),
            (r#""secret_headers": {"Connection": {"secret": "s"}}"#, "is set by the host itself"),
            (r#""headers": {"x-a": "b\r\nx-c: d"}"#, "line end or another control"),
            (r#""headers": {"X-Team": "a", "x-team": "b"}"#, "is set twice"),
            (
                r#""headers": {"x-key": "a"}, "secret_headers": {"X-Key": {"secret": "s"}}"#,
                "in `headers` too",
            ),
            (r#""headers": {"Authorization": "x"}, "bearer": {"secret": "s"}"#, "are the same header"),
        ] {
            let said = problem(keys);
            assert!(said.contains(words), "{keys}: {said}");
        }
        for fine in [
            r#""headers": {"accept": "text/html", "x-note": "a\tb", "host": "a.example.com"}"#,
            r#""secret_headers": {"authorization": {"secret": "s"}}"#,
        ] {
            assert_eq!(problem(fine), "", "{fine}");
        }
    }
}
