//! An HTTP answer as the broker reads it, over a socket of this machine.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::runtime::Runtime;
use watchkeep_core::commit::KvScope;
use watchkeep_core::grant::{Aim, Allow, Ceiling, Requests, Rights};
use watchkeep_core::ids::{PluginName, SocketName};
use watchkeep_core::limits::Limits;

use crate::call::{self, Setup, Subject};
use crate::contract::http::{Request, Response};
use crate::contract::transport::{Failure, Family};
use crate::engine::Engine;
use crate::http::Way;
use crate::interfaces::kv::KvState;
use crate::interfaces::secrets::Attachable;
use crate::interfaces::wasi::Wasi;
use crate::options::{CompilerCommand, EngineOptions, Pool};

/// What no answer may carry to a guest.
const SECRET: &str = "kept-in-the-vault";
/// Host calls end at half of this. An answer that ends never takes that long.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The first two bytes say how to ask, and the rest is a server's answer.
pub fn http_answer(bytes: &[u8]) {
    thread_local! {
        static BROKER: OnceCell<(TempDir, Runtime, Answers)> = const { OnceCell::new() };
    }
    BROKER.with(|broker| {
        let (_, runtime, answers) = broker.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder can be made");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime starts");
            let answers = runtime.block_on(async { Answers::new(folder.path()) });
            (folder, runtime, answers)
        });
        runtime.block_on(answers.read(bytes));
    });
}

/// A broker and a server that answers with whatever it is given.
struct Answers {
    engine: Engine,
    listener: UnixListener,
    rights: Arc<Rights>,
}

impl Answers {
    /// To be called within a runtime. `folder` is used by nothing else.
    fn new(folder: &Path) -> Self {
        let nobody = CompilerCommand { program: "/nonexistent".into(), args: Vec::new() };
        let mut options = EngineOptions::new(folder.join("cache"), nobody);
        options.pool = Pool { memories: 4, ..Pool::default() };
        let engine = Engine::new(options).expect("the engine starts");
        let socket = folder.join("target.sock");
        let listener = UnixListener::bind(&socket).expect("the socket is free");
        let mut allow = Allow::default();
        allow.parse_entry("http_local", "target * /").expect("it is an entry");
        let sockets = BTreeMap::from([(SocketName::from("target"), socket)]);
        let rights = Rights {
            plugin: PluginName::from("fuzzed"),
            requests: Requests::Unstated,
            allow: allow.into(),
            targets: Vec::new(),
            ceiling: Arc::new(Ceiling { sockets, ..Ceiling::default() }),
            aim: Aim::Act,
        };
        Self { engine, listener, rights: Arc::new(rights) }
    }

    /// The first two bytes say how to ask. The rest is the answer to every request.
    async fn read(&self, bytes: &[u8]) {
        let [how, body_max, answer @ ..] = bytes else { return };
        let request = Request {
            method: ["GET", "HEAD", "POST", "CONNECT"][usize::from(how & 3)].to_owned(),
            url: "http://target/".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            credentials: Vec::new(),
            timeout: None,
            redirects_max: (how >> 2) & 3,
            body_max: u64::from(*body_max) << 4,
            decompress: how & 16 != 0,
            family: Family::Any,
            tls: None,
        };
        let (redirects_max, body_max) = (usize::from(request.redirects_max), request.body_max);
        let outcome = tokio::select! {
            outcome = self.send(request) => outcome,
            never = self.serve(answer) => match never {},
        };
        match outcome {
            Ok(response) => {
                assert!(response.body.len() as u64 <= body_max, "{} bytes of a body", response.body.len());
                assert!(response.redirects.len() <= redirects_max, "{} redirects", response.redirects.len());
                assert!(!format!("{response:?}").contains(SECRET), "a secret comes back");
                let body = memchr::memmem::find(&response.body, SECRET.as_bytes());
                assert!(body.is_none(), "a secret in a body");
            }
            Err(Failure { message, .. }) => {
                assert!(super::is_one_line(&message), "{message:?}");
                assert!(!message.contains(SECRET), "a secret in {message:?}");
            }
        }
    }

    async fn send(&self, request: Request) -> Result<Response, Failure> {
        let shared = self.engine.shared();
        let setup = Setup {
            subject: Subject {
                generation: "plugin `fuzzed`".into(),
                plugin: "fuzzed".into(),
                kind: Some(watchkeep_core::kind::PluginKind::Check),
                name: "fuzzed".into(),
            },
            timeout: TIMEOUT,
            limits: Limits::default(),
            weight: 1,
            rights: Some(Arc::clone(&self.rights)),
            ports: None,
            kv: KvState::of(KvScope::of_check("fuzzed".into(), "fuzzed".into())),
            attachable: Attachable::default(),
            wasi: Wasi::Unused,
        };
        call::alone(shared, setup, async |state| {
            state.mask.add(SECRET.as_bytes());
            let broker = Arc::clone(&state.http.broker);
            broker.send(state, Way::Socket("target".to_owned()), request).await
        })
        .await
    }

    async fn serve(&self, answer: &[u8]) -> std::convert::Infallible {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else { continue };
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut piece = [0; 1 << 10];
                match stream.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => asked.extend_from_slice(&piece[..count]),
                }
            }
            // A client that has enough closes early.
            let _ = stream.write_all(answer).await;
        }
    }
}
