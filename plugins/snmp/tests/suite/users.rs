//! Version 3.

use serde_json::{Value as Json, json};
use watchkeep_plugin_snmp::bytes::{
    Cipher, Digest, Head, Kind, Oid, Pdu, Value, read_scoped, read_sealed, wrap,
};
use watchkeep_plugin_snmp::run;
use watchkeep_sdk::testing::{Datagrams, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

use crate::AGENT;
use crate::agent::{Agent, Asked, oid, question};

const ENGINE: [u8; 9] = [0x80, 0, 0x1f, 0x88, 4, b'e', b'n', b'g', b'1'];
const UPTIME: &str = "1.3.6.1.2.1.1.3.0";
const PASSWORD: &str = "maplesyrup";
const OTHER: &str = "pancakes-and-more";
const SIGNED: u8 = 1;
const ENCRYPTED: u8 = 2;

/// A double of an agent of version 3, with one user `monitor` of one level.
struct Engine {
    agent: Agent,
    digest: Option<Digest>,
    cipher: Option<Cipher>,
    boots: i64,
    time: i64,
    /// What it says of its starts to whoever asks who it is.
    says_boots: i64,
    /// Makes another message of its answer, or none.
    changed: Box<Change>,
    seen: u8,
}

type Change = dyn FnMut(&mut Head, &mut Pdu) -> bool;

impl Engine {
    fn new(digest: Option<Digest>, cipher: Option<Cipher>) -> Self {
        let agent = Agent::new().knows(UPTIME, Value::Ticks(8_640_000));
        let changed = Box::new(|_: &mut Head, _: &mut Pdu| true);
        Self { agent, digest, cipher, boots: 3, time: 1_000, says_boots: 3, changed, seen: 0 }
    }

    fn report(&self, last: u32, id: i64, flags: u8, boots: i64) -> Vec<u8> {
        let name = oid("1.3.6.1.6.3.15.1.1").join(&[last, 0]);
        let bindings = vec![(name, Value::Counter32(1))];
        let pdu = Pdu { kind: Kind::Report, id, status: 0, index: 0, bindings };
        let user = if last == 4 { Vec::new() } else { b"monitor".to_vec() };
        self.written(head(id, flags, boots, self.time, user), &pdu)
    }

    fn written(&self, mut head: Head, pdu: &Pdu) -> Vec<u8> {
        let scoped = wrap(0x30, &[wrap(4, &ENGINE), wrap(4, b""), pdu.encoded()].concat());
        let mut contents = scoped;
        if let (true, Some(cipher), Some(digest)) = (head.flags & ENCRYPTED != 0, self.cipher, self.digest) {
            let key = cipher.key(digest, OTHER.as_bytes(), &ENGINE);
            head.salt = vec![7; 8];
            contents = wrap(4, &cipher.encrypt(&key, &start(&head), &contents).unwrap());
        }
        match self.digest.filter(|_| head.flags & SIGNED != 0) {
            Some(digest) => {
                head.signature = vec![0; digest.sent_bytes()];
                let key = digest.key(PASSWORD.as_bytes(), &ENGINE);
                head.around(&contents, |message| digest.sign(&key, message))
            }
            None => head.around(&contents, |_| Vec::new()),
        }
    }

    fn hears(&mut self, sent: &[u8]) -> Option<Vec<u8>> {
        let sealed = read_or_panic(sent);
        let head = &sealed.head;
        assert_eq!(head.flags & 4, 4, "a report may answer");
        if head.engine.is_empty() {
            assert!(head.user.is_empty() && head.flags == 4, "nobody says who he is before he knows to whom");
            return Some(self.report(4, head.id, 0, self.says_boots));
        }
        assert_eq!(head.engine, ENGINE);
        if head.user != b"monitor" {
            return Some(self.report(3, head.id, 0, self.boots));
        }
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let wanted = flag(self.digest.is_some(), SIGNED) | flag(self.cipher.is_some(), ENCRYPTED);
        if head.flags & 3 != wanted {
            return Some(self.report(1, head.id, 0, self.boots));
        }
        if let Some(digest) = self.digest {
            let key = digest.key(PASSWORD.as_bytes(), &ENGINE);
            if head.signature != digest.sign(&key, &sealed.unsigned()) {
                return Some(self.report(5, head.id, 0, self.boots));
            }
            if head.boots != self.boots || head.time.abs_diff(self.time) > 150 {
                return Some(self.report(2, head.id, SIGNED, self.boots));
            }
        }
        let asked = self.decrypted(sent)?;
        let mut answer = self.agent.answer(&asked)?;
        let mut reply = self::head(head.id, wanted, self.boots, self.time, b"monitor".to_vec());
        (self.changed)(&mut reply, &mut answer).then(|| self.written(reply, &answer))
    }

    fn decrypted(&mut self, sent: &[u8]) -> Option<Asked> {
        let sealed = read_or_panic(sent);
        let scoped = match (self.cipher, self.digest) {
            (Some(cipher), Some(digest)) => {
                let key = cipher.key(digest, OTHER.as_bytes(), &ENGINE);
                cipher.decrypt(&key, &start(&sealed.head), sealed.encrypted().unwrap()).unwrap()
            }
            (_, _) => {
                let at = sent.windows(ENGINE.len()).rposition(|window| window == ENGINE).unwrap();
                sent[at - 4..].to_vec()
            }
        };
        self.seen += 1;
        let at = scoped.iter().position(|byte| [0xa0, 0xa5].contains(byte)).unwrap();
        Some(question(&scoped[at..]))
    }

    fn datagrams(mut self) -> Datagrams {
        Datagrams::by(move |sent| self.hears(sent).into_iter().collect())
    }
}

fn head(id: i64, flags: u8, boots: i64, time: i64, user: Vec<u8>) -> Head {
    Head { id, flags, engine: ENGINE.to_vec(), boots, time, user, signature: Vec::new(), salt: Vec::new() }
}

fn read_or_panic(sent: &[u8]) -> watchkeep_plugin_snmp::bytes::Sealed<'_> {
    read_sealed(sent).unwrap()
}

