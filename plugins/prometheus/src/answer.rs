//! What the server answers. A server that cannot be asked says nothing of what it watches.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{self, Response};
use watchkeep_sdk::prelude::*;

use crate::config::Prometheus;

/// The most bytes of the answer; a larger one is useless.
const BODY_BYTES_MAX: u64 = 8 << 20;

/// One value of one series, with its labels in the order of their names.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    pub labels: Vec<(String, String)>,
    pub value: f64,
}

/// What a query yields.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    pub series: Vec<Series>,
    /// A number without a series.
    pub is_scalar: bool,
    pub warnings: Vec<String>,
}

pub(crate) fn ask(config: &Prometheus) -> Result<Answer, Stop> {
    let mut request = http::post(config.url.clone().without("/api/v1").join("/api/v1/query"))
        .form([("query", &*config.query)])
        .header("accept", "application/json")
        .body_bytes_max(BODY_BYTES_MAX)
        .timeout(config.timeout);
    for (name, value) in &config.headers.0 {
        request = request.header(name, value);
    }
    if let Some(token) = &config.bearer {
        request = request.bearer(token);
    }
    if let Some(basic) = &config.basic {
        request = request.basic(&basic.user, &basic.password);
    }
    let response = match request.send() {
        Ok(response) => response,
        Err(failure) => {
            let asked =
                || Fault::inconclusive(format!("the server could not be asked: {}", failure.sentence()));
            return Err(failure.as_fault().unwrap_or_else(asked).into());
        }
    };
    if response.truncated {
        let message = format!(
            "the answer is longer than {BODY_BYTES_MAX} bytes; hint: let the query yield fewer series"
        );
        return Err(Fault::config(message).into());
    }
    if matches!(response.status, 401 | 403) {
        let message =
            format!("the server answers {}: {}; hint: `bearer` or `basic`", response.status, said(&response));
        return Err(Fault::config(message).into());
    }
    read(response.status, &response.text()).map_err(Stop::from)
}

/// The beginning of an answer that is not the server's own form.
fn said(response: &Response) -> String {
    clipped(response.text().trim())
}

/// An answer with this status, or why it is none.
pub fn read(status: u16, body: &str) -> Result<Answer, Fault> {
    let foreign = || {
        Fault::inconclusive(format!(
            "the server answers {status} and no JSON of Prometheus: `{}`",
            clipped(body.trim())
        ))
    };
    let document: Value = body.parse().map_err(|_| foreign())?;
    let text = |key: &str| document[key].as_str().unwrap_or_default();
    match text("status") {
        "success" => {}
        "error" => {
            let message =
                format!("the server answers {status}, {}: {}", text("errorType"), clipped(text("error")));
            return Err(match text("errorType") {
                "bad_data" => {
                    Fault::config(format!("{message}; hint: try the query on the server's own page"))
                }
                "timeout" | "canceled" | "unavailable" | "internal" => Fault::inconclusive(message),
                _ => Fault::other(message),
            });
        }
        _ => return Err(foreign()),
    }
    let strings = |key: &str| -> Vec<String> {
        let list = document[key].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(clipped).collect()
    };
    let data = &document["data"];
    let result = &data["result"];
    let series = match data["resultType"].as_str() {
        Some("scalar") => vec![Series { labels: Vec::new(), value: value(result).ok_or_else(foreign)? }],
        Some("vector" | "matrix") => result
            .as_array()
            .ok_or_else(foreign)?
            .iter()
            .map(series)
            .collect::<Option<_>>()
            .ok_or_else(foreign)?,
        Some("string") => {
            return Err(Fault::config("the query yields a text; hint: ask for numbers".to_owned()));
        }
        Some(_) | None => return Err(foreign()),
    };
    Ok(Answer { series, is_scalar: data["resultType"] == "scalar", warnings: strings("warnings") })
}

/// One series. In a range, the last value counts. A histogram has none: it is NaN, which is neither above nor below
/// anything.
fn series(one: &Value) -> Option<Series> {
    let labels = one["metric"].as_object()?;
    let mut labels: Vec<_> = labels
        .iter()
        .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect::<Option<_>>()?;
    labels.sort();
    let last = one.get("value").or_else(|| one["values"].as_array()?.last());
    let is_histogram = one.get("histogram").is_some() || one.get("histograms").is_some();
    let value = match (last, is_histogram) {
        (Some(last), _) => value(last)?,
        (None, true) => f64::NAN,
        (None, false) => return None,
    };
    Some(Series { labels, value })
}

/// `[1435781430.781, "1"]`.
fn value(pair: &Value) -> Option<f64> {
    pair.as_array()?.get(1)?.as_str()?.parse().ok()
}
