//! Results by check and time: the answer is the same whatever packing has done, and whatever the clock did.

use std::collections::BTreeMap;

use super::rollups::says_over_time;
use crate::support::disk::Disk;
use crate::support::{HOUR, all_upkeep, at, batch, result, results_of, upkeep_of_a_week};
use proptest::prelude::*;
use watchkeep_core::commit::{Change, ResultRow};

use watchkeep_store::{Appender, Cursor, ResultsQuery, Retention, Store, Upkeep};

fn newest_first(mut rows: Vec<ResultRow>) -> Vec<ResultRow> {
    rows.sort_by_key(|row| std::cmp::Reverse(row.sequence));
    rows
}

/// Every page of a query.
fn paged(store: &Store, mut query: ResultsQuery) -> Vec<ResultRow> {
    let mut all = Vec::new();
    loop {
        let page = store.results(&query).unwrap();
        assert!(page.items.len() <= query.limit);
        all.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next.to_string().parse().unwrap()),
            None => return all,
        }
    }
}

#[test]
fn lists_one_check_newest_first_in_a_time_range() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let rows: Vec<ResultRow> =
        (1..=10).map(|n| result(if n % 2 == 0 { "web" } else { "db" }, n, n as i64 * 10)).collect();
    appender.commit([batch(1, rows.iter().cloned().map(Change::Result).collect())]).unwrap();
    let query = ResultsQuery { between: at(40)..at(80), ..results_of("web") };
    assert_eq!(store.results(&query).unwrap().items, [rows[5].clone(), rows[3].clone()]);
    assert_eq!(store.results(&results_of("nobody")).unwrap().items, []);
    let backwards = ResultsQuery { between: at(80)..at(40), ..results_of("web") };
    assert_eq!(store.results(&backwards).unwrap().items, []);
}

#[test]
fn packs_hours_that_have_ended_and_removes_their_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let rows: Vec<ResultRow> = (1..=240).map(|n| result("web", n, n as i64 * 60_000)).collect();
    for chunk in rows.chunks(7) {
        appender.commit([batch(1, chunk.iter().cloned().map(Change::Result).collect())]).unwrap();
    }
    while appender.upkeep(at(4 * HOUR + 11 * 60_000)).unwrap() == Upkeep::More {}
    let counts = store.stats().rows;
    assert_eq!((counts.packs, counts.results), (4, 1), "the last row falls into the open hour");
    assert_eq!(paged(&store, ResultsQuery { limit: 17, ..results_of("web") }), newest_first(rows));
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn an_hour_is_not_packed_before_it_has_settled() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    appender.commit([batch(1, vec![Change::Result(result("web", 1, HOUR - 1))])]).unwrap();
    all_upkeep(&mut appender, HOUR + 9 * 60_000);
    assert_eq!(store.stats().rows.packs, 0);
    all_upkeep(&mut appender, HOUR + 10 * 60_000);
    assert_eq!(store.stats().rows.packs, 1);
}

#[test]
fn an_hour_with_large_results_becomes_several_packs() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let rows: Vec<ResultRow> = (1..=5).map(|n| large(n, 400_000)).collect();
    appender.commit([batch(1, rows.iter().cloned().map(Change::Result).collect())]).unwrap();
    all_upkeep(&mut appender, 3 * HOUR);
    assert_eq!(store.stats().rows.packs, 3);
    assert_eq!(store.results(&results_of("web")).unwrap().items, newest_first(rows));
}

fn large(sequence: u64, bytes: usize) -> ResultRow {
    let mut row = result("web", sequence, sequence as i64);
    if let watchkeep_core::outcome::Outcome::Report(report) = &mut row.outcome {
        std::sync::Arc::make_mut(report).details = Some("x".repeat(bytes));
    }
    row
}