fn start(head: &Head) -> [u8; 16] {
    let boots = (head.boots as u32).to_be_bytes();
    let time = (head.time as u32).to_be_bytes();
    [&boots[..], &time, &head.salt].concat().try_into().unwrap()
}

fn word(digest: Digest) -> &'static str {
    match digest {
        Digest::Md5 => "md5",
        Digest::Sha1 => "sha1",
        Digest::Sha224 => "sha224",
        Digest::Sha256 => "sha256",
        Digest::Sha384 => "sha384",
        Digest::Sha512 => "sha512",
    }
}

fn user(digest: Option<Digest>, cipher: Option<Cipher>) -> Json {
    let mut user = json!({ "name": "monitor" });
    if let Some(digest) = digest {
        user["authentication"] = json!({ "protocol": word(digest), "password": { "secret": "password" } });
    }
    if let Some(cipher) = cipher {
        let cipher = match cipher {
            Cipher::Aes128 => "aes128",
            Cipher::Aes256 => "aes256",
            Cipher::Aes256Cisco => "aes256_cisco",
        };
        user["privacy"] = json!({ "protocol": cipher, "password": { "secret": "other" } });
    }
    user
}

fn check(engine: Engine, user: Json) -> Ran<Report, Fault> {
    let config = json!({ "agent": "switch.example.com:161", "user": user });
    Host::new()
        .revealed("password", PASSWORD)
        .revealed("other", OTHER)
        .always(AGENT, engine.datagrams())
        .check(run, &config.to_string())
}

const SHA256: Option<Digest> = Some(Digest::Sha256);
const AES: Option<Cipher> = Some(Cipher::Aes128);

