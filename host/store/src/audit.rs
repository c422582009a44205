//! Checks the invariants that the tables keep with each other. Reads everything; for `watchkeep audit` and for tests.

mod access;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError};
use watchkeep_core::commit::{Decision, GenerationRow, PluginDecision, Transition};
use watchkeep_core::delivery::{DeliveryRecord, Ended};
use watchkeep_core::ids::CheckName;
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::rollup::Resolution;

use crate::error::ReadError;
use crate::guard;
use crate::merge::MERGED_HOURS_MAX;
use crate::meta;
use crate::names::Names;
use crate::pack::Opened;
use crate::packing;
use crate::query::{subject, table};
use crate::rollup;
use crate::row::{
    ActionRow, AlertRow, DecisionRow, DeliveryRow, EndedDeliveryRow, GenerationRowV1, GroupRow,
    KnownEventRow, KvRow, MarkRow, ResultRowV1, TransitionRow, alert_key, decode, ended_at, group_key,
    heartbeat, window as stored_window,
};
use crate::store::Store;
use crate::stretches::{Stretch, finds, stretches};
use crate::tables::{
    ACTIONS, ALERTS, DECISIONS, DELIVERIES, DELIVERY_ENDS, EVENTS, GENERATIONS, GROUPS, HEARTBEATS, KV, META,
    OUTBOX, PACKS, PLUGIN_MARKS, RESULTS, TRANSITIONS, TRANSITIONS_BY_SUBJECT, UNMERGED, WINDOWS, hour_of,
};

/// A stored invariant that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    pub table: &'static str,
    pub key: String,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table `{}`, row {}: {}", self.table, self.key, self.what)
    }
}

impl Store {
    /// Checks the audit log alone: whether an entry was changed, or taken out.
    pub fn audit_of_log(&self) -> Result<Vec<Violation>, ReadError> {
        guard::reading(|| {
            let snapshot = self.shared.read()?;
            let mut audit = Audit {
                names: Names::default(),
                stretches: Default::default(),
                highest: Highest::default(),
                violations: Vec::new(),
            };
            audit.log(&snapshot)?;
            Ok(audit.violations)
        })
    }

    /// Checks the stored invariants; reads everything. An error means that the database cannot be read at all.
    pub fn audit(&self) -> Result<Vec<Violation>, ReadError> {
        guard::reading(|| {
            let snapshot = self.shared.read()?;
            let mut audit = Audit {
                names: Names::load(&snapshot)?,
                stretches: stretches(&snapshot)?,
                highest: Highest::default(),
                violations: Vec::new(),
            };
            audit.results(&snapshot)?;
            audit.packs(&snapshot)?;
            audit.transitions(&snapshot)?;
            audit.state(&snapshot)?;
            audit.deliveries(&snapshot)?;
            audit.figures(&snapshot)?;
            audit.access(&snapshot)?;
            audit.notes(&snapshot)?;
            audit.markers(&snapshot)?;
            audit.subscribers(&snapshot)?;
            audit.log(&snapshot)?;
            Ok(audit.violations)
        })
    }
}

#[derive(Default)]
struct Highest {
    sequence: u64,
    delivery: Option<u64>,
}

struct Audit {
    names: Names,
    stretches: Vec<Stretch>,
    highest: Highest,
    violations: Vec<Violation>,
}

impl Audit {
    fn expect(&mut self, holds: Holds, table: &'static str, key: impl fmt::Debug, what: &str) {
        if holds == Holds::No {
            self.violations.push(Violation { table, key: format!("{key:?}"), what: what.to_owned() });
        }
    }

    /// A row that cannot be read is a violation, not the end of the audit.
    fn read<T>(&mut self, table: &'static str, key: impl fmt::Debug, row: Result<T, ReadError>) -> Option<T> {
        row.map_err(|error| {
            self.violations.push(Violation { table, key: format!("{key:?}"), what: error.to_string() });
        })
        .ok()
    }

    fn results(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let packing = packing::stored(snapshot)?;
        for row in snapshot.open_table(RESULTS)?.iter()? {
            let (key, value) = row?;
            let key = key.value();
            let Some(result) = self.read("results", key, decode::<ResultRowV1<'_>>(value.value())) else {
                continue;
            };
            self.result("results", key, &result, key);
            if packing.is_none_or(|packing| !packing.hides_row(key.0, key.1)) {
                self.highest.sequence = self.highest.sequence.max(key.1);
            }
        }
        Ok(())
    }

    fn result(
        &mut self,
        table: &'static str,
        key: impl fmt::Debug,
        result: &ResultRowV1<'_>,
        at: (i64, u64),
    ) {
        self.expect(
            holds((result.finished_at, result.sequence) == at),
            table,
            &key,
            "its key is not its time",
        );
        self.expect(holds(self.names.name(result.check).is_some()), table, &key, "its check has no name");
        self.in_its_stretch(table, &key, (result.finished_at, result.sequence));
    }

