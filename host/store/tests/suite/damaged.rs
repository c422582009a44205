//! A file whose pages are damaged, as disks leave them: whatever page it is, it ends in sentences and never in a panic.

use std::fs;
use std::path::Path;

use crate::support::{at, batch, check_key, everything, result, results_of, scope};
use watchkeep_core::commit::Change;
use watchkeep_store::{
    ActionsQuery, Appender, DeliveriesQuery, DeliveryFilter, OpenError, Options, ReadError, Retention, Store,
    TransitionsOf, TransitionsQuery,
};

const PAGE: usize = 4096;

#[test]
fn any_damaged_page_is_told_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    everything::write(dir.path());
    {
        let (_, mut appender) = Appender::open(dir.path(), Retention::default()).unwrap();
        let rows = (100..600).map(|sequence| Change::Result(result("web", sequence, sequence as i64)));
        appender.commit([batch(1000, rows.collect())]).unwrap();
    }
    let path = dir.path().join("watchkeep.redb");
    let whole = fs::read(&path).unwrap();
    let mut told = 0;
    for page in (0..whole.len() / PAGE).step_by(2) {
        for damage in [Damage::Zero, Damage::Noise, Damage::NoiseBehindTheKind] {
            let mut bytes = whole.clone();
            damage.to(&mut bytes[page * PAGE..(page + 1) * PAGE]);
            fs::write(&path, &bytes).unwrap();
            told += usize::from(tells_of_damage(dir.path()));
        }
    }
    assert!(told > whole.len() / PAGE / 2, "most damage is met by something that reads: {told}");
}

#[derive(Clone, Copy)]
enum Damage {
    Zero,
    Noise,
    /// The first byte says whether a page is a leaf or a branch.
    NoiseBehindTheKind,
}

impl Damage {
    fn to(self, page: &mut [u8]) {
        match self {
            Damage::Zero => page.fill(0),
            Damage::Noise => noise(page),
            Damage::NoiseBehindTheKind => noise(&mut page[1..]),
        }
    }
}

fn noise(bytes: &mut [u8]) {
    let mut state = 0x9e37_79b9_u32;
    for byte in bytes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte ^= (state >> 24) as u8 | 1;
    }
}

/// Opens it and reads everything. Whether anything was amiss; every error names what to do.
fn tells_of_damage(dir: &Path) -> bool {
    let open = || Store::open(dir, Options::new(|| at(0)));
    match open() {
        Err(error) => said(&error),
        Ok((store, writer)) => {
            let read = reads_all(&store);
            // What could not be written is told as well, not thrown.
            let closed = writer.close().is_err();
            drop(store);
            closed || read
        }
    }
}

fn said(error: &OpenError) -> bool {
    let text = error.to_string();
    assert!(text.contains("watchkeep.redb"), "{text}");
    true
}

fn reads_all(store: &Store) -> bool {
    let between = at(i64::MIN)..at(i64::MAX);
    let transitions =
        TransitionsQuery { of: TransitionsOf::All, between: between.clone(), after: None, limit: 1000 };
    let deliveries = DeliveriesQuery {
        filter: DeliveryFilter::All,
        receiver: None,
        between: between.clone(),
        after: None,
        limit: 1000,
    };
    let actions = ActionsQuery { alert: None, action: None, check: None, between, after: None, limit: 1000 };
    let errors: Vec<ReadError> = [
        store.restored().err(),
        store.generations().err(),
        store.plugin_marks().err(),
        store.results(&results_of("web")).err(),
        store.transitions(&transitions).err(),
        store.deliveries(&deliveries).err(),
        store.actions(&actions).err(),
        store.decisions(&check_key("web")).err(),
        store.kv_keys(&scope("web"), "").err(),
        store.snapshots(&"web".into(), 10).err(),
        store.audit().err(),
    ]
    .into_iter()
    .flatten()
    .collect();
    !errors.is_empty() || store.audit().is_ok_and(|violations| !violations.is_empty())
}
