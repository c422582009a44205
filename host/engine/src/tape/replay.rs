//! Answering from a recording: which call comes next, and how one differs from what was recorded.

use serde_json::{Map, Value};

use super::{Keep, RecordedCall, Turn};

/// Interfaces that the host answers itself if a recording does not mention them, because they reach nothing outside.
const ALONE: [&str; 4] = ["clock", "random", "kv", "signatures"];
/// How much of a value is shown in a sentence.
const SHOWN_CHARS_MAX: usize = 120;

#[derive(Debug)]
pub(super) struct Replay {
    calls: Vec<RecordedCall>,
    /// The place of the call that comes next.
    next: usize,
    /// The sentence about the first call that differed.
    differs: Option<String>,
    seed: u64,
}

impl Replay {
    pub(super) fn new(calls: Vec<RecordedCall>) -> Self {
        Self { calls, next: 0, differs: None, seed: 0x9e37_79b9_7f4a_7c15 }
    }

    pub(super) fn turn(&mut self, call: &str, with: &Map<String, Value>) -> Result<Turn, String> {
        if let Some(turn) = self.alone(call, with) {
            return Ok(turn);
        }
        match self.compare(call, with) {
            Ok(recorded) => {
                self.next += 1;
                Ok(Turn::Answered(Box::new(recorded)))
            }
            Err(sentence) => Err(self.differs.get_or_insert(sentence).clone()),
        }
    }

    pub(super) fn differs(&self) -> Option<String> {
        if self.differs.is_some() {
            return self.differs.clone();
        }
        let left = self.calls.get(self.next)?;
        let more = match self.calls.len() - self.next - 1 {
            0 => String::new(),
            more => format!(", nor the {more} after it"),
        };
        Some(format!("call {} of the recording, `{}`, was not made{more}", self.next + 1, left.call))
    }

    fn alone(&mut self, call: &str, with: &Map<String, Value>) -> Option<Turn> {
        let interface = call.split('.').next()?;
        let recorded = |calls: &[RecordedCall]| {
            calls.iter().any(|recorded| recorded.call.split('.').next() == Some(interface))
        };
        if !ALONE.contains(&interface) || recorded(&self.calls) {
            return None;
        }
        // More than the contract allows is left to the host, which says so.
        match with.get("count").and_then(Value::as_u64) {
            Some(count) if call == "random.bytes" && count <= 1 << 10 => {
                Some(Turn::Random((0..count).map(|_| self.random()).collect()))
            }
            _ => Some(Turn::Live(Keep::No)),
        }
    }

    /// Xorshift.
    fn random(&mut self) -> u8 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed.to_le_bytes()[0]
    }

    fn compare(&self, call: &str, with: &Map<String, Value>) -> Result<RecordedCall, String> {
        let number = self.next + 1;
        let Some(recorded) = self.calls.get(self.next) else {
            let many = match self.calls.len() {
                0 => "no call".to_owned(),
                1 => "one call".to_owned(),
                many => format!("{many} calls"),
            };
            return Err(format!("the plugin calls `{call}`{}, and the recording holds {many}", first(with)));
        };
        if recorded.call != call {
            return Err(format!(
                "call {number} is `{}` in the recording, and the plugin calls `{call}`{}",
                recorded.call,
                first(with)
            ));
        }
        for (name, expected) in &recorded.with {
            let made = with.get(name).unwrap_or(&Value::Null);
            if let Some((path, expected, made)) = difference(name.clone(), expected, made) {
                return Err(format!(
                    "call {number}, `{call}`: `{path}` is {} in the recording, and the plugin gives {}",
                    shown(&expected),
                    shown(&made)
                ));
            }
        }
        Ok(recorded.clone())
    }
}

/// The first place where `made` differs from `expected`, with both values there. What `expected` leaves out may be
/// anything.
fn difference(path: String, expected: &Value, made: &Value) -> Option<(String, Value, Value)> {
    match (expected, made) {
        (Value::Object(wanted), Value::Object(made)) => wanted.iter().find_map(|(key, value)| {
            difference(format!("{path}.{key}"), value, made.get(key).unwrap_or(&Value::Null))
        }),
        (Value::Array(wanted), Value::Array(made)) if wanted.len() == made.len() => {
            let mut pairs = wanted.iter().zip(made).enumerate();
            pairs.find_map(|(at, (wanted, made))| difference(format!("{path}[{at}]"), wanted, made))
        }
        // Bytes and lists look alike when they are empty.
        (Value::String(text), Value::Array(list)) | (Value::Array(list), Value::String(text))
            if text.is_empty() && list.is_empty() =>
        {
            None
        }
        (expected, made) if expected == made => None,
        (expected, made) => Some((path, expected.clone(), made.clone())),
    }
}

