//! One call of Slack's Web API. The token goes into the header by the host's hand.

use serde_json::Value;
use watchkeep_sdk::config::text;
use watchkeep_sdk::http::Request;
use watchkeep_sdk::prelude::*;

use crate::answer::{Trouble, of_api};
use crate::config::Bot;

/// Enough for a page of a channel's history.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

impl Bot<'_> {
    pub(crate) fn call(&self, method: &str, body: &Value) -> Result<Value, Trouble> {
        let request = self.to(method).header("content-type", "application/json; charset=utf-8");
        send(method, request.body(text(body)))
    }

    /// For methods that take no JSON.
    pub(crate) fn call_with_form(&self, method: &str, fields: &[(&str, &str)]) -> Result<Value, Trouble> {
        let request = self.to(method).header("content-type", "application/x-www-form-urlencoded");
        send(method, request.body(form(fields)))
    }

    fn to(&self, method: &str) -> Request {
        http::post(format!("{}/{method}", self.api_url))
            .bearer(self.token)
            .timeout(self.timeout)
            .redirects_max(0)
            .body_bytes_max(ANSWER_BYTES_MAX)
    }
}

fn send(method: &str, request: Request) -> Result<Value, Trouble> {
    match request.send() {
        Ok(answer) => of_api(method, &answer),
        Err(failure) => Err(Trouble::Failed(failure.into())),
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                form.push(char::from(byte));
            } else {
                form.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn a_form_is_escaped_byte_by_byte() {
        assert_eq!(
            form(&[("filename", "front door é.png"), ("length", "3")]),
            "filename=front%20door%20%C3%A9.png&length=3"
        );
    }
}