#[test]
fn a_restart_in_the_middle_of_packing_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let rows: Vec<ResultRow> =
        (1..=9000).map(|n| result(["web", "db", "dns"][n as usize % 3], n, n as i64 * 300)).collect();
    {
        let (_, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
        appender.commit([batch(1, rows.iter().cloned().map(Change::Result).collect())]).unwrap();
    }
    let expected = newest_first(rows.into_iter().filter(|row| row.run.check.as_str() == "db").collect());
    for restart in 0.. {
        assert!(restart < 100, "packing does not come to its end");
        let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
        assert_eq!(store.results(&ResultsQuery { limit: 5000, ..results_of("db") }).unwrap().items, expected);
        for _ in 0..3 {
            appender.upkeep(at(5 * HOUR)).unwrap();
            assert_eq!(
                store.results(&ResultsQuery { limit: 5000, ..results_of("db") }).unwrap().items,
                expected
            );
            assert_eq!(store.audit().unwrap(), []);
        }
        if store.stats().rows.results == 0 {
            break;
        }
    }
}

#[test]
fn removes_results_that_are_too_old() {
    let dir = tempfile::tempdir().unwrap();
    let retention = Retention { results: std::time::Duration::from_hours(48), ..Retention::default() };
    let (store, mut appender) = Appender::open(dir.path(), retention).unwrap();
    let rows = (1..=100).map(|n| Change::Result(result("web", n, n as i64 * HOUR)));
    appender.commit([batch(1, rows.collect())]).unwrap();
    all_upkeep(&mut appender, 101 * HOUR);
    let kept = store.results(&results_of("web")).unwrap().items;
    assert_eq!(
        kept.len(),
        48 + 4,
        "a day has no end until its last hour is packed, and a pack goes within a day"
    );
    all_upkeep(&mut appender, 115 * HOUR);
    all_upkeep(&mut appender, 130 * HOUR);
    let kept = store.results(&results_of("web")).unwrap().items;
    let oldest = kept.last().unwrap().finished_at;
    assert!(at(58 * HOUR) <= oldest && oldest <= at(82 * HOUR), "{oldest}");
    assert_eq!(store.audit().unwrap(), []);
    all_upkeep(&mut appender, 149 * HOUR);
    assert_eq!(store.results(&results_of("web")).unwrap().items, []);
}

#[test]
fn a_clock_that_jumps_ahead_for_some_minutes_does_not_cost_the_history() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    appender.commit([batch(1, vec![Change::Result(result("web", 1, HOUR))])]).unwrap();
    all_upkeep(&mut appender, 3 * HOUR);
    let wrong = 10_000 * 24 * HOUR;
    for minute in 0..59 {
        appender.upkeep(at(wrong + minute * 60_000)).unwrap();
    }
    all_upkeep(&mut appender, 5 * HOUR);
    assert_eq!(store.results(&results_of("web")).unwrap().items.len(), 1);
    upkeep_of_a_week(&mut appender, wrong);
    assert_eq!(store.results(&results_of("web")).unwrap().items.len(), 0);
}

/// The clock was a year ahead for three hours, was put back to before that, and all was packed meanwhile.
#[test]
fn pages_of_results_follow_the_order_of_the_runs_after_the_clock_went_back() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
    let year = 365 * 24 * HOUR;
    let moment = |n: i64| {
        n * HOUR / 10 + if (31..=60).contains(&n) { year } else { 0 } - if n > 60 { 4 * HOUR } else { 0 }
    };
    for n in 1..=90 {
        appender.commit([batch(n as u64, vec![Change::Result(result("web", n as u64, moment(n)))])]).unwrap();
        if n % 30 == 0 {
            while appender.upkeep(at(moment(n) + 2 * HOUR)).unwrap() == Upkeep::More {}
        }
    }
    let expected: Vec<u64> = (1..=90).rev().collect();
    for limit in [1, 7, 30, 100] {
        let found = paged(&store, ResultsQuery { limit, ..results_of("web") });
        assert_eq!(found.iter().map(|row| row.sequence).collect::<Vec<_>>(), expected, "by {limit}");
    }
    assert_eq!(store.audit().unwrap(), []);
}