    fn in_its_stretch(&mut self, table: &'static str, key: impl fmt::Debug, at: (i64, u64)) {
        let found = finds(&self.stretches, at);
        self.expect(
            holds(found),
            table,
            key,
            "its moment is not of the stretch of the clock in which it came",
        );
    }

    fn packs(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        for row in snapshot.open_table(PACKS)?.iter()? {
            let (key, value) = row?;
            let (check, hour, lowest) = key.value();
            let key = (check, hour, lowest);
            self.expect(holds(self.names.name(check).is_some()), "packs", key, "its check has no name");
            let Some(rows) = self.read("packs", key, Opened::read(value.value())) else { continue };
            let keys = rows.keys();
            let rises = keys.windows(2).all(|pair| pair[0] < pair[1]);
            self.expect(holds(rises), "packs", key, "its rows are out of order");
            let ends = keys.last().is_some_and(|(millis, _)| hour_of(*millis) == hour);
            self.expect(holds(ends), "packs", key, "it ends in another hour, or is empty");
            let begins = keys.iter().all(|(millis, _)| hour - hour_of(*millis) <= MERGED_HOURS_MAX);
            self.expect(holds(begins), "packs", key, "it spans too many hours");
            let first = keys.iter().map(|(_, sequence)| *sequence).min();
            self.expect(holds(first == Some(lowest)), "packs", key, "it is filed by another sequence");
            for (row, at) in keys.into_iter().enumerate() {
                self.in_its_stretch("packs", key, at);
                self.highest.sequence = self.highest.sequence.max(at.1);
                let name = self.names.name(check).unwrap_or_else(|| CheckName::new(""));
                self.read("packs", key, rows.result(name, row));
            }
        }
        self.unmerged(snapshot)
    }

    /// Packs that are listed as not rolled up must be there, and roll-ups readable.
    fn unmerged(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let packs = snapshot.open_table(PACKS)?;
        if let Some(listed) = table(snapshot, UNMERGED)? {
            for row in listed.iter()? {
                let key = row?.0.value();
                self.expect(holds(packs.get(key)?.is_some()), "unmerged", key, "there is no such pack");
            }
        }
        for check in self.names.numbers() {
            for (_, series) in rollup::series_of(snapshot, check)? {
                for resolution in Resolution::ALL {
                    let ever = i64::MIN..i64::MAX;
                    let found = rollup::read(snapshot, (check, series), resolution, &ever, |_, _| {});
                    self.read("rollups", (check, resolution, series), found);
                }
            }
        }
        Ok(())
    }

    fn transitions(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let mut expected = BTreeSet::new();
        for row in snapshot.open_table(TRANSITIONS)?.iter()? {
            let (key, value) = row?;
            let key = key.value();
            let Some(row) = self.read("transitions", key, decode::<TransitionRow<'_>>(value.value())) else {
                continue;
            };
            let transition = Transition::from(row);
            let at = (transition.at.millis(), transition.sequence);
            self.expect(holds(at == key), "transitions", key, "its key is not its time");
            self.in_its_stretch("transitions", key, at);
            self.highest.sequence = self.highest.sequence.max(key.1);
            expected.insert((subject(&transition.key), key.0, key.1));
        }
        for row in snapshot.open_table(TRANSITIONS_BY_SUBJECT)?.iter()? {
            let (subject, millis, sequence) = {
                let key = row?.0;
                let (subject, millis, sequence) = key.value();
                (subject.to_owned(), millis, sequence)
            };
            let known = expected.remove(&(subject.clone(), millis, sequence));
            self.expect(
                holds(known),
                "transitions_by_subject",
                (subject, millis, sequence),
                "names no transition",
            );
        }
        for key in expected {
            self.expect(Holds::No, "transitions", key, "cannot be found by its subject");
        }
        Ok(())
    }

