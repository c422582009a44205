//! A double behind the SDK's scripted host: a plugin's function talks to it without a network.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use watchkeep_sdk::http::{
    Digest, Encoding, FailureKind, HmacPlacement, MessagePart, Phase, Placement, Sent,
};
use watchkeep_sdk::testing::Answer;

use crate::signing::hmac_sha256;
use crate::{Double, Reply, Request};

/// What a test does to a double that a plugin talks to.
pub struct Answering<D> {
    inner: Rc<RefCell<Inner<D>>>,
    base: String,
}

struct Inner<D> {
    double: D,
    now: Duration,
    secrets: BTreeMap<String, String>,
    /// What becomes of the next requests whose path ends so.
    instead: Vec<(String, Instead)>,
    requests: Vec<Request>,
}

/// The same double once more.
impl<D> Clone for Answering<D> {
    fn clone(&self) -> Self {
        Self { inner: Rc::clone(&self.inner), base: self.base.clone() }
    }
}

enum Instead {
    Says(Reply),
    /// Takes it, and the answer is lost.
    Loses,
}

/// At `base`, such as `https://slack.com`.
pub fn native<D: Double>(double: D, base: &str) -> Answering<D> {
    let inner = Inner {
        double,
        now: Duration::ZERO,
        secrets: BTreeMap::new(),
        instead: Vec::new(),
        requests: Vec::new(),
    };
    Answering { inner: Rc::new(RefCell::new(inner)), base: base.to_owned() }
}

impl<D: Double> Answering<D> {
    /// A secret that a plugin may attach.
    #[must_use]
    pub fn secret(self, name: &str, value: &str) -> Self {
        self.inner.borrow_mut().secrets.insert(name.to_owned(), value.to_owned());
        self
    }
    /// Time goes by.
    pub fn wait(&self, span: Duration) {
        self.inner.borrow_mut().now += span;
    }
    /// The next request whose path ends so is not seen by the double.
    pub fn next_says(&self, path: &str, reply: Reply) {
        self.inner.borrow_mut().instead.push((path.to_owned(), Instead::Says(reply)));
    }
    /// The next request whose path ends so is taken, and the connection breaks before the answer.
    pub fn next_is_lost(&self, path: &str) {
        self.inner.borrow_mut().instead.push((path.to_owned(), Instead::Loses));
    }
    pub fn with<T>(&self, look: impl FnOnce(&mut D) -> T) -> T {
        look(&mut self.inner.borrow_mut().double)
    }
    /// Their paths without the query, oldest first; forgets them.
    pub fn asked(&self) -> Vec<String> {
        let requests = std::mem::take(&mut self.inner.borrow_mut().requests);
        requests.iter().map(|it| it.path.split('?').next().unwrap_or_default().to_owned()).collect()
    }
    /// For `testing::Host::served_in_time`: the double's time goes by as the run's does, from where it is now.
    pub fn serve_in_time(&self) -> impl FnMut(&Sent, Duration) -> Answer + use<D> {
        let (inner, base) = (Rc::clone(&self.inner), self.base.clone());
        let began = inner.borrow().now;
        move |sent, gone| {
            let mut inner = inner.borrow_mut();
            inner.now = began + gone;
            inner.answer(sent, &base)
        }
    }
    /// For `testing::Host::served_by`.
    pub fn serve(&self) -> impl FnMut(&Sent) -> Answer + use<D> {
        let (inner, base) = (Rc::clone(&self.inner), self.base.clone());
        move |sent| inner.borrow_mut().answer(sent, &base)
    }
}

impl<D: Double> Inner<D> {
    fn answer(&mut self, sent: &Sent, base: &str) -> Answer {
        let request = self.placed(sent, base);
        self.requests.push(request.clone());
        let path = request.path.split('?').next().unwrap_or_default();
        let at = self.instead.iter().position(|(end, _)| path.ends_with(end.as_str()));
        let instead = at.map(|at| self.instead.remove(at).1);
        if let Some(Instead::Says(reply)) = instead {
            return answer(reply);
        }
        let reply = self.double.answer(&request, self.now, base);
        self.now += Duration::from_millis(10);
        match instead {
            Some(Instead::Loses) => Answer::failure(FailureKind::Reset, Phase::Wait, ""),
            Some(Instead::Says(_)) | None => answer(reply),
        }
    }

    /// With the secrets where the host puts them.
    fn placed(&self, sent: &Sent, base: &str) -> Request {
        let mut headers: Vec<(String, String)> =
            sent.headers.iter().map(|it| (it.name.to_ascii_lowercase(), it.value.clone())).collect();
        let (mut url, mut body) = (sent.url.clone(), sent.body.clone());
        for credential in &sent.credentials {
            let Some(value) = self.secrets.get(&credential.secret) else {
                panic!("the plugin attached the secret `{}`, which nobody gave", credential.secret)
            };
            match &credential.placement {
                Placement::Bearer => headers.push(("authorization".to_owned(), format!("Bearer {value}"))),
                Placement::Url => url = format!("{value}{}", sent.url),
                Placement::Placeholder(holder) => {
                    body = String::from_utf8_lossy(&body).replace(holder.as_str(), value).into_bytes();
                }
                Placement::Header(name) => headers.push((name.to_ascii_lowercase(), value.clone())),
                Placement::Basic(user) => {
                    let pair = STANDARD.encode(format!("{user}:{value}"));
                    headers.push(("authorization".to_owned(), format!("Basic {pair}")));
                }
                Placement::Hmac(hmac) => {
                    let (name, digest) = self.signed(hmac, value);
                    headers.push((name, digest));
                }
                Placement::Query(_) | Placement::Sigv4(_) | Placement::Other(_) => {
                    panic!("no double takes {:?}", credential.placement)
                }
            }
        }
        let Some(path) = url.strip_prefix(base) else { panic!("`{url}` does not lie below `{base}`") };
        Request { method: sent.method.clone(), path: path.to_owned(), headers, body }
    }

    /// Header and digest, of the kind that a service in this folder checks.
    fn signed(&self, hmac: &HmacPlacement, key: &str) -> (String, String) {
        assert!(
            matches!(
                (hmac.digest, hmac.key_encoding, hmac.output_encoding),
                (Digest::Sha256, Encoding::Base64, Encoding::Base64)
            ),
            "no double takes {hmac:?}"
        );
        let mut message = Vec::new();
        for part in &hmac.message {
            match part {
                MessagePart::Bytes(bytes) => message.extend_from_slice(bytes),
                MessagePart::Secret(name) => message.extend_from_slice(self.secrets[name].as_bytes()),
            }
        }
        let digest = hmac_sha256(key, &message).expect("the key is base64");
        (hmac.header.to_ascii_lowercase(), format!("{}{digest}", hmac.prefix))
    }
}

fn answer(reply: Reply) -> Answer {
    let start = Answer::status(reply.status).body(reply.body);
    reply.headers.iter().fold(start, |answer, (name, value)| answer.header(name, value))
}