/// A host whose clock came up years ahead, at which nobody looked for days, and which was started again meanwhile.
#[test]
fn a_clock_that_went_ahead_while_the_host_was_down_costs_nothing_for_a_week() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Appender::open(dir.path(), Retention::default()).unwrap();
    let kept = |store: &Store| store.results(&results_of("nightly")).unwrap().items.len();
    let day = 24 * HOUR;
    let wrong = 10_000 * day;
    {
        let (_, mut appender) = open();
        appender.commit([batch(1, vec![Change::Result(result("nightly", 1, HOUR))])]).unwrap();
        all_upkeep(&mut appender, 3 * HOUR);
    }
    {
        let (store, mut appender) = open();
        appender.commit([batch(2, vec![Change::Result(result("web", 2, wrong))])]).unwrap();
        (0..5 * 24)
            .for_each(|hour| while appender.upkeep(at(wrong + hour * HOUR)).unwrap() == Upkeep::More {});
        assert_eq!(kept(&store), 1);
        assert_eq!(store.clock_doubted_until(), Some(at(wrong + 7 * day)));
    }
    {
        let (store, mut appender) = open();
        all_upkeep(&mut appender, wrong + 6 * day);
        assert_eq!(kept(&store), 1, "a start makes the clock no better");
    }
    let (store, mut appender) = open();
    let latest = store.restored().unwrap().latest;
    assert_eq!(latest.len(), 2, "the last result of what has not run since: {latest:?}");
    all_upkeep(&mut appender, 5 * HOUR);
    assert_eq!((kept(&store), store.clock_doubted_until()), (1, None), "it was put right");
    all_upkeep(&mut appender, wrong + 6 * day);
    assert_eq!(kept(&store), 1, "ahead again, so doubted again");
    upkeep_of_a_week(&mut appender, wrong + 15 * day);
    assert_eq!((kept(&store), store.clock_doubted_until()), (0, None));
    assert_eq!(store.audit().unwrap(), []);
}

#[test]
fn the_newest_result_of_each_check_is_found_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    {
        let (_, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
        appender.commit([batch(1, vec![Change::Result(result("nightly", 1, 1000))])]).unwrap();
        all_upkeep(&mut appender, 10 * HOUR);
        let rows = (2..30_000).map(|n| Change::Result(result("web", n, 10 * HOUR + n as i64)));
        appender.commit([batch(2, rows.collect())]).unwrap();
        all_upkeep(&mut appender, 10 * HOUR + 40_000);
        // Set back: the sequence says which is newest.
        appender.commit([batch(3, vec![Change::Result(result("db", 30_001, 10 * HOUR + 90_000))])]).unwrap();
        appender.commit([batch(4, vec![Change::Result(result("db", 30_002, 10 * HOUR + 80_000))])]).unwrap();
    }
    let (store, _) = Appender::open(dir.path(), Retention::default()).unwrap();
    let latest: BTreeMap<String, u64> = store
        .restored()
        .unwrap()
        .latest
        .iter()
        .map(|row| (row.run.check.to_string(), row.sequence))
        .collect();
    let expected = [("db", 30_002), ("nightly", 1), ("web", 29_999)];
    assert_eq!(latest, expected.map(|(check, sequence)| (check.to_owned(), sequence)).into());
    assert_eq!(store.restored().unwrap().next_sequence, 30_003);
}