#[test]
fn every_level_digest_and_cipher_is_spoken() {
    let up = "it answers, and is up for 1 d 0 h 0 min";
    assert_eq!(check(Engine::new(None, None), user(None, None)).report().summary, up);
    for digest in [Digest::Md5, Digest::Sha1, Digest::Sha224, Digest::Sha256, Digest::Sha384, Digest::Sha512]
    {
        let digest = Some(digest);
        assert_eq!(check(Engine::new(digest, None), user(digest, None)).report().summary, up, "{digest:?}");
    }
    for cipher in [Cipher::Aes128, Cipher::Aes256, Cipher::Aes256Cisco] {
        let cipher = Some(cipher);
        let digest = Some(Digest::Sha1);
        assert_eq!(
            check(Engine::new(digest, cipher), user(digest, cipher)).report().summary,
            up,
            "{cipher:?}"
        );
    }
}

/// Appendix A.3 of RFC 3414.
#[test]
fn keys_are_those_of_the_standard() {
    let engine = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(Digest::Md5.key(b"maplesyrup", &engine)), "526f5eed9fcce26f8964c2930787d82b");
    assert_eq!(hex(Digest::Sha1.key(b"maplesyrup", &engine)), "6695febc9288e36282235fc7151f128497b38f3f");
}

#[track_caller]
fn is_config(ran: &Ran<Report, Fault>, said: &str) {
    let Fault::Config(why) = ran.error() else { panic!("{:?}", ran.error()) };
    assert!(why.contains(said), "{why}");
}

#[track_caller]
fn is_inconclusive(ran: &Ran<Report, Fault>, said: &str) {
    let Fault::Inconclusive(why) = ran.error() else { panic!("{:?}", ran.error()) };
    assert!(why.contains(said), "{why}");
}

#[test]
fn what_the_agent_does_not_take_judges_nothing_and_is_told_apart() {
    let mut stranger = user(SHA256, None);
    stranger["name"] = json!("nobody");
    is_config(&check(Engine::new(SHA256, None), stranger), "unknown user name");
    is_config(&check(Engine::new(SHA256, AES), user(SHA256, None)), "unsupported security level");
    is_config(&check(Engine::new(SHA256, None), user(Some(Digest::Sha1), None)), "wrong digest");
    let mut swapped = user(SHA256, None);
    swapped["authentication"]["password"] = json!({ "secret": "other" });
    is_config(&check(Engine::new(SHA256, None), swapped), "wrong digest");
    let told = |last: u32| {
        let mut engine = Engine::new(None, None);
        engine.changed = Box::new(move |_, pdu| {
            pdu.kind = Kind::Report;
            pdu.bindings = vec![(oid("1.3.6.1.6.3.15.1.1").join(&[last, 0]), Value::Counter32(1))];
            true
        });
        check(engine, user(None, None))
    };
    is_config(&told(6), "decryption error");
    is_inconclusive(&told(4), "unknown engine id");
    is_inconclusive(&told(77), "reports `1.3.6.1.6.3.15.1.1.77.0` in place of an answer");
    let elsewhere = |name: &'static str| {
        let mut engine = Engine::new(None, None);
        engine.changed = Box::new(move |_, pdu| {
            pdu.kind = Kind::Report;
            pdu.bindings = vec![(oid(name), Value::Counter32(1))];
            true
        });
        check(engine, user(None, None))
    };
    is_config(&elsewhere("1.3.6.1.6.3.12.1.5.0"), "does not know the context");
    is_config(&elsewhere("1.3.6.1.6.3.11.2.1.1.0"), "security model");
}

#[test]
fn an_agent_that_is_in_another_time_is_asked_with_it_once() {
    let mut engine = Engine::new(SHA256, AES);
    engine.says_boots = 2;
    assert_eq!(check(engine, user(SHA256, AES)).report().state, State::Ok);
    let mut never = Engine::new(SHA256, None);
    never.says_boots = 2;
    never.boots = 5;
    let mut asked = 0;
    let config = json!({ "agent": "switch.example.com:161", "user": user(SHA256, None) });
    let double = Datagrams::by(move |sent| {
        asked += 1;
        assert!(asked < 5, "it is asked again and again");
        never.boots += 1;
        never.hears(sent).into_iter().collect()
    });
    let ran =
        Host::new().revealed("password", PASSWORD).always(AGENT, double).check(run, &config.to_string());
    is_inconclusive(&ran, "not in time window");
}

