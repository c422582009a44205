//! The one door between a guest and what it may call: every function of every interface passes through here on its
//! way to the code that answers it, so that a tape can listen, or answer in its place. Without a tape a call costs
//! one look at whether there is one.
//!
//! An interface takes part by three lines: its functions in [`gates!`] below, and `Gated` with [`Gate`] where it is
//! added to the linker. What the interface does stays in its own file, in `impl Host for CallState`.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasmtime::component::HasData;
use watchkeep_core::grant::Denial;

use crate::call::{CallState, HostStop, Refusal};
use crate::contract::http::{Request, Response};
use crate::contract::kv::{Entry, KvError};
use crate::contract::secrets::RevealError;
use crate::contract::transport::Failure;
use crate::http::mask::Mask;
use crate::tape::{Keep, RecordedCall, Refused, Tape, Turn, values};

macro_rules! gates {
    ($($interface:ident {
        $($function:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*
    })*) => {$(
        impl crate::contract::$interface::Host for Gate<'_> {$(
            async fn $function(&mut self, $($argument: $type),*) -> wasmtime::Result<$answer> {
                use crate::contract::$interface::Host;
                let state = &mut *self.0;
                let Some(tape) = state.tape.clone() else {
                    return Host::$function(state, $($argument),*).await;
                };
                let with: Vec<(String, Value)> = vec![$((
                    values::kebab(stringify!($argument)),
                    values::write(&$argument, &state.mask).map_err(HostStop::Host)?,
                )),*];
                match state.pass(tape, stringify!($interface), stringify!($function), Map::from_iter(with))? {
                    Passed::Answered(answer) => Ok(answer),
                    Passed::Through => Host::$function(state, $($argument),*).await,
                    Passed::Heard(listening) => {
                        let answer = Host::$function(state, $($argument),*).await;
                        state.heard(listening, answer)
                    }
                }
            }
        )*}
    )*};
}

pub(super) struct Gated;

impl HasData for Gated {
    type Data<'a> = Gate<'a>;
}

pub(super) struct Gate<'a>(pub(super) &'a mut CallState);

gates! {
    clock {
        now() -> u64;
        monotonic() -> u64;
        remaining() -> u64;
    }
    random {
        bytes(count: u32) -> Vec<u8>;
    }
    http {
        send(request: Request) -> Result<Response, Failure>;
        send_local(socket: String, request: Request) -> Result<Response, Failure>;
    }
    kv {
        get(key: String) -> Option<Entry>;
        set(key: String, value: Vec<u8>) -> Result<u64, KvError>;
        compare_and_set(key: String, version: u64, value: Vec<u8>) -> Result<u64, KvError>;
        delete(key: String) -> Result<(), KvError>;
        keys(prefix: String) -> Vec<String>;
    }
    secrets {
        reveal(secret: String) -> Result<Vec<u8>, RevealError>;
    }
}

/// A call that is under way while a tape listens.
struct Listening {
    tape: Tape,
    call: String,
    with: Map<String, Value>,
    refused_before: bool,
}

/// What a tape makes of a call.
enum Passed<T> {
    /// The host answers, and nobody listens.
    Through,
    /// The host answers while the tape listens.
    Heard(Listening),
    /// It was answered.
    Answered(T),
}

impl CallState {
    fn pass<T: DeserializeOwned>(
        &mut self,
        tape: Tape,
        interface: &str,
        function: &str,
        with: Map<String, Value>,
    ) -> wasmtime::Result<Passed<T>> {
        let call = format!("{}.{}", values::kebab(interface), values::kebab(function));
        match tape.turn(&call, || with.clone()).map_err(HostStop::Replay)? {
            Turn::Live(Keep::No) => Ok(Passed::Through),
            Turn::Live(Keep::Yes) => {
                let refused_before = self.refusals.first.is_some();
                Ok(Passed::Heard(Listening { tape, call, with, refused_before }))
            }
            Turn::Random(bytes) => {
                values::read(&bytes.into(), "answer").map(Passed::Answered).map_err(|e| HostStop::Replay(e).into())
            }
            Turn::Answered(recorded) => {
                let RecordedCall { call, answer, refused, stopped, .. } = *recorded;
                if let Some(limit) = stopped {
                    return Err(HostStop::Limit(limit).into());
                }
                match refused {
                    Some(Refused::Denied { message, hint }) => drop(self.refusals.deny(Denial { message, hint })),
                    Some(Refused::Limit(limit)) => drop(self.refusals.limit(limit)),
                    None => {}
                }
                let answer = values::read(&answer, "answer");
                answer
                    .map(Passed::Answered)
                    .map_err(|error| HostStop::Replay(format!("the recorded answer to `{call}`: {error}")).into())
            }
        }
    }

    /// Secrets that the call itself made known are masked in its arguments as well.
    fn heard<T: Serialize>(
        &mut self,
        listening: Listening,
        answer: wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        let Listening { tape, call, with, refused_before } = listening;
        let refused = match &self.refusals.first {
            Some(Refusal::Denied(denial)) if !refused_before => {
                Some(Refused::Denied { message: denial.message.clone(), hint: denial.hint.clone() })
            }
            Some(Refusal::Limited(limit)) if !refused_before => Some(Refused::Limit(limit.clone())),
            Some(_) | None => None,
        };
        let (answered, stopped) = match &answer {
            Ok(answer) => (values::write(answer, &self.mask).map_err(HostStop::Host)?, None),
            Err(error) => match error.downcast_ref::<HostStop>() {
                Some(HostStop::Limit(limit)) => (Value::Null, Some(limit.clone())),
                // The host's own failing is nothing to repeat.
                Some(HostStop::Host(_) | HostStop::Replay(_)) | None => return answer,
            },
        };
        let with = with.into_iter().map(|(name, value)| (name, masked(value, &self.mask))).collect();
        tape.keep(RecordedCall { call, with, answer: answered, refused, stopped });
        answer
    }
}

/// Texts in `value` without the secrets of `mask`.
fn masked(value: Value, mask: &Mask) -> Value {
    match value {
        Value::String(text) => mask.text(text).into(),
        Value::Array(items) => items.into_iter().map(|item| masked(item, mask)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, masked(field, mask))).collect())
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}