/// More rows of the clock that was ahead than are looked at in one go lie above what came since.
#[test]
fn the_newest_result_is_found_after_a_restart_though_the_clock_was_set_back() {
    let dir = tempfile::tempdir().unwrap();
    let ahead = 9_000 * HOUR;
    {
        let (_, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
        appender.commit([batch(1, vec![Change::Result(result("web", 1, HOUR))])]).unwrap();
        let rows = (2..12_000).map(|n| Change::Result(result("busy", n, ahead + n as i64)));
        appender.commit([batch(2, rows.collect())]).unwrap();
        while appender.upkeep(at(ahead + 20_000)).unwrap() == Upkeep::More {}
        appender.commit([batch(3, vec![Change::Result(result("web", 12_000, 2 * HOUR))])]).unwrap();
    }
    let (store, _) = Appender::open(dir.path(), Retention::default()).unwrap();
    let latest = store.restored().unwrap().latest;
    let mut sequences: Vec<u64> = latest.iter().map(|row| row.sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, [11_999, 12_000]);
}

/// Where the rows lie is known a slice at a time after a restart; those of another stretch are not enough of this one.
#[test]
fn after_a_restart_no_row_hides_behind_those_that_came_after_the_clock_was_set_back() {
    let dir = tempfile::tempdir().unwrap();
    let row = |check: &str, sequence: u64, moment| Change::Result(result(check, sequence, moment));
    {
        let (_, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
        let early = (1..=5).map(|n| row("web", n, HOUR + n as i64));
        let between = (6..=15_005).map(|n| row("busy", n, HOUR + n as i64));
        let top = row("busy", 15_006, 20 * HOUR);
        let late = (15_007..=27_000).map(|n| row("web", n, 2 * HOUR + n as i64));
        appender.commit([batch(1, early.chain(between).chain([top]).chain(late).collect())]).unwrap();
    }
    let (store, _) = Appender::open(dir.path(), Retention::default()).unwrap();
    // The cursor is of a page that was looked at before: everything that came later is on earlier pages.
    let after = format!("{}.15007", 2 * HOUR + 15_007).parse().unwrap();
    let found = store.results(&ResultsQuery { after: Some(after), limit: 10, ..results_of("web") }).unwrap();
    assert_eq!(found.items.iter().map(|row| row.sequence).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
}

#[test]
fn a_cursor_is_read_back_from_its_text_and_nonsense_is_refused() {
    let page = "-5.18446744073709551615".parse::<Cursor>().unwrap();
    assert_eq!(page.to_string(), "-5.18446744073709551615");
    assert!("5".parse::<Cursor>().is_err());
    assert!("a.b".parse::<Cursor>().is_err());
}

#[derive(Clone, Debug)]
enum Step {
    /// Results, each so many milliseconds after the last; negative: the clock was set back.
    Commit(Vec<(u8, i64)>),
    Upkeep(u8, i64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let far = 400 * 24 * HOUR;
    let gap = prop_oneof![
        8 => 0..600_000_i64,
        2 => -2 * HOUR..0,
        2 => 0..3 * HOUR,
        1 => prop::sample::select(vec![-far, far]),
    ];
    prop_oneof![
        4 => proptest::collection::vec((0..3_u8, gap), 1..20).prop_map(Step::Commit),
        2 => (1..30_u8, -HOUR..50 * HOUR).prop_map(|(slices, ahead)| Step::Upkeep(slices, ahead)),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_query_answers_as_a_plain_list_would(
        steps in proptest::collection::vec(step(), 1..12),
        limit in 1..40_usize,
        from in -HOUR..20 * HOUR,
        span in 0..10 * HOUR,
    ) {
        let disk = Disk::default();
        let mut open = Appender::open_backend(disk.backend(), Retention::default()).unwrap();
        let (mut all, mut now, mut sequence) = (Vec::new(), 0, 0);
        for step in steps {
            match step {
                Step::Commit(gaps) => {
                    let mut rows = Vec::new();
                    for (check, gap) in gaps {
                        now += gap;
                        sequence += 1;
                        rows.push(result(["web", "db", "dns"][usize::from(check)], sequence, now));
                    }
                    open.1.commit([batch(sequence, rows.iter().cloned().map(Change::Result).collect())]).unwrap();
                    all.extend(rows);
                }
                Step::Upkeep(slices, ahead) => {
                    for _ in 0..slices {
                        open.1.upkeep(at(now + ahead)).unwrap();
                    }
                }
                Step::Restart => {
                    drop(open);
                    open = Appender::open_backend(disk.backend(), Retention::default()).unwrap();
                }
            }
        }
        answers_as_a_list(&open.0, &all, (from, span), limit);
        // Two days later all hours are packed and all days merged.
        while open.1.upkeep(at(now + 48 * HOUR)).unwrap() == Upkeep::More {}
        answers_as_a_list(&open.0, &all, (from, span), limit);
    }
}

fn answers_as_a_list(store: &Store, all: &[ResultRow], (from, span): (i64, i64), limit: usize) {
    assert_eq!(store.audit().unwrap(), []);
    for check in ["web", "db", "dns"] {
        let of_check: Vec<ResultRow> =
            all.iter().filter(|row| row.run.check.as_str() == check).cloned().collect();
        let whole = ResultsQuery { limit, ..results_of(check) };
        assert_eq!(paged(store, whole), newest_first(of_check.clone()));
        let between = at(from)..at(from + span);
        let within = of_check.iter().filter(|row| between.contains(&row.finished_at)).cloned().collect();
        let part = ResultsQuery { limit, between: between.clone(), ..results_of(check) };
        assert_eq!(paged(store, part), newest_first(within));
        for step in [60_000, 300_000, 900_000, HOUR, 24 * HOUR] {
            says_over_time(store, check, &of_check, step);
        }
    }
}
