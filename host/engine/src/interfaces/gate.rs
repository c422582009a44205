//! The one door between a guest and what it may call: every call of every interface passes through here on its way to
//! the code that answers it, so that a tape can record it, or answer in its place. Without a tape, a call costs one
//! look at whether there is one.
//!
//! An interface takes part in its own file: its functions are listed in `gate!`, it is added to the linker as `Gated`
//! with [`Gate`], and `impl Host for CallState` says what it does. A handle that a guest holds is a number on tape,
//! with nothing behind it in a replay.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasmtime::component::HasData;

use crate::call::{CallState, HostStop, Refusal, Refusals};
use crate::http::mask::Mask;
use crate::tape::{Keep, RecordedCall, Refused, Tape, Turn, values};

/// The arguments of a call as a tape has them.
macro_rules! arguments {
    ($state:ident, $($argument:ident),*) => {
        serde_json::Map::from_iter([$((
            crate::tape::values::kebab(stringify!($argument)),
            crate::tape::values::write(&$argument, &$state.mask).map_err(crate::call::HostStop::Host)?,
        )),*])
    };
}

/// Puts the functions of an interface behind the gate.
macro_rules! gate {
    ($interface:ident {
        $(fn $function:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*
        $(opens fn $opening:ident($($given:ident: $of:ty),*) -> $opened:ty;)*
        $(held $held:ident as $kind:ident, $name:literal {
            $(fn $method:ident($($passed:ident: $like:ty),*) -> $told:ty;)*
        })?
    }) => {
        impl crate::contract::$interface::Host for $crate::interfaces::gate::Gate<'_> {
            $(
                async fn $function(&mut self, $($argument: $type),*) -> wasmtime::Result<$answer> {
                    use crate::contract::$interface::Host;
                    let state = &mut *self.0;
                    let Some(tape) = state.tape.clone() else {
                        return Host::$function(state, $($argument),*).await;
                    };
                    let with = arguments!(state, $($argument),*);
                    let call = $crate::interfaces::gate::name(&[stringify!($interface), stringify!($function)]);
                    match state.pass(tape, call, with)? {
                        $crate::interfaces::gate::Passed::Answered(answer) => Ok(answer),
                        $crate::interfaces::gate::Passed::Through => Host::$function(state, $($argument),*).await,
                        $crate::interfaces::gate::Passed::Heard(listening) => {
                            let answer = Host::$function(state, $($argument),*).await;
                            state.heard(listening, answer.as_ref())?;
                            answer
                        }
                    }
                }
            )*
            $(
                async fn $opening(
                    &mut self,
                    $($given: $of),*
                ) -> wasmtime::Result<Result<wasmtime::component::Resource<$opened>, crate::contract::transport::Failure>> {
                    use crate::contract::$interface::Host;
                    let state = &mut *self.0;
                    let Some(tape) = state.tape.clone() else {
                        return Host::$opening(state, $($given),*).await;
                    };
                    let with = arguments!(state, $($given),*);
                    let call = $crate::interfaces::gate::name(&[stringify!($interface), stringify!($opening)]);
                    match state.pass::<Result<u32, crate::contract::transport::Failure>>(tape, call, with)? {
                        $crate::interfaces::gate::Passed::Answered(answer) => Ok(answer.map(wasmtime::component::Resource::new_own)),
                        $crate::interfaces::gate::Passed::Through => Host::$opening(state, $($given),*).await,
                        $crate::interfaces::gate::Passed::Heard(listening) => {
                            let answer = Host::$opening(state, $($given),*).await;
                            let told = answer.as_ref().map(|opened| opened.as_ref().map(wasmtime::component::Resource::rep));
                            state.heard(listening, told)?;
                            answer
                        }
                    }
                }
            )*
        }
        $(
            impl crate::contract::$interface::$held for $crate::interfaces::gate::Gate<'_> {
                $(
                    async fn $method(
                        &mut self,
                        handle: wasmtime::component::Resource<$kind>,
                        $($passed: $like),*
                    ) -> wasmtime::Result<$told> {
                        use crate::contract::$interface::$held;
                        let state = &mut *self.0;
                        let Some(tape) = state.tape.clone() else {
                            return $held::$method(state, handle, $($passed),*).await;
                        };
                        let mut with = arguments!(state, $($passed),*);
                        with.insert($name.to_owned(), handle.rep().into());
                        let call = $crate::interfaces::gate::name(&[stringify!($interface), $name, stringify!($method)]);
                        match state.pass(tape, call, with)? {
                            $crate::interfaces::gate::Passed::Answered(answer) => Ok(answer),
                            $crate::interfaces::gate::Passed::Through => $held::$method(state, handle, $($passed),*).await,
                            $crate::interfaces::gate::Passed::Heard(listening) => {
                                let answer = $held::$method(state, handle, $($passed),*).await;
                                state.heard(listening, answer.as_ref())?;
                                answer
                            }
                        }
                    }
                )*
                /// Not on tape, because it tells the guest nothing. In a replay, a handle is no more than a number.
                async fn drop(&mut self, handle: wasmtime::component::Resource<$kind>) -> wasmtime::Result<()> {
                    match &self.0.tape {
                        Some(tape) if tape.answers() => Ok(()),
                        Some(_) | None => crate::contract::$interface::$held::drop(&mut *self.0, handle).await,
                    }
                }
            }
        )?
    };
}