/// What distinguishes one call from another in a sentence: its first texts.
fn first(with: &Map<String, Value>) -> String {
    fn telling(value: &Value) -> Option<&str> {
        match value {
            Value::String(text) => Some(text),
            Value::Object(fields) => {
                ["url", "host", "name", "key"].iter().find_map(|key| fields.get(*key)?.as_str())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        }
    }
    match with.values().find_map(telling) {
        Some(text) => format!(" with {}", shown(&Value::from(text))),
        None => String::new(),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("`{}...`", &text[..end]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(call: &str, with: Value) -> RecordedCall {
        let with = with.as_object().expect("arguments have names").clone();
        RecordedCall {
            call: call.to_owned(),
            with,
            answer: Value::Null,
            refused: None,
            stopped: None,
            sent: false,
        }
    }
    fn made(replay: &mut Replay, name: &str, with: Value) -> Result<Turn, String> {
        replay.turn(name, &call(name, with).with)
    }
    fn told(turn: Result<Turn, String>) -> String {
        match turn {
            Ok(_) => panic!("it was answered"),
            Err(sentence) => sentence,
        }
    }

    #[test]
    fn what_the_recording_leaves_out_may_be_anything() {
        let mut replay = Replay::new(vec![call("http.send", json!({"request": {"url": "a", "body": ""}}))]);
        let request = json!({"request": {"url": "a", "method": "GET", "body": []}});
        assert!(matches!(made(&mut replay, "http.send", request), Ok(Turn::Answered(_))));
        assert_eq!(replay.differs(), None);
    }

    #[test]
    fn the_first_call_that_differs_is_named_with_the_place() {
        let recorded = [call("http.send", json!({"request": {"url": "a", "headers": [{"name": "x"}]}}))];
        let mut replay = Replay::new(recorded.to_vec());
        let request = json!({"request": {"url": "a", "headers": [{"name": "y"}]}});
        let sentence = told(made(&mut replay, "http.send", request));
        assert_eq!(
            sentence,
            "call 1, `http.send`: `request.headers[0].name` is `\"x\"` in the recording, and the plugin gives `\"y\"`"
        );
        told(made(&mut replay, "dns.query", json!({})));
        assert_eq!(replay.differs(), Some(sentence), "the first one is what counts");
    }

    #[test]
    fn another_call_one_too_many_and_one_too_few_are_told() {
        let recorded =
            vec![call("http.send", json!({})), call("kv.set", json!({})), call("kv.get", json!({}))];
        let mut replay = Replay::new(recorded.clone());
        let sentence = told(made(&mut replay, "kv.get", json!({"key": "last"})));
        assert_eq!(
            sentence,
            "call 1 is `http.send` in the recording, and the plugin calls `kv.get` with `\"last\"`"
        );
        let mut replay = Replay::new(recorded);
        made(&mut replay, "http.send", json!({})).map(drop).expect("it is as recorded");
        assert_eq!(
            replay.differs().as_deref(),
            Some("call 2 of the recording, `kv.set`, was not made, nor the 1 after it")
        );
        let mut replay = Replay::new(Vec::new());
        let sentence = told(made(&mut replay, "dns.query", json!({"question": {"name": "a.example"}})));
        assert_eq!(
            sentence,
            "the plugin calls `dns.query` with `\"a.example\"`, and the recording holds no call"
        );
    }

    #[test]
    fn what_reaches_nothing_outside_is_left_to_the_host_unless_it_was_recorded() {
        let mut replay = Replay::new(Vec::new());
        assert!(matches!(made(&mut replay, "kv.get", json!({"key": "a"})), Ok(Turn::Live(Keep::No))));
        let random = |replay: &mut Replay| match made(replay, "random.bytes", json!({"count": 8})) {
            Ok(Turn::Random(bytes)) => bytes,
            _ => panic!("random bytes are made"),
        };
        assert_eq!(random(&mut replay), random(&mut Replay::new(Vec::new())), "the same in every replay");
        let mut recorded = Replay::new(vec![call("kv.get", json!({"key": "a"}))]);
        assert!(made(&mut recorded, "kv.get", json!({"key": "b"})).is_err());
    }
}
