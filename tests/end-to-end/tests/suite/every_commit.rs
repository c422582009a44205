//! A story of pages, told again and again: killed at each of its writes to the database and at each of its syncs, and
//! with each of them failing. What is delivered is what the undisturbed story delivers.
//!
//! `strace` counts the calls of the real host on the real file, and kills it or lets the call fail at the chosen one. A
//! killed process leaves in the file what it had written: a kill at a commit's sync is one after the commit and
//! before anything acts on it, a kill at a write one within the commit or before it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::runtime::Runtime;
use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Received, Site, eventually_seeing, run_to_end};

use crate::notices::{alerting, webhook};

/// Stories told at once.
const AT_ONCE: usize = 6;
/// Far more than a story has: one that ends undisturbed ends the test.
const PLACES_MAX: usize = 2_000;

/// What befalls the host.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It is killed as the call begins.
    Killed,
    /// The call fails, once; the host lives on.
    Fails,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Call {
    Write,
    Sync,
}

/// The n-th of the calls, and what becomes of it.
#[derive(Clone, Copy, Debug)]
struct Place(Fate, Call, usize);

impl Place {
    /// strace, so that it befalls the host; it stands beside the host, whose parent stays the test.
    fn prefix(self, folder: &Folder) -> Vec<String> {
        let Place(fate, call, number) = self;
        let call = match call {
            Call::Write => "pwrite64",
            Call::Sync => "fdatasync",
        };
        let fate = match fate {
            Fate::Killed => "signal=KILL",
            Fate::Fails => "error=EIO",
        };
        let path = |name: &str| folder.data().join(name).display().to_string();
        let (database, unborn) = (path("watchkeep.redb"), path("watchkeep.redb.new"));
        let log = folder.path().join("strace").display().to_string();
        let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{fate}:when={number}"));
        let arguments =
            ["-D", "-f", "-qq", "-o", &log, "-P", &database, "-P", &unborn, "-e", &trace, "-e", &inject];
        ["strace"].iter().chain(&arguments).map(ToString::to_string).collect()
    }
    /// Whether the story came as far as this.
    fn was_reached(self, folder: &Folder) -> bool {
        let log = std::fs::read_to_string(folder.path().join("strace")).unwrap_or_default();
        let Place(fate, ..) = self;
        log.contains(match fate {
            Fate::Killed => "killed by SIGKILL",
            Fate::Fails => "(INJECTED)",
        })
    }
}

/// Its people start the host again when it is gone.
struct Story {
    folder: Folder,
    site: Site,
    hook: Hook,
    host: Option<Host>,
    gone_at: Option<Instant>,
}

impl Story {
    async fn begin(place: Option<Place>) -> Story {
        let (site, hook) = (Site::start().await, Hook::start().await);
        let checks = ["shop", "blog"].map(|name| (name, site.url(&format!("/{name}"))));
        let folder = Folder::new(&alerting(&checks, &webhook(&hook)));
        let prefix = place.map(|place| place.prefix(&folder)).unwrap_or_default();
        let prefix: Vec<&str> = prefix.iter().map(String::as_str).collect();
        let host = Host::start_or_end(&folder, "info", &[], &prefix).await.ok();
        let gone_at = host.is_none().then(Instant::now);
        Story { folder, site, hook, host, gone_at }
    }

    /// The host that runs, started again if it is gone.
    async fn host(&mut self) -> &Host {
        if self.host.as_mut().is_none_or(|host| host.end().is_some()) {
            self.gone_at.get_or_insert_with(Instant::now);
            self.host = Some(Host::start(&self.folder).await);
        }
        self.host.as_ref().expect("it was started")
    }

    async fn until<T>(&mut self, what: &str, look: impl AsyncFn(&Story) -> Option<T>) -> T {
        eventually_seeing(what, async || {
            self.host().await;
            look(self).await.ok_or_else(|| self.hook.received())
        })
        .await
    }

    async fn told(&mut self, kind: &str, check: &str) {
        let what = format!("{check} is told as {kind}");
        self.until(&what, async |story| story.hook.of(kind, check).pop()).await;
    }