#[test]
fn an_answer_that_is_not_signed_encrypted_or_new_is_not_taken() {
    let says = |change: fn(&mut Head, &mut Pdu)| {
        let mut engine = Engine::new(SHA256, AES);
        engine.changed = Box::new(move |head, pdu| {
            change(head, pdu);
            true
        });
        let ran = check(engine, user(SHA256, AES));
        assert_eq!(ran.report().state, State::Critical);
        ran.report().summary.clone()
    };
    assert_eq!(says(|head, _| head.flags = 0), "its answer is not signed");
    assert_eq!(says(|head, _| head.flags = SIGNED), "its answer is not encrypted");
    assert_eq!(says(|head, _| head.boots -= 1), "its answer is an old one");
    assert_eq!(says(|head, _| head.time -= 200), "its answer is an old one");
    assert_eq!(says(|head, _| head.id ^= 1), "it answers another question than was asked");
    assert_eq!(says(|_, pdu| pdu.id ^= 1), "it answers another question than was asked");
    let other = "it answers as another engine, or another user, than was asked";
    assert_eq!(says(|head, _| head.user = b"admin".to_vec()), other);
    assert_eq!(says(|head, _| head.engine[8] ^= 1), other);
}

#[test]
fn an_answer_that_somebody_else_signed_is_not_taken() {
    let mut engine = Engine::new(SHA256, None);
    let config = json!({ "agent": "switch.example.com:161", "user": user(SHA256, None) });
    let double = Datagrams::by(move |sent| {
        let mut answer = engine.hears(sent).unwrap();
        if engine.seen > 0 {
            *answer.last_mut().unwrap() ^= 1;
        }
        vec![answer]
    });
    let ran =
        Host::new().revealed("password", PASSWORD).always(AGENT, double).check(run, &config.to_string());
    assert_eq!(ran.report().summary, "its answer bears a signature that is not the user's");
}

#[test]
fn silence_and_short_passwords_are_told() {
    let config =
        json!({ "agent": "switch.example.com:161", "user": user(SHA256, None), "attempts": 1 }).to_string();
    let silent = Datagrams::by(|_| Vec::new());
    let ran = Host::new().revealed("password", PASSWORD).always(AGENT, silent).check(run, &config);
    assert!(
        ran.report().summary.ends_with("where it does not speak version 3, or does not serve this address")
    );
    let ran = Host::new().revealed("password", "short").check(run, &config);
    is_config(&ran, "`user.authentication.password` has fewer than 8 bytes");
    let mut engine = Engine::new(SHA256, AES);
    engine.agent = Agent::new().changed(|_, _| None);
    let ran = check(engine, user(SHA256, AES));
    assert!(
        ran.report().summary.ends_with("what it cannot decrypt: see `user.privacy`"),
        "{}",
        ran.report().summary
    );
    let no_engine = Datagrams::by(|_| vec![b"hello".to_vec()]);
    let ran = Host::new().revealed("password", PASSWORD).always(AGENT, no_engine).check(run, &config);
    assert_eq!(ran.report().state, State::Critical);
}

#[test]
fn damage_to_messages_is_no_panic() {
    let engine = Engine::new(SHA256, AES);
    let pdu = Pdu {
        kind: Kind::Response,
        id: 1,
        status: 0,
        index: 0,
        bindings: vec![(Oid::default(), Value::Null)],
    };
    let whole = engine.written(head(1, SIGNED | ENCRYPTED, 1, 1, b"monitor".to_vec()), &pdu);
    for at in 0..whole.len() {
        for byte in [0, 0x7f, 0x80, 0x84, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            if let Ok(sealed) = read_sealed(&damaged) {
                let _ = (sealed.unsigned(), sealed.encrypted().is_ok(), sealed.plain().is_ok());
            }
            let _ = (read_sealed(&whole[..at]).is_ok(), read_scoped(&damaged).is_ok());
        }
    }
}
