//! The one door between a guest and what it may call: every function of every interface passes through here on its
//! way to the code that answers it, so that a tape can listen, or answer in its place. Without a tape a call costs
//! one look at whether there is one.
//!
//! An interface takes part by three lines: its functions in [`gates!`] below, and `Gated` with [`Gate`] where it is
//! added to the linker. What the interface does stays in its own file, in `impl Host for CallState`. What a guest
//! holds by handle is a number on tape, and nothing behind it in a replay.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use wasmtime::component::{HasData, Resource};

use crate::call::{CallState, HostStop, Refusal, Refusals};
use crate::contract::clock::LocalTime;
use crate::contract::commands::{CommandError, Output};
use crate::contract::dns::{Answer, Question};
use crate::contract::files::{Entry as FileEntry, FileError, Hashing};
use crate::contract::http::{Detailed, Exchange, Extras, Request, Response};
use crate::contract::icmp::{EchoOptions, Echoes};
use crate::contract::kv::{Entry, KvError};
use crate::contract::net::{Datagram, Inspection};
use crate::contract::pictures::PictureError;
use crate::contract::secrets::RevealError;
use crate::contract::snapshots::{Series, Snapshot, SnapshotError};
use crate::contract::system::{Disk, Load, Memory, NetworkLink, Process, SystemError, Unit};
use crate::contract::transport::{Address, Encoding, Failure, Family, Timings, TlsFacts, TlsOptions};
use crate::http::mask::Mask;
use crate::interfaces::net::Connection;
use crate::tape::{Keep, RecordedCall, Refused, Tape, Turn, values};

macro_rules! arguments {
    ($state:ident, $($argument:ident),*) => {
        Map::from_iter([$((
            values::kebab(stringify!($argument)),
            values::write(&$argument, &$state.mask).map_err(HostStop::Host)?,
        )),*])
    };
}

macro_rules! gates {
    ($($interface:ident {
        $(fn $function:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*
        $(opens fn $opening:ident($($given:ident: $of:ty),*) -> $opened:ty;)*
        $(held $held:ident as $kind:ident, $name:literal {
            $(fn $method:ident($($passed:ident: $like:ty),*) -> $told:ty;)*
        })?
    })*) => {$(
        impl crate::contract::$interface::Host for Gate<'_> {
            $(
                async fn $function(&mut self, $($argument: $type),*) -> wasmtime::Result<$answer> {
                    use crate::contract::$interface::Host;
                    let state = &mut *self.0;
                    let Some(tape) = state.tape.clone() else {
                        return Host::$function(state, $($argument),*).await;
                    };
                    let with = arguments!(state, $($argument),*);
                    let call = name(&[stringify!($interface), stringify!($function)]);
                    match state.pass(tape, call, with)? {
                        Passed::Answered(answer) => Ok(answer),
                        Passed::Through => Host::$function(state, $($argument),*).await,
                        Passed::Heard(listening) => {
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
                ) -> wasmtime::Result<Result<Resource<$opened>, Failure>> {
                    use crate::contract::$interface::Host;
                    let state = &mut *self.0;
                    let Some(tape) = state.tape.clone() else {
                        return Host::$opening(state, $($given),*).await;
                    };
                    let with = arguments!(state, $($given),*);
                    let call = name(&[stringify!($interface), stringify!($opening)]);
                    match state.pass::<Result<u32, Failure>>(tape, call, with)? {
                        Passed::Answered(answer) => Ok(answer.map(Resource::new_own)),
                        Passed::Through => Host::$opening(state, $($given),*).await,
                        Passed::Heard(listening) => {
                            let answer = Host::$opening(state, $($given),*).await;
                            let told = answer.as_ref().map(|opened| opened.as_ref().map(Resource::rep));
                            state.heard(listening, told)?;
                            answer
                        }
                    }
                }
            )*
        }
        $(
            impl crate::contract::$interface::$held for Gate<'_> {
                $(
                    async fn $method(
                        &mut self,
                        handle: Resource<$kind>,
                        $($passed: $like),*
                    ) -> wasmtime::Result<$told> {
                        use crate::contract::$interface::$held;
                        let state = &mut *self.0;
                        let Some(tape) = state.tape.clone() else {
                            return $held::$method(state, handle, $($passed),*).await;
                        };
                        let mut with = arguments!(state, $($passed),*);
                        with.insert($name.to_owned(), handle.rep().into());
                        let call = name(&[stringify!($interface), $name, stringify!($method)]);
                        match state.pass(tape, call, with)? {
                            Passed::Answered(answer) => Ok(answer),
                            Passed::Through => $held::$method(state, handle, $($passed),*).await,
                            Passed::Heard(listening) => {
                                let answer = $held::$method(state, handle, $($passed),*).await;
                                state.heard(listening, answer.as_ref())?;
                                answer
                            }
                        }
                    }
                )*
                /// Not on tape: it tells the guest nothing. What a recording has opened is no more than a number.
                async fn drop(&mut self, handle: Resource<$kind>) -> wasmtime::Result<()> {
                    match &self.0.tape {
                        Some(tape) if tape.answers() => Ok(()),
                        Some(_) | None => crate::contract::$interface::$held::drop(&mut *self.0, handle).await,
                    }
                }
            }
        )?
    )*};
}

pub(super) struct Gated;

impl HasData for Gated {
    type Data<'a> = Gate<'a>;
}

pub(crate) struct Gate<'a>(pub(crate) &'a mut CallState);

