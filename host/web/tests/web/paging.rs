//! Pages lose nothing and repeat nothing.

use std::sync::Arc;

use watchkeep_core::alert::{AlertKey, Phase};
use watchkeep_core::report::{Judgement, State};

use crate::support::ask::get;
use crate::support::{Board, FakeHost, alert, check, ok, result, seconds_ago};

/// Follows `next` to the end and gives what `field` says of each item.
async fn all(host: &Arc<FakeHost>, path: &str, field: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..1000 {
        let page = get(host, &format!("{path}limit=7{cursor}")).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7 && !items.is_empty(), "a page of {}", items.len());
        found.extend(items.iter().map(|item| item[field].to_string()));
        match page["next"].as_str() {
            Some(next) => {
                cursor = format!(
                    "&cursor={}",
                    form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>()
                )
            }
            None => return found,
        }
    }
    panic!("{path} never ends");
}

fn many(count: usize) -> Board {
    // Names that need escaping, and whose order is not that of their numbers.
    let mut checks: Vec<_> = (0..count).map(|n| check(&format!("a {n}&=%+é"), State::Ok)).collect();
    checks.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
    Board {
        checks,
        alerts: (0..count as u64)
            .map(|n| {
                let phase = if n % 2 == 0 { Phase::Pending } else { Phase::Firing { since: seconds_ago(5) } };
                // Some began in the same millisecond.
                Arc::new(alert(
                    AlertKey::Check(format!("c{n}").as_str().into()),
                    phase,
                    Judgement::Critical,
                    n / 5,
                    "down",
                ))
            })
            .collect(),
        results: (0..count as u64).map(|n| result("shop", n, seconds_ago(n), 9, ok("up"))).collect(),
        ..Board::default()
    }
}

#[tokio::test]
async fn every_list_pages_without_loss_or_repeats() {
    // 50 ends within a page, 49 at the end of one.
    for count in [50, 49] {
        let host = FakeHost::new(many(count));
        for (path, field) in [
            ("/api/v1/checks?", "name"),
            ("/api/v1/checks?state=ok&", "name"),
            ("/api/v1/alerts?", "id"),
            ("/api/v1/checks/shop/results?", "sequence"),
        ] {
            let mut found = all(&host, path, field).await;
            assert_eq!(found.len(), count, "{path}");
            found.sort();
            found.dedup();
            assert_eq!(found.len(), count, "{path} repeats");
        }
    }
}

#[tokio::test]
async fn a_check_that_goes_between_two_pages_shifts_nothing() {
    let host = FakeHost::new(many(20));
    let first = get(&host, "/api/v1/checks?limit=10").await.json();
    let expected = get(&host, "/api/v1/checks?limit=1000").await.json()["items"][10]["name"].clone();
    host.with(|board| board.checks.drain(2..5).count());
    let cursor: String =
        form_urlencoded::byte_serialize(first["next"].as_str().unwrap().as_bytes()).collect();
    let second = get(&host, &format!("/api/v1/checks?limit=10&cursor={cursor}")).await.json();
    assert_eq!(second["items"][0]["name"], expected);
}
