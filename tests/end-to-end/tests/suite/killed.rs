//! `kill -9` at any moment loses no page: a transition, its result and its notification are one transaction, and
//! intent is durable before anything is sent.
//!
//! Fifty times, a site goes down and the host is killed at a random moment after it has seen that and around the
//! delivery. Each site stays down. If a restart forgot an alert that had been decided, the alert would already
//! count as fired and nobody would ever be told of it; if something had been sent before it was durable, the
//! repeat after the restart would bear another dedup key.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually};

use crate::notices::{alerting, webhook};

const KILLS: usize = 50;
/// A service takes a while to answer: kills should fall into that span, and shortly after it, as well.
const ANSWERS_AFTER: Duration = Duration::from_millis(15);
const AROUND_ANSWER: Duration = Duration::from_millis(30);

/// Spread over the span without a pattern, and the same for the same seed: a failure can be repeated by setting
/// WATCHKEEP_KILL_SEED to what the test printed.
struct Moments(u64);

impl Moments {
    fn new() -> Moments {
        let given = std::env::var("WATCHKEEP_KILL_SEED").ok().and_then(|text| text.parse().ok());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Moments(given.unwrap_or(now.as_nanos() as u64))
    }
    /// splitmix64.
    fn next(&mut self, up_to: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        up_to.mul_f64(((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64)
    }
}

/// To the microsecond: a runtime's timers are too coarse for what happens between a failure and its delivery.
fn sleep_until(moment: Instant) {
    tokio::task::block_in_place(|| std::thread::sleep(moment.saturating_duration_since(Instant::now())));
}

fn name(round: usize) -> String {
    format!("site-{round}")
}

fn path(round: usize) -> String {
    format!("/{round}")
}

/// The moment at which the host met the failure.
async fn seen_down(site: &Site, round: usize) -> Instant {
    let what = format!("the host meets the failure of {}", name(round));
    let path = path(round);
    let met = site.set_and_meet(&path, Answering::Status(503));
    tokio::time::timeout(Duration::from_secs(60), met).await.expect(&what).at
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_between_a_failure_and_its_delivery_lose_no_page() {
    let mut moments = Moments::new();
    println!("WATCHKEEP_KILL_SEED={}", moments.0);
    let (site, hook) = (Site::start().await, Hook::start().await);
    hook.answer_after(ANSWERS_AFTER);
    let checks: Vec<_> = (0..=KILLS).map(|round| (name(round), site.url(&path(round)))).collect();
    let checks: Vec<_> = checks.iter().map(|(name, url)| (name.as_str(), url.clone())).collect();
    let folder = Folder::new(&alerting(&checks, &webhook(&hook)).replace("300ms", "1s"));

    // How long it takes when nobody interferes: half of the kills come before that, half after it.
    let mut host = Host::start(&folder).await;
    host.state(&name(KILLS), "ok").await;
    let met = seen_down(&site, KILLS).await;
    let told = eventually("the first page arrives", async || hook.of("firing", &name(KILLS)).pop()).await;
    let span = told.at.duration_since(met);

    let mut before_delivery = 0;
    for round in 0..KILLS {
        let met = seen_down(&site, round).await;
        let moment = if round % 2 == 0 { moments.next(span) } else { span + moments.next(AROUND_ANSWER) };
        sleep_until(met + moment);
        host.kill().await;
        before_delivery += usize::from(hook.of("firing", &name(round)).is_empty());
        host = Host::start(&folder).await;
    }
    println!("{before_delivery} of {KILLS} kills came before the delivery, spread over {span:?}");
    assert!(
        (1..KILLS).contains(&before_delivery),
        "kills came on both sides of the delivery: {before_delivery}"
    );

    let mut repeated = 0;
    for round in 0..=KILLS {
        let name = name(round);
        let pages = eventually(&format!("the page about {name} arrives"), async || {
            Some(hook.of("firing", &name)).filter(|pages| !pages.is_empty())
        })
        .await;
        repeated += pages.len() - 1;
        let keys: BTreeSet<_> = pages.iter().map(|page| page.dedup_key()).collect();
        assert_eq!(keys.len(), 1, "{name} was told under several keys: {pages:#?}");
    }
    println!("{repeated} pages came twice, each under its own key");

    // What was told is owed its resolve, under the same key.
    for round in 0..=KILLS {
        site.set(&path(round), Answering::Well);
    }
    for round in 0..=KILLS {
        let name = name(round);
        let what = format!("the resolve of {name} arrives");
        let resolve = eventually(&what, async || hook.of("resolved", &name).pop()).await;
        assert_eq!(resolve.dedup_key(), hook.of("firing", &name)[0].dedup_key(), "{name}");
    }
}