gates! {
    clock {
        fn now() -> u64;
        fn monotonic() -> u64;
        fn remaining() -> u64;
        fn local(at: u64) -> LocalTime;
        fn sleep(duration: u64) -> ();
    }
    random {
        fn bytes(count: u32) -> Vec<u8>;
    }
    http {
        fn send(request: Request) -> Result<Response, Failure>;
        fn fetch(request: Request) -> Exchange;
        fn fetch_with(request: Request, extras: Extras) -> Detailed;
        fn send_local(socket: String, request: Request) -> Result<Response, Failure>;
    }
    kv {
        fn get(key: String) -> Option<Entry>;
        fn set(key: String, value: Vec<u8>) -> Result<u64, KvError>;
        fn compare_and_set(key: String, version: u64, value: Vec<u8>) -> Result<u64, KvError>;
        fn delete(key: String) -> Result<(), KvError>;
        fn keys(prefix: String) -> Vec<String>;
    }
    net {
        fn inspect_tls(host: String, port: u16, family: Family, options: TlsOptions, timeout: u64) -> Result<TlsFacts, Failure>;
        fn udp_exchange(host: String, port: u16, family: Family, data: Vec<u8>, replies_max: u32, timeout: u64) -> Result<Vec<Datagram>, Failure>;
        opens fn connect(host: String, port: u16, family: Family, timeout: u64) -> Connection;
        opens fn connect_local(socket: String, timeout: u64) -> Connection;
        held HostConnection as Connection, "connection" {
            fn peer() -> Option<Address>;
            fn timings() -> Timings;
            fn read(max: u32, timeout: u64) -> Result<Vec<u8>, Failure>;
            fn write(data: Vec<u8>, timeout: u64) -> Result<(), Failure>;
            fn write_secret(secret: String, before: Vec<u8>, after: Vec<u8>, encoding: Encoding, timeout: u64) -> Result<(), Failure>;
            fn start_tls(options: TlsOptions, timeout: u64) -> Result<TlsFacts, Failure>;
            fn inspect_tls(options: TlsOptions, timeout: u64) -> Result<Inspection, Failure>;
            fn path() -> Vec<u32>;
            fn certificate_requested() -> bool;
        }
    }
    dns {
        fn query(question: Question) -> Result<Answer, Failure>;
    }
    icmp {
        fn echo(host: String, options: EchoOptions) -> Result<Echoes, Failure>;
    }
    secrets {
        fn reveal(secret: String) -> Result<Vec<u8>, RevealError>;
    }
    snapshots {
        fn latest(series: Series) -> Result<Option<Snapshot>, SnapshotError>;
        fn nearest(series: Series, at: u64, within: u64) -> Result<Option<Snapshot>, SnapshotError>;
        fn reference(series: Series) -> Result<Option<Snapshot>, SnapshotError>;
        fn read(id: String) -> Result<Vec<u8>, SnapshotError>;
    }
    pictures {
        fn read(id: String, size_max: u64) -> Result<Vec<u8>, PictureError>;
    }
    files {
        fn stat(root: String, path: String) -> Result<FileEntry, FileError>;
        fn entries(root: String, path: String, after: Option<String>, max: u32) -> Result<Vec<FileEntry>, FileError>;
        fn read(root: String, path: String, offset: u64, max: u32) -> Result<Vec<u8>, FileError>;
        fn sha256(root: String, path: String, resume: Option<Hashing>, budget: u64) -> Result<Hashing, FileError>;
    }
    commands {
        fn run(name: String, parameters: Vec<(String, String)>, timeout: u64) -> Result<Output, CommandError>;
    }
    system {
        fn disks() -> Result<Vec<Disk>, SystemError>;
        fn memory_use() -> Result<Memory, SystemError>;
        fn load_now() -> Result<Load, SystemError>;
        fn links() -> Result<Vec<NetworkLink>, SystemError>;
        fn units(pattern: String) -> Result<Vec<Unit>, SystemError>;
        fn processes(pattern: String) -> Result<Vec<Process>, SystemError>;
    }
}

/// A call that is under way while a tape listens.
struct Listening {
    tape: Tape,
    call: String,
    with: Map<String, Value>,
    refused_before: Option<Refusal>,
    sent_before: bool,
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

    /// Secrets that the call itself made known are masked in its arguments as well.
    fn heard<T: Serialize>(
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
                // The host's own failing is nothing to repeat.
                Some(HostStop::Host(_) | HostStop::Replay(_) | HostStop::Exit(_)) | None => return Ok(()),
            },
        };
        let with = with.into_iter().map(|(name, value)| (name, masked(value, &self.mask))).collect();
        tape.keep(RecordedCall { call, with, answer: answered, refused, stopped, sent });
        Ok(())
    }
}

/// `["net", "connection", "start_tls"]` is `net.connection.start-tls`.
fn name(parts: &[&str]) -> String {
    parts.iter().map(|part| values::kebab(part)).collect::<Vec<_>>().join(".")
}

/// Texts in `value` without the secrets of `mask`.
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
