use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::row::strategies;

/// Results as they lie in the file: by time, each with its own key.
fn results() -> impl Strategy<Value = Vec<ResultRow>> {
    prop::collection::vec(strategies::result(), 1..30).prop_map(|mut all| {
        all.sort_by_key(|result| (result.finished_at, result.sequence));
        all.dedup_by_key(|result| (result.finished_at, result.sequence));
        for result in &mut all {
            result.run.check = CheckName::new("c");
        }
        all
    })
}

proptest! {
    #[test]
    fn results_come_out_as_they_went_in(results in results()) {
        let splits: Vec<Split> = results.iter().cloned().map(Split::of).collect();
        let bytes = pack(7, &splits).unwrap();
        let opened = Opened::read(&bytes).unwrap();
        prop_assert_eq!(opened.keys(), results.iter().map(|r| (r.finished_at.millis(), r.sequence)).collect::<Vec<_>>());
        for (row, result) in results.iter().enumerate() {
            prop_assert_eq!(&opened.result(CheckName::new("c"), row).unwrap(), result);
        }
        prop_assert_eq!(opened.splits().unwrap(), splits);
        let lowest = lowest(&bytes).unwrap();
        prop_assert!(lowest.is_none_or(|lowest| Some(lowest) == results.iter().map(|r| r.finished_at.millis()).min()));
    }

    #[test]
    fn damaged_bytes_are_an_error_or_results(
        results in results(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let splits: Vec<Split> = results.into_iter().map(Split::of).collect();
        let mut bytes = pack(7, &splits).unwrap();
        let place = place.index(bytes.len());
        prop_assert!(Opened::read(&bytes[..place]).is_err() || place + 16 > bytes.len());
        bytes[place] = byte;
        if let Ok(opened) = Opened::read(&bytes) {
            for row in 0..opened.keys().len() {
                let _ = opened.result(CheckName::new("c"), row);
            }
        }
    }
}

#[test]
fn a_pack_of_another_version_is_refused() {
    assert!(matches!(Opened::read(&[9, 0]), Err(ReadError::UnknownRow { found: 9, .. })));
    assert!(matches!(Opened::read(&[]), Err(ReadError::BadRow { .. })));
}

#[test]
fn spans_that_no_column_holds_are_kept_all_the_same() {
    let runner = &mut TestRunner::deterministic();
    let mut result = strategies::result().new_tree(runner).unwrap().current();
    result.run.check = CheckName::new("c");
    result.took = Duration::MAX;
    let bytes = pack(7, &[Split::of(result.clone())]).unwrap();
    assert_eq!(bytes[0], rows::VERSION);
    assert_eq!(Opened::read(&bytes).unwrap().result(CheckName::new("c"), 0).unwrap(), result);
}