pub(super) struct Gated;

impl HasData for Gated {
    type Data<'a> = Gate<'a>;
}

pub(crate) struct Gate<'a>(pub(crate) &'a mut CallState);

/// A call under way while a tape records.
pub(super) struct Listening {
    tape: Tape,
    call: String,
    with: Map<String, Value>,
    refused_before: Option<Refusal>,
    sent_before: bool,
}

/// What a tape does with a call.
pub(super) enum Passed<T> {
    /// The host answers, and nothing is recorded.
    Through,
    /// The host answers, and the tape records.
    Heard(Listening),
    /// The tape has answered.
    Answered(T),
}

impl CallState {
    pub(super) fn pass<T: DeserializeOwned>(
        &mut self,
        tape: Tape,
        call: String,
        with: Map<String, Value>,
    ) -> wasmtime::Result<Passed<T>> {
        match tape.turn(&call, &with).map_err(HostStop::Replay)? {
            Turn::Live(Keep::No) => Ok(Passed::Through),
            Turn::Live(Keep::Yes) => {
                let refused_before = self.refusals.first.clone();
                let sent_before = self.network.sent;
                Ok(Passed::Heard(Listening { tape, call, with, refused_before, sent_before }))
            }
            Turn::Random(bytes) => values::read(&bytes.into(), "answer")
                .map(Passed::Answered)
                .map_err(|e| HostStop::Replay(e).into()),
            Turn::Answered(recorded) => {
                let RecordedCall { call, answer, refused, stopped, sent, .. } = *recorded;
                self.network.sent |= sent;
                if let Some(message) = stopped {
                    return Err(HostStop::Limit { message, limit: None }.into());
                }
                if let Some(refused) = refused {
                    self.refusals.absorb(Refusals::of(refused.into_refusal()));
                }
                let answer = values::read(&answer, "answer");
                answer.map(Passed::Answered).map_err(|error| {
                    HostStop::Replay(format!("the recorded answer to `{call}`: {error}")).into()
                })
            }
        }
    }

    /// Records a call. Secrets that became known in the call itself are masked in its arguments as well.
    pub(super) fn heard<T: Serialize>(
        &mut self,
        listening: Listening,
        answer: Result<T, &wasmtime::Error>,
    ) -> wasmtime::Result<()> {
        let Listening { tape, call, with, refused_before, sent_before } = listening;
        let sent = self.network.sent && !sent_before;
        let refused = match &self.refusals.first {
            Some(refusal) if refused_before.as_ref() != Some(refusal) => Some(Refused::of(refusal)),
            Some(_) | None => None,
        };
        let (answered, stopped) = match answer {
            Ok(answer) => (values::write(&answer, &self.mask).map_err(HostStop::Host)?, None),
            Err(error) => match error.downcast_ref::<HostStop>() {
                Some(HostStop::Limit { message, .. }) => (Value::Null, Some(message.clone())),
                // A failure of the host itself is not worth repeating.
                Some(HostStop::Host(_) | HostStop::Replay(_) | HostStop::Exit(_)) | None => return Ok(()),
            },
        };
        let with = with.into_iter().map(|(name, value)| (name, masked(value, &self.mask))).collect();
        tape.keep(RecordedCall { call, with, answer: answered, refused, stopped, sent });
        Ok(())
    }
}

/// The name of a call on tape: `["net", "connection", "start_tls"]` becomes `net.connection.start-tls`.
pub(super) fn name(parts: &[&str]) -> String {
    parts.iter().map(|part| values::kebab(part)).collect::<Vec<_>>().join(".")
}

/// `value`, with the secrets of `mask` removed from all texts.
fn masked(value: Value, mask: &Mask) -> Value {
    match value {
        Value::String(text) => mask.told(text).into(),
        Value::Array(items) => items.into_iter().map(|item| masked(item, mask)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, masked(field, mask))).collect())
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}
