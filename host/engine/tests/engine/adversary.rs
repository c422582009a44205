//! A plugin that may attach a secret and not read it tries to learn it, by every interface that answers; the tests see
//! what it saw.

mod answers;
mod fetched;
mod kept;
mod leaving;
mod notation;
mod unfit;
mod wasi;
mod work;

use std::sync::Arc;

pub(crate) use answers::a_body_that_is_cut_within_a_secret_shows_nothing_of_it;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
pub(crate) use unfit::what_a_secret_is_like_is_told_to_the_operator_alone;
pub(crate) use wasi::a_secret_is_placed_and_comes_back_by_nothing;
use watchkeep_core::grant::Rights;
use watchkeep_core::outcome::Outcome;
use watchkeep_engine::{Ended, Limits};

use crate::support::{Memory, call, engine, load, ports, report, rights};

/// The ways to ask over HTTP.
const CALLS: [&str; 3] = ["send", "fetch", "fetch_with"];

const CANARY: &str = "c4n4ry-7x+Q9/zebra";

struct Lab {
    program: &'static str,
    memory: Arc<Memory>,
    rights: Arc<Rights>,
    limits: Limits,
}

impl Lab {
    fn new(to: &[&str], targets: &[&str], allow: &[(&str, &str)]) -> Self {
        Self::of("adversary", to, targets, allow)
    }

    fn of(program: &'static str, to: &[&str], targets: &[&str], allow: &[(&str, &str)]) -> Self {
        let memory = Arc::new(Memory::default());
        memory.secret("key", CANARY, to);
        let rights = rights(&program.replace('_', "-"), targets, allow);
        Self { program, memory, rights, limits: Limits::default() }
    }

    async fn run(&self, config: &str) -> Ended<Outcome> {
        let generation = load(self.program).await;
        let config = format!(r#"{{"attached":{{"secret":"key"}},{config}}}"#);
        let mut call = call(&config, Arc::clone(&self.rights));
        call.limits = self.limits;
        let ended = engine().run_check(&generation, call, &ports(&self.memory)).await;
        self.memory.commit(&ended.kv);
        ended
    }

    /// What the program saw.
    async fn seen(&self, config: &str) -> Vec<u8> {
        turned_back(&self.run(config).await)
    }

    async fn read(&self, config: &str) -> String {
        String::from_utf8_lossy(&self.seen(config).await).into_owned()
    }
}

fn turned_back(ended: &Ended<Outcome>) -> Vec<u8> {
    let turned = report(ended).details.clone().unwrap_or_default();
    let digits = turned.as_bytes().chunks(2).map(|digits| std::str::from_utf8(digits).unwrap());
    digits.map(|digits| !u8::from_str_radix(digits, 16).unwrap()).collect()
}

/// A lab with a server that HTTP may be sent to over `url`, and that the secret is bound to.
fn bound(url: &str) -> Lab {
    Lab::new(&[url], &[url], &[])
}

/// What the server was sent as the secret.
fn key_of(head: &str) -> String {
    head.lines().find_map(|line| line.strip_prefix("X-Key: ")).unwrap_or("none").to_owned()
}

/// No eight letters of it in a row, in whatever form.
fn holds_nothing(seen: &[u8], story: &str) {
    holds_nothing_of(CANARY, seen, story);
}

fn holds_nothing_of(secret: &str, seen: &[u8], story: &str) {
    let forms = [
        secret.to_owned(),
        hex::encode(secret),
        hex::encode_upper(secret),
        STANDARD.encode(secret),
        STANDARD.encode(format!("user:{secret}")),
    ];
    for form in forms {
        for part in form.as_bytes().windows(8) {
            let found = memchr::memmem::find(seen, part).is_some();
            let part = String::from_utf8_lossy(part).into_owned();
            assert!(
                !found || "dXNlcjpj".contains(&part),
                "{story}: `{part}` in {}",
                String::from_utf8_lossy(seen)
            );
        }
    }
}
