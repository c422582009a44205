//! A process that is killed: a child commits and says what is durable, is killed at some moment, and everything
//! it said is there; nothing is there in half.

use std::sync::Arc;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{HOUR, action, alert, at, at_once, batch, check_key, delivery, result, transition};
use watchkeep_core::commit::{Change, Commit};
use watchkeep_store::{Appender, Options, Progress, Retention, Store};

/// Names the folder to the child; without it the child's test has nothing to do.
const FOLDER: &str = "WATCHKEEP_STORE_CRASH_FOLDER";

/// Commit `n`: a result, and every fifth time a transition with its outbox row and an action that begins.
fn commit(n: u64) -> Commit {
    let sequence = n * 2;
    let millis = n as i64 * 30_000;
    let mut changes = vec![Change::Result(result("web", sequence, millis))];
    if !n.is_multiple_of(5) {
        return batch(n, changes);
    }
    changes.push(Change::Transition(transition(check_key("web"), sequence + 1, millis)));
    changes.push(Change::PutAlert(Arc::new(alert("web"))));
    changes.push(Change::PutDelivery(delivery(n, "chat")));
    changes.push(Change::PutAction(Arc::new(action("gone", n as u32, millis))));
    at_once(n, changes)
}

#[test]
fn child_that_commits_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut options = Options::new(|| at(1000 * HOUR));
    options.batch_time = Duration::from_millis(1);
    let (told, durable) = std::sync::mpsc::channel();
    options.on_progress = Box::new(move |progress| {
        if let Progress::Durable(id) = progress {
            told.send(id).ok();
            println!("durable {}", id.0);
            std::io::stdout().flush().unwrap();
        }
    });
    let (store, writer) = Store::open(Path::new(&folder), options).unwrap();
    let first = store.restored().unwrap().next_sequence.saturating_sub(1) / 2 + 1;
    for n in first.. {
        writer.send(commit(n));
        if n.is_multiple_of(20) {
            while durable.recv().unwrap().0 < n {}
        }
    }
}

/// How many commits, from the first, are in the folder; panics unless each is whole.
fn commits_in(folder: &Path) -> u64 {
    let (store, _) = Appender::open(folder, Retention::default()).unwrap();
    assert_eq!(store.audit().unwrap(), []);
    let restored = store.restored().unwrap();
    let count = restored.latest.first().map_or(0, |row| row.sequence / 2);
    let fired = count / 5;
    assert_eq!(restored.outbox.len() as u64, fired);
    let numbers: Vec<u64> = restored.actions.iter().map(|action| u64::from(action.number)).collect();
    assert_eq!(numbers, (1..=fired).map(|n| n * 5).collect::<Vec<_>>(), "whatever had begun is known");
    assert_eq!(store.stats().rows.transitions, fired);
    assert_eq!(restored.alerts.len() as u64, fired.min(1));
    let mut query = crate::support::results_of("web");
    let mut found = 0;
    loop {
        let page = store.results(&query).unwrap();
        found += page.items.len() as u64;
        query.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(found, count);
    count
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..12_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_commits_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Some lines, then a kill: where the child is by then depends on the machine.
        let mut left = 1 + (round * 7919) % 23;
        while left > 0 {
            let line = lines.next().expect("the child goes on until it is killed").unwrap();
            if let Some(id) = line.strip_prefix("durable ") {
                acknowledged = id.parse().unwrap();
                left -= 1;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            if let Some(id) = line.strip_prefix("durable ") {
                acknowledged = id.parse().unwrap_or(acknowledged);
            }
        }
        let found = commits_in(folder.path());
        assert!(found >= acknowledged, "{acknowledged} were acknowledged, {found} are there");
    }
    assert!(acknowledged > 100);
}
