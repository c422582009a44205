//! Two plugins at once: one is honest, the other takes what both need or claims to be the first. What counts is what becomes
//! of the honest one.

use std::io::{Read as _, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use watchkeep_core::report::State;
use watchkeep_engine::{Engine, Limits};

use crate::http::{respond, server};
use crate::room;
use crate::support::{call, engine, lasting_cache, load, module, options, ports, report, rights};

/// What is silent holds a descriptor for as long as the plugin likes.
#[tokio::test]
pub(crate) async fn a_plugin_that_holds_every_connection_it_gets_keeps_no_other_from_judging() {
    let mut options = options(&lasting_cache());
    options.sockets_max = 16;
    let engine = Engine::new(options).unwrap();
    let load = async |name: &str| engine.load(module(name).into(), &format!("{name}.wasm")).await.unwrap();
    let (rival, honest) = (load("rival").await, load("denied_as_down").await);
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let (hold, held) = oneshot::channel();
    let hold = Mutex::new(Some(hold));
    std::thread::spawn(move || {
        let hold = &hold;
        std::thread::scope(|scope| {
            for stream in silent.incoming() {
                let Ok(mut stream) = stream else { return };
                scope.spawn(move || {
                    // It says something once it gets no more.
                    if stream.read(&mut [0; 1]).is_ok_and(|size| size > 0) {
                        hold.lock().unwrap().take().map(|hold| hold.send(()));
                        let _ = stream.read(&mut [0; 1]);
                    }
                });
            }
        });
    });
    let endpoint = format!("tcp://127.0.0.1:{port}");
    let config = format!(r#"{{"do":"connections","host":"127.0.0.1","port":"{port}","count":"100"}}"#);
    let mut taking = call(&config, rights("rival", &[], &[("net", &endpoint)]));
    taking.limits = Limits { connections: 100, ..Limits::default() };
    taking.timeout = Duration::from_secs(600);
    let taking = {
        let (engine, rival) = (engine.clone(), Arc::clone(&rival));
        tokio::spawn(async move { engine.run_check(&rival, taking, &ports(&Arc::default())).await })
    };
    held.await.expect("it takes what it gets");
    let address = server(|_, stream| respond(stream, "200 OK", b""));
    let url = format!("http://{address}/");
    let mut judging =
        call(&format!(r#"{{"url":"{url}"}}"#), rights("denied-as-down", &[], &[("http", &url)]));
    // It would wait for a place until then.
    judging.timeout = Duration::from_secs(10);
    let ended = engine.run_check(&honest, judging, &ports(&Arc::default())).await;
    assert_eq!(report(&ended).summary, "status 200");
    taking.abort();
}

/// Replies to others are nobody's, and what others lose is not found here.
async fn pings_are_their_own() {
    let (rival, honest) = (load("rival").await, load("icmp_caller").await);
    for size in ["0", "8", "56"] {
        let flood = async || {
            let config = format!(r#"{{"do":"pings","host":"127.0.0.1","size":"{size}"}}"#);
            let mut call = call(&config, rights("rival", &[], &[("icmp", "127.0.0.1")]));
            call.limits = Limits { echoes: 200, ..Limits::default() };
            engine().run_check(&rival, call, &ports(&Arc::default())).await
        };
        let ping = async || {
            let config = format!(r#"{{"host":"127.0.0.1","count":"20","interval":"10","size":"{size}"}}"#);
            let call = call(&config, rights("icmp-caller", &[], &[("icmp", "127.0.0.1")]));
            engine().run_check(&honest, call, &ports(&Arc::default())).await
        };
        let (flooded, pinged, _) = tokio::join!(flood(), ping(), flood());
        assert_eq!(report(&flooded).summary, "Ok(200)");
        assert_eq!(report(&pinged).summary, "127.0.0.1: 20 sent, 0 lost");
    }
}

#[tokio::test]
async fn pings_by_raw_sockets_are_their_own() {
    for program in ["rival", "icmp_caller"] {
        module(program);
    }
    // Every socket sees what is meant for any.
    if room::inside("rivals::pings_by_raw_sockets_are_their_own", "") {
        pings_are_their_own().await;
    }
}

/// What a subscriber of the log is told.
#[derive(Clone, Default)]
pub(crate) struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    pub(crate) fn subscriber(&self) -> impl tracing::Subscriber + use<> {
        let written = self.clone();
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || written.clone()).finish()
    }
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whose a line is stands at its end, where no plugin writes.
#[tokio::test]
async fn a_line_of_the_log_is_one_line_and_says_at_its_end_whose_it_is() {
    let logged = Logged::default();
    let rival = load("rival").await;
    let ended = {
        let _held = tracing::subscriber::set_default(logged.subscriber());
        let call = call(r#"{"do":"log"}"#, rights("rival", &[], &[]));
        engine().run_check(&rival, call, &ports(&Arc::default())).await
    };
    assert_eq!(report(&ended).state, State::Ok);
    let text = logged.text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("all is well")).collect();
    let [line] = lines[..] else { panic!("{text}") };
    assert!(line.ends_with(r#" plugin="rival" subject="c""#), "{line}");
    assert_eq!(text.lines().filter(|line| line.contains("it is down")).count(), 1, "{text}");
}
