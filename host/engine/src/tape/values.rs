//! Values of the contract as JSON, in the contract's own names: fields and cases as the WIT writes them, `null` for
//! none, `{"ok": ...}` and `{"err": ...}` for results, `{"case": ...}` for a case with a value.
//!
//! Bytes are text where they are UTF-8, and `{"base64": "..."}` where they are not. Reading is generous, since
//! people write recordings too: a field that is left out is empty, zero or none. A field that does not exist is an
//! error, and so is a case that was left out: there is no sensible one.

mod read;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::mask::Mask;

/// `value` with every secret of `mask` taken out.
pub(crate) fn write(value: &impl Serialize, mask: &Mask) -> Result<Value, String> {
    value.serialize(write::Writer { mask }).map(|piece| piece.value()).map_err(|error| error.to_string())
}

/// `what` names the value in errors.
pub(crate) fn read<T: DeserializeOwned>(value: &Value, what: &str) -> Result<T, String> {
    T::deserialize(read::Reader::of(value, what)).map_err(|error| error.to_string())
}

/// `body_max` and `NameNotFound` are `body-max` and `name-not-found` in the contract.
pub(crate) fn kebab(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 4);
    for c in name.trim_start_matches("r#").chars() {
        match c {
            '_' => kebab.push('-'),
            c if c.is_ascii_uppercase() => {
                if !kebab.is_empty() {
                    kebab.push('-');
                }
                kebab.push(c.to_ascii_lowercase());
            }
            c => kebab.push(c),
        }
    }
    kebab
}

/// What cannot be written or read, with its place.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct ValueError(String);

impl serde::ser::Error for ValueError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}
impl serde::de::Error for ValueError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::http::{Request, Response};
    use crate::contract::transport::{Credential, Failure, FailureKind, Family, Phase, Placement};
    use serde_json::json;

    fn written(value: &impl Serialize) -> Value {
        write(value, &Mask::default()).expect("values of the contract can be written")
    }

    #[test]
    fn names_are_those_of_the_contract_and_what_is_left_out_is_empty() {
        let answer: Result<Response, Failure> = read(
            &json!({"ok": {"status": 204, "body": "hé", "headers": [{"name": "a", "value": "b"}]}}),
            "answer",
        )
        .expect("it is a response");
        let response = answer.as_ref().expect("it is ok");
        assert_eq!((response.status, response.body.as_slice()), (204, "hé".as_bytes()));
        let back = written(&answer);
        assert_eq!(back["ok"]["wire-bytes"], 0);
        assert_eq!(back["ok"]["body"], "hé");
        assert_eq!(back["ok"]["peer"], Value::Null);
        assert_eq!(back["ok"]["timings"]["total"], 0);
        let again: Result<Response, Failure> = read(&back, "answer").expect("what was written can be read");
        assert_eq!(written(&again), back);
    }

    #[test]
    fn cases_with_and_without_a_value_come_back() {
        let request: Request = read(
            &json!({
                "family": "ipv6",
                "credentials": [
                    {"secret": "a", "placement": "bearer"},
                    {"secret": "b", "placement": {"header": "x-key"}},
                    {"secret": "c", "placement": {"hmac": {"digest": "sha256", "key-encoding": "base64",
                        "output-encoding": "hex", "message": [{"bytes": {"base64": "/w=="}}, {"secret": "c"}]}}},
                ],
            }),
            "request",
        )
        .expect("it is a request");
        assert_eq!(request.family, Family::Ipv6);
        let [Credential { placement: Placement::Bearer, .. }, header, hmac] = request.credentials.as_slice()
        else {
            panic!("{:?}", request.credentials)
        };
        assert!(matches!(&header.placement, Placement::Header(name) if name == "x-key"));
        let placement = written(&hmac.placement);
        assert_eq!(placement["hmac"]["message"][0], json!({"bytes": {"base64": "/w=="}}));
        assert_eq!(placement["hmac"]["key-encoding"], "base64");
    }

    #[test]
    fn a_slip_is_told_with_its_place_and_what_there_is() {
        let failure =
            |value: Value| read::<Result<Response, Failure>>(&value, "answer").expect_err("it is wrong");
        assert_eq!(
            failure(json!({"ok": {"stauts": 200}})),
            "`answer.ok` has no `stauts`; there are `status`, `version`, `headers`, `body`, `truncated`, `wire-bytes`, \
             `url`, `redirects`, `peer`, `tls`, `timings`"
        );
        assert_eq!(
            failure(json!({"err": {"kind": "refusde", "phase": "connect"}})),
            "`answer.err.kind` has no case `refusde`; there are `denied`, `name-not-found`, `name-server-failed`, \
             `refused`, `unreachable`, `reset`, `closed`, `timed-out`, `certificate`, `tls`, `protocol`, `too-large`, \
             `limit`, `invalid`, `other`"
        );
        assert_eq!(failure(json!({"err": {"kind": "refused"}})), "`answer.err.phase` is missing");
        assert_eq!(failure(json!({"ok": {"status": "200"}})), "`answer.ok.status` is not a number");
        assert_eq!(failure(json!({"ok": {"status": 70_000}})), "`answer.ok.status` does not fit: 70000");
        assert_eq!(failure(Value::Null), "`answer` is missing");
        let failure = Failure {
            kind: FailureKind::TimedOut,
            phase: Phase::Wait,
            message: String::new(),
            peer: None,
            tls: None,
            timings: read(&Value::Null, "timings").expect("all of it is zero"),
        };
        assert_eq!(written(&failure)["kind"], "timed-out");
    }

    #[test]
    fn a_secret_is_masked_in_texts_and_in_bytes_of_any_form() {
        let mut mask = Mask::default();
        mask.add(b"hunter22");
        let text =
            write(&("key=hunter22".to_owned(), b"hunter22\xff".to_vec()), &mask).expect("it is written");
        assert_eq!(text[0], "key=***");
        assert_eq!(text[1], json!({"base64": "Kioq/w=="}), "`***` and the byte behind it");
    }
}