    async fn tell(&mut self) {
        self.until("both are ok", async |story| {
            let mut ok = true;
            for name in ["shop", "blog"] {
                let answer = story.host.as_ref()?.try_get(&format!("/api/v1/checks/{name}")).await?;
                ok &= answer.status == 200 && answer.json()["state"] == "ok";
            }
            ok.then_some(())
        })
        .await;
        self.site.set("/shop", Answering::Status(500));
        self.told("firing", "shop").await;
        self.until("kari has it", async |story| {
            // An answer may be lost with the host; one that came holds whatever becomes of the host.
            let answer = story.host.as_ref()?.try_get("/api/v1/alerts?acknowledged=true").await?;
            let has_it = answer.json()["items"][0]["check"] == "shop";
            let (code, ..) = match has_it {
                true => return Some(()),
                false => run_to_end(&story.folder, &["alert", "ack", "shop", "--by", "kari"]).await,
            };
            (code == 0).then_some(())
        })
        .await;
        self.told("acknowledged", "shop").await;
        self.site.set("/blog", Answering::Status(500));
        self.told("firing", "blog").await;
        self.site.set("/shop", Answering::Well);
        self.site.set("/blog", Answering::Well);
        self.told("resolved", "shop").await;
        self.told("resolved", "blog").await;
        self.until("everything is recorded", async |story| {
            let host = story.host.as_ref()?;
            let open = host.try_get("/api/v1/alerts").await?.json();
            let waiting = host.try_get("/api/v1/deliveries?status=open").await?.json();
            let none = |page: &serde_json::Value| page["items"].as_array().is_some_and(Vec::is_empty);
            (none(&open) && none(&waiting)).then_some(())
        })
        .await;
    }

    /// What people were told, each once, and how often.
    fn delivered(&self) -> BTreeMap<(String, String), Vec<Received>> {
        let mut delivered: BTreeMap<_, Vec<Received>> = BTreeMap::new();
        for received in self.hook.received() {
            let check = received.body["alerts"][0]["check"].as_str().unwrap_or_default().to_owned();
            delivered.entry((received.kind().to_owned(), check)).or_default().push(received);
        }
        delivered
    }

    fn judge(&self, place: Place) {
        let delivered = self.delivered();
        let expected = [
            ("acknowledged", "shop"),
            ("firing", "blog"),
            ("firing", "shop"),
            ("resolved", "blog"),
            ("resolved", "shop"),
        ];
        let mut told: Vec<(&str, &str)> =
            delivered.keys().map(|(kind, check)| (kind.as_str(), check.as_str())).collect();
        if let Place(Fate::Fails, ..) = place {
            // That the disk fails is an alert of its own.
            told.retain(|(_, check)| *check != "host store");
        }
        assert_eq!(told, expected, "{place:?}");
        let key = |kind: &str, check: &str| delivered[&(kind.to_owned(), check.to_owned())][0].dedup_key();
        for (kind, check) in expected {
            assert_eq!(key(kind, check), key("firing", check), "{place:?}: one life has one key");
            let copies = &delivered[&(kind.to_owned(), check.to_owned())];
            let [first, copies @ ..] = &copies[..] else { continue };
            for copy in copies {
                assert_eq!(copy.dedup_key(), first.dedup_key(), "{place:?}: {kind} {check}");
                assert_eq!(copy.text("id"), first.text("id"), "{place:?}: {kind} {check}");
            }
            // Sent and not yet recorded when the host went: that is known once, and no other time.
            if !copies.is_empty() {
                assert_eq!(copies.len(), 1, "{place:?}: {kind} {check}: {copies:#?}");
                let gone_at = self.gone_at.unwrap_or_else(|| panic!("{place:?}: {kind} {check} came twice"));
                assert!(first.at < gone_at && copies[0].at > first.at, "{place:?}: {kind} {check}");
            }
        }
    }
}

/// The story at each place of that kind, or at each so-many-th, until one is beyond its end.
fn at_places(fate: Fate, call: Call, each: usize) {
    let (next, beyond) = (AtomicUsize::new(1), AtomicUsize::new(PLACES_MAX));
    let tell_on = async || {
        loop {
            let number = next.fetch_add(each, Ordering::Relaxed);
            if number >= beyond.load(Ordering::Relaxed) {
                return;
            }
            let place = Place(fate, call, number);
            let mut story = Story::begin(Some(place)).await;
            story.tell().await;
            story.judge(place);
            if !place.was_reached(&story.folder) {
                beyond.fetch_min(number, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| runtime().block_on(tell_on()));
        }
    });
    let beyond = beyond.into_inner();
    assert!(beyond < PLACES_MAX, "no story was told to its end undisturbed");
    let places = (beyond - 1) / each;
    assert!(places > 10, "{fate:?} befell only {places} {call:?}s: was it counted at all?");
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_kill_at_any_commit_loses_no_page_and_repeats_none_that_was_recorded() {
    at_places(Fate::Killed, Call::Sync, 1);
}

#[test]
fn a_kill_within_a_commit_loses_no_page_and_repeats_none_that_was_recorded() {
    // What lies within a commit is the store's to test, and it does: here a sample.
    at_places(Fate::Killed, Call::Write, 5);
}

#[test]
fn a_write_that_fails_loses_no_page_and_repeats_none() {
    at_places(Fate::Fails, Call::Write, 1);
}

#[test]
fn a_sync_that_fails_loses_no_page_and_repeats_none() {
    at_places(Fate::Fails, Call::Sync, 1);
}
