//! The scripted host.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use super::answer::Answer;
use super::kept::StoredSnapshot;
use super::presses::Took;
use super::ran::Ran;
use super::refused::refused;
use super::reply::Reply;
use super::samples::NOW;
use super::script::{self, Script, Served};
use super::signed::Verifier;
use crate::action::{Effect, Occasion, Step, Unable};
use crate::config::Config;
use crate::ending::{Ending, Fault};
use crate::glue;
use crate::http::Sent;
use crate::kv::Entry;
use crate::notification::{DeliveryError, Notification};
use crate::replies::{Invitation, Listener, Listening};
use crate::report::{Label, Report, Run, State};
use crate::signatures::{Algorithm, VerifyError};
use crate::snapshots::Snapshot;

/// A host that answers by a script; see [the module](super).
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `check`, `notify`, `perform` or `plan`"]
pub struct Host {
    script: Script,
    previous: Option<State>,
    labels: Vec<Label>,
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Host {
    /// A host whose clock shows [`NOW`], and whose runs have 10 seconds.
    pub fn new() -> Self {
        let script = Script {
            now: NOW,
            zone: (0, "UTC".to_owned()),
            elapsed: Duration::ZERO,
            deadline: Duration::from_secs(10),
            once: VecDeque::new(),
            always: Vec::new(),
            served: None,
            verifier: None,
            secrets: BTreeMap::new(),
            revealed: Vec::new(),
            kv: BTreeMap::new(),
            kept: Vec::new(),
            pictures: BTreeMap::new(),
            invitations: BTreeMap::new(),
            taker: None,
            taken: Vec::new(),
            files: BTreeMap::new(),
            seed: 0x9e37_79b9_7f4a_7c15,
            sent: Vec::new(),
            extras: Vec::new(),
            trailers: Vec::new(),
            slept: Vec::new(),
            streams: Vec::new(),
            log: Vec::new(),
            dry_run: false,
        };
        Self { script, previous: None, labels: Vec::new() }
    }
    /// Answers one call. Routes are `METHOD URL`, `METHOD unix:SOCKET:PATH`, `tcp HOST:PORT`, `unix SOCKET`, `tls
    /// HOST:PORT`, `udp HOST:PORT`, `dns KIND NAME`, `dns KIND NAME @ADDRESS:PORT`, `icmp HOST`, `command NAME
    /// PARAMETER=VALUE ...`, `sha256 ROOT PATH`, `file ROOT PATH` for a file that fails, and for the machine `system
    /// disks` and so on by the names of the grants, `system units PATTERN`, `system timers PATTERN` and `system processes
    /// PATTERN`. A redirect is followed to another answer of the script.
    pub fn answer(mut self, route: &str, answer: impl Into<Reply>) -> Self {
        self.script.once.push_back((route.to_owned(), answer.into()));
        self
    }
    /// Answers any number of calls.
    pub fn always(mut self, route: &str, answer: impl Into<Reply>) -> Self {
        self.script.always.push((route.to_owned(), answer.into()));
        self
    }
    /// Lets this answer every HTTP request that no route answers, for example as a double of the service. It gets the
    /// request as the plugin made it, with secrets by name.
    pub fn served_by(self, mut serve: impl FnMut(&Sent) -> Answer + 'static) -> Self {
        self.served_in_time(move |sent, _| serve(sent))
    }
    /// Like `served_by`, for a double whose answers depend on the time: it also gets how much of the run has passed,
    /// including what answers took and what the plugin slept.
    pub fn served_in_time(mut self, serve: impl FnMut(&Sent, Duration) -> Answer + 'static) -> Self {
        self.script.served = Some(Served(Rc::new(RefCell::new(serve))));
        self
    }
    /// Lets this answer whether a signature is right: with a library, or as the test wants it. It gets the algorithm,
    /// the key, the message and the signature.
    pub fn verified_by(
        mut self,
        verify: impl Fn(Algorithm, &[u8], &[u8], &[u8]) -> Result<(), VerifyError> + 'static,
    ) -> Self {
        self.script.verifier = Some(Verifier(Rc::new(verify)));
        self
    }
    /// Sets the time at the start of the run, in milliseconds since the Unix epoch.
    pub fn clock(mut self, now: u64) -> Self {
        self.script.now = now;
        self
    }
    /// Sets the zone in which people read times: seconds ahead of UTC, and the name of the zone.
    pub fn zone(mut self, offset: i32, name: &str) -> Self {
        self.script.zone = (offset, name.to_owned());
        self
    }
    /// Runs something under this script that is not a call of a plugin.
    #[cfg(test)]
    pub(crate) fn alone<T>(self, ask: impl FnOnce() -> T) -> T {
        script::during(self.script, ask).0
    }
    /// Sets how long a run may take.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.script.deadline = deadline;
        self
    }
    /// Adds a secret that may be attached.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.script.secrets.insert(name.to_owned(), value.to_owned());
        self
    }
    /// Adds a secret that may be attached and revealed.
    pub fn revealed(mut self, name: &str, value: &str) -> Self {
        self.script.revealed.push(name.to_owned());
        self.secret(name, value)
    }
    /// Adds a value that an earlier run has left.
    pub fn kv(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
        self.script.kv.insert(key.to_owned(), Entry { value: value.as_ref().to_vec(), version: 1 });
        self
    }
    /// Adds a snapshot that an earlier run has attached to a series, or another check: `lobby/front`. `at` is in
    /// milliseconds since the Unix epoch.
    pub fn snapshot(mut self, series: &str, at: u64, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let snapshot = Snapshot {
            id: format!("snapshot-{}", self.script.kept.len()),
            at,
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
        };
        self.script.kept.push(StoredSnapshot { series: series.to_owned(), snapshot, bytes, accepted: false });
        self
    }
    /// Marks the snapshot that was added last as accepted by a reviewer.
    pub fn accepted(mut self) -> Self {
        let last = self.script.kept.last_mut().expect("a snapshot is given before it is accepted");
        last.accepted = true;
        self
    }
    /// Adds the bytes of a picture of the notification.
    pub fn picture(mut self, id: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.script.pictures.insert(id.to_owned(), bytes.into());
        self
    }
    /// Lets the message acknowledge the alert with this id: a person named `reader`, or several if that is `None`. The
    /// token is `token-ID`, the page `https://watch.example.com/reply/token-ID`.
    pub fn invites(mut self, alert: &str, reader: Option<&str>) -> Self {
        let token = format!("token-{alert}");
        let invitation = Invitation {
            link: format!("https://watch.example.com/reply/{token}"),
            token,
            reader: reader.map(str::to_owned),
            expires: self.script.now + 43_200_000,
        };
        self.script.invitations.insert(alert.to_owned(), invitation);
        self
    }
    /// Like `invites`, for several readers and with another page.
    pub fn invites_by(self, alert: &str, link: &str) -> Self {
        let mut host = self.invites(alert, None);
        if let Some(invitation) = host.script.invitations.get_mut(alert) {
            link.clone_into(&mut invitation.link);
        }
        host
    }
    /// Lets this answer a press in place of the host: it gets the token and the service's id of who pressed, and returns
    /// the sentence for that person. Without it every press acknowledges.
    pub fn takes(mut self, take: impl Fn(&str, &str) -> Result<String, String> + 'static) -> Self {
        self.script.taker = Some(Took(Rc::new(take)));
        self
    }
    /// Adds a file below a root, which may be looked at and read any number of times; it was written when the run
    /// began.
    pub fn file(mut self, root: &str, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.script.files.insert((root.to_owned(), path.to_owned()), content.as_ref().to_vec());
        self
    }
    pub fn previous(mut self, state: State) -> Self {
        self.previous = Some(state);
        self
    }
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.push(Label::new(name, value));
        self
    }

    /// Runs a check with a config in JSON. A config with problems ends as the fault `config`, as on a host.
    #[track_caller]
    pub fn check<C: Config, E: Ending>(
        self,
        check: impl FnOnce(C, Run) -> E,
        config: &str,
    ) -> Ran<Report, Fault> {
        let run = Run {
            id: format!("test@{}", self.script.now),
            check: "test".to_owned(),
            config: config.to_owned(),
            scheduled_at: self.script.now,
            deadline: u64::try_from(self.script.deadline.as_millis()).expect("a deadline is short"),
            previous: self.previous,
            location: "local".to_owned(),
            labels: self.labels,
        };
        let before = self.script.kv.clone();
        let (result, script) = script::during(self.script, || glue::execute::<C, E>(run, check));
        if let Some(why) = result.as_ref().ok().and_then(refused) {
            panic!("the host would refuse this report: {why}");
        }
        Ran::new(result, script, before)
    }

    /// Runs a notifier. `notification` may come from [`super::notification`]; its config is replaced.
    #[track_caller]
    pub fn notify<C: Config>(
        self,
        notifier: impl FnOnce(C, Notification) -> Result<Option<String>, DeliveryError>,
        config: &str,
        mut notification: Notification,
    ) -> Ran<Option<String>, DeliveryError> {
        config.clone_into(&mut notification.config);
        let before = self.script.kv.clone();
        let (result, script) = script::during(self.script, || glue::deliver::<C>(notification, notifier));
        Ran::new(result, script, before)
    }

    /// Lets a notifier listen for presses, for the deadline of the script. [`Ran::taken`] has what it handed over.
    #[track_caller]
    pub fn listen<C: Listener>(self, config: &str) -> Ran<(), Fault> {
        let listening = Listening {
            receiver: "chat".to_owned(),
            config: config.to_owned(),
            deadline: u64::try_from(self.script.deadline.as_millis()).expect("a deadline is short"),
        };
        let before = self.script.kv.clone();
        let (result, script) = script::during(self.script, || glue::listen::<C>(listening));
        Ran::new(result, script, before)
    }

    /// Runs an action. `occasion` may come from [`super::occasion`]; its config is replaced.
    #[track_caller]
    pub fn perform<C: Config>(
        self,
        action: impl FnOnce(C, Occasion) -> Result<Effect, Unable>,
        config: &str,
        mut occasion: Occasion,
    ) -> Ran<Effect, Fault> {
        config.clone_into(&mut occasion.config);
        let before = self.script.kv.clone();
        let (result, script) = script::during(self.script, || glue::perform::<C>(occasion, action));
        Ran::new(result, script, before)
    }

    /// Asks an action what it would do. As on a host, it may only look, and what it writes is not kept.
    #[track_caller]
    pub fn plan<C: Config>(
        self,
        plan: impl FnOnce(C, Occasion) -> Result<Vec<Step>, Unable>,
        config: &str,
        mut occasion: Occasion,
    ) -> Ran<Vec<Step>, Fault> {
        config.clone_into(&mut occasion.config);
        let before = self.script.kv.clone();
        let script = Script { dry_run: true, ..self.script };
        let (result, mut script) = script::during(script, || glue::plan::<C>(occasion, plan));
        script.kv.clone_from(&before);
        Ran::new(result, script, before)
    }
}
