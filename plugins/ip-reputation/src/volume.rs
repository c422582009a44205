//! How much is sent from an address in a day, by whoever counts it.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::{self, Value};
use watchkeep_sdk::prelude::*;

use crate::config::{ADDRESS, IpReputation, Volume};

/// The number, or why there is none.
pub(crate) type Sent = Result<f64, String>;

/// The volumes of the addresses, in their order; `None` for each if the config asks for none.
pub(crate) fn of(config: &IpReputation) -> Result<Vec<Option<Sent>>, Fault> {
    let addresses = config.addresses.0.iter().map(|address| address.0.to_string());
    let Some(volume) = &config.volume else { return Ok(addresses.map(|_| None).collect()) };
    addresses.map(|address| fetched(volume, &address).map(Some)).collect()
}

fn fetched(volume: &Volume, address: &str) -> Result<Sent, Fault> {
    // The only characters of an address beyond digits and letters are those that a path and a query may have.
    let mut request = http::get(volume.url.0.replace(ADDRESS, address));
    if let Some(bearer) = &volume.bearer {
        request = request.bearer(bearer);
    }
    let response = match request.send() {
        Ok(response) => response,
        Err(failure) => match failure.as_fault() {
            Some(fault) => return Err(fault),
            None => return Ok(Err(failure.sentence())),
        },
    };
    if !response.is_success() {
        return Ok(Err(format!("its source answers with status {}", response.status)));
    }
    let Ok(json) = response.json() else {
        return Ok(Err("its source's answer is not JSON".to_owned()));
    };
    let pointer = volume.pointer.0.replace(ADDRESS, address);
    let found = json.pointer(&pointer);
    Ok(number(found).ok_or_else(|| match found {
        Some(_) => format!("its source's answer has no number at `{}`", clipped(&pointer)),
        None => format!("its source's answer has nothing at `{}`", clipped(&pointer)),
    }))
}

/// Prometheus writes numbers as texts.
fn number(value: Option<&Value>) -> Option<f64> {
    let number = match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => config::parse(text.trim()).ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|number| number.is_finite() && *number >= 0.0)
}
