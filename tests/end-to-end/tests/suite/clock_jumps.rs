//! A wall clock that jumps an hour forth and back under a running host, as one does that was set wrong: checks go on at
//! their pace, and people are told what they would have been told. The monotonic clock is left alone, as by the kernel.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Received, Site, eventually};

use crate::notices::{alerting, webhook};

/// The library of the package `faketime`.
pub(crate) fn library() -> PathBuf {
    let architectures = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let mut found = architectures.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    found.find(|path| path.exists()).expect("libfaketime is there; hint: `make setup` installs it")
}

/// Shifts the host's wall clock, and waits until the host has gone by it for a while.
async fn shift(folder: &Folder, site: &Site, hours: i32) {
    folder.write("clock", &format!("{:+}\n", hours * 3600));
    // Two runs that began after the jump: the clock is read at each of them.
    let met = site.requests("/steady").len();
    eventually("checks go on", async || (site.requests("/steady").len() > met + 2).then_some(())).await;
}

/// Between the clock by which the notice was made and the right one.
fn hours_off(page: &Received) -> i32 {
    let at = DateTime::parse_from_rfc3339(page.text("at")).unwrap();
    let seconds = (at.to_utc() - Utc::now()).num_seconds() as f64;
    (seconds / 3600.0).round() as i32
}

#[tokio::test]
async fn an_hour_forth_and_back_stops_no_check_and_tells_no_more_and_no_less() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let checks = ["shop", "steady"].map(|name| (name, site.url(&format!("/{name}"))));
    let folder = Folder::new(&alerting(&checks, &webhook(&hook)));
    folder.write("clock", "+0\n");
    let (library, clock) =
        (library().display().to_string(), folder.path().join("clock").display().to_string());
    let environment = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", clock.as_str()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("FAKETIME_NO_CACHE", "1"),
    ];
    let host = Host::start_with(&folder, "info", &environment).await;
    host.state("shop", "ok").await;

    for (lives, (hours, then)) in (1..).zip([(1, 0), (0, -1), (-1, 0)]) {
        shift(&folder, &site, hours).await;
        site.set("/shop", Answering::Status(500));
        let page = eventually("the page arrives", async || {
            let pages = hook.of("firing", "shop");
            pages.last().filter(|_| pages.len() == lives).cloned()
        })
        .await;
        assert_eq!(hours_off(&page), hours, "the host's clock was set: {page:#?}");
        shift(&folder, &site, then).await;
        site.set("/shop", Answering::Well);
        eventually("the resolve arrives", async || {
            (hook.of("resolved", "shop").len() == lives).then_some(())
        })
        .await;
    }
    let told: Vec<String> =
        hook.received().iter().map(|it| format!("{} {}", it.kind(), it.body["alerts"][0]["check"])).collect();
    let life = ["firing \"shop\"", "resolved \"shop\""];
    assert_eq!(told, [life, life, life].concat(), "{:#?}\n{}", hook.received(), host.log());
}
