//! One request, and what Detectify's refusals mean. None of them says anything of the application.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{self, Encoding, Hmac, Response};
use watchkeep_sdk::prelude::*;

use crate::config::Detectify;

/// A report with thousands of findings.
const BODY_BYTES_MAX: u64 = 7 << 20;

pub(crate) struct Api<'c> {
    pub(crate) config: &'c Detectify,
}

impl<'c> Api<'c> {
    pub(crate) const fn new(config: &'c Detectify) -> Self {
        Self { config }
    }

    /// None where there is no such thing.
    pub(crate) fn get(&self, path: &str) -> Result<Option<Value>, Stop> {
        let response = self.send("GET", path)?;
        match response.status {
            200 if response.truncated => Err(Fault::inconclusive(format!(
                "Detectify answers `{path}` with more than {BODY_BYTES_MAX} bytes"
            ))
            .into()),
            200 => match response.json() {
                Ok(document) if document.is_object() || document.is_array() => Ok(Some(document)),
                Ok(_) | Err(_) => Err(Fault::inconclusive(format!(
                    "Detectify answers 200 and no JSON of its API: `{}`",
                    clipped(response.text().trim())
                ))
                .into()),
            },
            404 => Ok(None),
            _ => Err(refused(&response, path).into()),
        }
    }

    /// Any status, whatever it means.
    pub(crate) fn send(&self, method: &str, path: &str) -> Result<Response, Stop> {
        let mut request = http::request(method, self.config.url.join(path))
            .secret_header("x-detectify-key", &self.config.key)
            .header("accept", "application/json")
            .redirects_max(0)
            .body_bytes_max(BODY_BYTES_MAX)
            .timeout(self.config.timeout);
        if let Some(secret_key) = &self.config.secret_key {
            // Taken not older than 10 s, and not newer than 5 s.
            let seconds = clock::now() / 1_000;
            let signed = Hmac::sha256("x-detectify-signature")
                .key_encoding(Encoding::Base64)
                .encoding(Encoding::Base64)
                .text(format!("{method};{};", path.split('?').next().unwrap_or(path)))
                .secret(&self.config.key)
                .text(format!(";{seconds};"));
            request = request.header("x-detectify-timestamp", seconds.to_string()).hmac(secret_key, signed);
        }
        request.send().map_err(|failure| {
            let asked =
                || Fault::inconclusive(format!("Detectify could not be asked: {}", failure.sentence()));
            failure.as_fault().unwrap_or_else(asked).into()
        })
    }
}

/// Why Detectify did not do it.
pub(crate) fn refused(response: &Response, path: &str) -> Fault {
    let status = response.status;
    let said = said(response);
    match status {
        401 => Fault::config(format!(
            "Detectify does not know the key, or its signature is wrong (401){said}; hint: where the key has a secret key, \
             write it as `secret_key`, and look at this host's clock"
        )),
        403 => Fault::config(format!(
            "the key may not do `{path}` (403){said}; hint: give it that right at Detectify"
        )),
        301 | 302 | 303 | 307 | 308 => Fault::config(format!(
            "Detectify answers {status} and sends to `{}`; hint: `url` ends in `/rest`",
            clipped(response.header("location").unwrap_or_default())
        )),
        404 => Fault::config(format!("Detectify has no `{path}` (404){said}; hint: `url` ends in `/rest`")),
        400 | 405 | 422 => Fault::other(format!("Detectify refuses `{path}` with {status}{said}")),
        429 => {
            let span = response
                .header("retry-after")
                .map_or_else(String::new, |span| format!(" for {} s", clipped(span.trim())));
            Fault::inconclusive(format!(
                "Detectify takes no more requests{span} (429); hint: a longer `interval`"
            ))
        }
        _ => Fault::inconclusive(format!("Detectify answers {status}{said}")),
    }
}

/// What it says of its refusal, in whatever form.
fn said(response: &Response) -> String {
    let document = response.json().unwrap_or_default();
    let word = |key: &str| document[key].as_str();
    let error = document["error"]["message"].as_str();
    let words = word("message").or(error).or_else(|| word("error")).or_else(|| word("detail"));
    let text = response.text();
    match words.unwrap_or_else(|| text.trim()) {
        "" => String::new(),
        words => format!(": `{}`", clipped(words)),
    }
}