    fn state(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        self.each(snapshot, ALERTS, "alerts", |audit, key, bytes| {
            let record = AlertRow::read(bytes)?;
            audit.expect(holds(alert_key(&record.key) == key), "alerts", key, "its key is another alert's");
            Ok(())
        })?;
        self.each(snapshot, GROUPS, "groups", |audit, key, bytes| {
            let record = GroupRow::read(bytes)?;
            audit.expect(holds(group_key(&record.key) == key), "groups", key, "its key is another group's");
            Ok(())
        })?;
        self.each(snapshot, DECISIONS, "decisions", |audit, (key, sequence), bytes| {
            let decision = Decision::from(decode::<DecisionRow<'_>>(bytes)?);
            let same = alert_key(&decision.key) == key && decision.sequence == sequence;
            audit.expect(holds(same), "decisions", (key, sequence), "its key is another decision's");
            audit.highest.sequence = audit.highest.sequence.max(sequence);
            Ok(())
        })?;
        self.each(snapshot, GENERATIONS, "generations", |audit, key, bytes| {
            let row = GenerationRow::from(decode::<GenerationRowV1<'_>>(bytes)?);
            audit.expect(
                holds(row.plugin.as_str() == key),
                "generations",
                key,
                "its key is another plugin's",
            );
            Ok(())
        })?;
        self.marks(snapshot)?;
        self.actions(snapshot)?;
        self.held(snapshot)?;
        self.each(snapshot, KV, "kv", |audit, key, bytes| {
            let row = KvRow::read(bytes)?;
            audit.expect(holds(row.version > 0), "kv", key, "it has no version");
            Ok(())
        })
    }

    fn held(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        self.each(snapshot, WINDOWS, "windows", |audit, key, bytes| {
            let window = stored_window(bytes)?;
            audit.expect(holds(window.id.as_str() == key), "windows", key, "its key is another window's");
            audit.expect(holds(!window.matchers.is_empty()), "windows", key, "it hides everything");
            Ok(())
        })?;
        self.each(snapshot, HEARTBEATS, "heartbeats", |_, _, bytes| heartbeat(bytes).map(|_| ()))?;
        self.each(snapshot, EVENTS, "events", |_, _, bytes| decode::<KnownEventRow>(bytes).map(|_| ()))
    }

    fn marks(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        // A file from before this table was first written does not have it.
        if let Err(TableError::TableDoesNotExist(_)) = snapshot.open_table(PLUGIN_MARKS) {
            return Ok(());
        }
        self.each(snapshot, PLUGIN_MARKS, "plugin_marks", |audit, (plugin, digest), bytes| {
            let mark = PluginDecision::from(decode::<MarkRow<'_>>(bytes)?);
            let same = mark.plugin.as_str() == plugin && mark.digest.0 == digest;
            audit.expect(holds(same), "plugin_marks", plugin, "its key is another file's");
            Ok(())
        })
    }

    fn actions(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        // A file from before this table was first written does not have it.
        if table(snapshot, ACTIONS)?.is_none() {
            return Ok(());
        }
        self.each(snapshot, ACTIONS, "actions", |audit, key, bytes| {
            let record = ActionRecord::from(decode::<ActionRow<'_>>(bytes)?);
            let same = (record.decided_at.millis(), record.id.as_str()) == key;
            audit.expect(holds(same), "actions", key, "its key is another action's");
            Ok(())
        })
    }

    fn each<K: redb::Key + 'static>(
        &mut self,
        snapshot: &ReadTransaction,
        table: TableDefinition<'static, K, &'static [u8]>,
        name: &'static str,
        check: impl for<'a> Fn(&mut Audit, K::SelfType<'a>, &[u8]) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        for row in snapshot.open_table(table)?.iter()? {
            let (key, value) = row?;
            let shown = format!("{:?}", key.value());
            let checked = check(self, key.value(), value.value());
            self.read(name, shown, checked);
        }
        Ok(())
    }

    fn deliveries(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let mut places: BTreeMap<u64, u32> = BTreeMap::new();
        let mut ended_by_id = BTreeSet::new();
        for row in snapshot.open_table(OUTBOX)?.iter()? {
            let (key, value) = row?;
            let id = key.value();
            *places.entry(id).or_default() += 1;
            let Some(row) = self.read("outbox", id, DeliveryRow::read(value.value())) else {
                continue;
            };
            self.expect(
                holds(DeliveryRecord::from(row).id.0 == id),
                "outbox",
                id,
                "its key is another delivery's",
            );
        }
        for row in snapshot.open_table(DELIVERIES)?.iter()? {
            let (key, value) = row?;
            let key = key.value();
            *places.entry(key.1).or_default() += 1;
            ended_by_id.insert((key.1, key.0));
            let Some(row) = self.read("deliveries", key, EndedDeliveryRow::read(value.value())) else {
                continue;
            };
            let (record, ended): (DeliveryRecord, Ended) = row.into_core();
            let at = (ended_at(&ended).millis(), record.id.0);
            self.expect(holds(at == key), "deliveries", key, "its key is not its end");
        }
        for row in snapshot.open_table(DELIVERY_ENDS)?.iter()? {
            let (id, at) = row?;
            let key = (id.value(), at.value());
            self.expect(holds(ended_by_id.remove(&key)), "delivery_ends", key, "names no delivery");
        }
        for key in ended_by_id {
            self.expect(Holds::No, "deliveries", (key.1, key.0), "cannot be found by its id");
        }
        for (id, count) in &places {
            self.expect(holds(*count == 1), "deliveries", id, "it is in more than one place");
        }
        self.highest.delivery = places.keys().next_back().copied();
        Ok(())
    }

    fn figures(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let meta = snapshot.open_table(META)?;
        let next_sequence = meta::get(&meta, meta::NEXT_SEQUENCE)?.unwrap_or(0);
        let next_delivery = meta::get(&meta, meta::NEXT_DELIVERY)?.unwrap_or(0);
        let (sequence, delivery) = (self.highest.sequence, self.highest.delivery);
        self.expect(
            holds(sequence == 0 || sequence < next_sequence),
            "meta",
            meta::NEXT_SEQUENCE,
            "a row is above it",
        );
        let below = delivery.is_none_or(|delivery| delivery < next_delivery);
        self.expect(holds(below), "meta", meta::NEXT_DELIVERY, "a delivery is above it");
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
}

fn holds(condition: bool) -> Holds {
    if condition { Holds::Yes } else { Holds::No }
}
