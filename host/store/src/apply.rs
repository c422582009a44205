//! Writes commits into tables, inside one transaction. Applying a commit twice is the same as applying it once: after a
//! failure, nobody knows whether the last transaction counted.

mod access;
mod deliveries;
mod events;
mod snapshots;

use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use watchkeep_core::alert::AlertKey;
use watchkeep_core::commit::{
    Change, Commit, Decision, GenerationRow, KvWrite, PluginDecision, ResultRow, Transition,
};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::marker::MarkerChange;
use watchkeep_core::note::NoteChange;
use watchkeep_core::subscription::SubscriberChange;

use crate::error::WriteError;
use crate::meta;
use crate::names::Names;
use crate::query::subject;
use crate::row::{
    ActionRow, AlertRow, DecisionRow, GenerationRowV1, GroupRow, HeartbeatRow, KvRow, MarkRow, MarkerRow,
    NoteRow, ResultRowV1, SubscriberRow, ToldRow, TransitionRow, WindowRow, alert_key, encode, group_key,
    scope_key,
};
use crate::stretches::{self, Course};
use crate::tables::{
    ACTIONS, ALERTS, AUDIT_LOG, CHECK_NAMES, CLOCK_STEPS, DECISIONS, DELIVERIES, DELIVERY_ENDS, EVENTS,
    GENERATIONS, GROUPS, HEARTBEATS, KV, KV_FLOORS, MARKERS, META, NOTES, OUTBOX, PAUSED, PLUGIN_MARKS,
    RESULTS, SESSIONS, SNAPSHOT_DIGESTS, SNAPSHOT_PLACES, SNAPSHOT_REFERENCES, SNAPSHOTS, SUBSCRIBERS,
    TOKENS, TOLD_SUBSCRIBERS, TRANSITIONS, TRANSITIONS_BY_SUBJECT, USERS, WINDOWS,
};

/// One thing to write. Works are written in the order in which they arrived.
#[derive(Debug)]
pub(crate) enum Work {
    Commit(Commit),
    PutGeneration(GenerationRow),
    RemoveGeneration(PluginName),
    PutMark(PluginDecision),
    RemoveMark(PluginName, Digest),
}

/// What a transaction adds to what is kept in memory, to be added once it is durable.
#[derive(Default)]
pub(crate) struct Applied {
    pub(crate) results: Vec<Filed>,
    /// Alert keys (as in the table) that got decisions, and may now have too many.
    pub(crate) decided: Vec<Vec<u8>>,
    pub(crate) commits: u64,
}

/// Where a result is filed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Filed {
    pub(crate) check: u32,
    pub(crate) millis: i64,
    pub(crate) sequence: u64,
}

pub(crate) fn apply<'a>(
    transaction: &WriteTransaction,
    works: impl Iterator<Item = &'a Work>,
    names: &mut Names,
) -> Result<Applied, WriteError> {
    let mut session = Session {
        tables: Tables::new(transaction),
        names,
        applied: Applied::default(),
        next: Next::default(),
        course: None,
    };
    for work in works {
        match work {
            Work::Commit(commit) => session.commit(commit)?,
            Work::PutGeneration(row) => {
                let bytes = encode(&GenerationRowV1::from(row));
                session.tables.generations()?.insert(row.plugin.as_str(), bytes.as_slice())?;
            }
            Work::RemoveGeneration(plugin) => {
                session.tables.generations()?.remove(plugin.as_str())?;
            }
            Work::PutMark(mark) => {
                let bytes = encode(&MarkRow::from(mark));
                let key = (mark.plugin.as_str(), mark.digest.0);
                session.tables.plugin_marks()?.insert(key, bytes.as_slice())?;
            }
            Work::RemoveMark(plugin, digest) => {
                session.tables.plugin_marks()?.remove((plugin.as_str(), digest.0))?;
            }
        }
    }
    session.finish()
}

/// The values that the figures in `META` must be raised to.
#[derive(Default)]
struct Next {
    delivery: u64,
    sequence: u64,
    epoch: u64,
}

struct Session<'txn, 'names> {
    tables: Tables<'txn>,
    names: &'names mut Names,
    applied: Applied,
    next: Next,
    course: Option<Course>,
}

impl Session<'_, '_> {
    fn commit(&mut self, commit: &Commit) -> Result<(), WriteError> {
        self.next.epoch = self.next.epoch.max(commit.epoch);
        self.applied.commits += 1;
        commit.changes.iter().try_for_each(|change| self.change(change))
    }

    fn change(&mut self, change: &Change) -> Result<(), WriteError> {
        match change {
            Change::Result(result) => self.result(result)?,
            Change::Transition(transition) => self.transition(transition)?,
            Change::PutAlert(record) => {
                let key = alert_key(&record.key);
                self.tables
                    .alerts()?
                    .insert(key.as_slice(), encode(&AlertRow::from(&**record)).as_slice())?;
            }
            Change::RemoveAlert(key) => self.remove_alert(key)?,
            Change::PutGroup(record) => {
                let key = group_key(&record.key);
                self.tables.groups()?.insert(key.as_slice(), encode(&GroupRow::from(record)).as_slice())?;
            }
            Change::RemoveGroup(key) => {
                self.tables.groups()?.remove(group_key(key).as_slice())?;
            }
            Change::PutDelivery(record) => self.put_delivery(record)?,
            Change::EndDelivery { id, ended } => self.end_delivery(*id, ended)?,
            Change::PutPaused { check, paused: true } => {
                self.tables.paused()?.insert(check.as_str(), [1_u8].as_slice())?;
            }
            Change::PutPaused { check, paused: false } => {
                self.tables.paused()?.remove(check.as_str())?;
            }
            Change::AcceptSnapshot(accepted) => self.accept_snapshot(accepted)?,
            Change::Decision(decision) => self.decision(decision)?,
            Change::Kv(write) => self.kv(write)?,
            Change::PutWindow(window) => {
                let bytes = encode(&WindowRow::from(window));
                self.tables.windows()?.insert(window.id.as_str(), bytes.as_slice())?;
            }
            Change::RemoveWindow(id) => {
                self.tables.windows()?.remove(id.as_str())?;
            }
            Change::PutHeartbeat { check, record } => {
                let bytes = encode(&HeartbeatRow::from(record));
                self.tables.heartbeats()?.insert(check.as_str(), bytes.as_slice())?;
            }
            Change::RemoveHeartbeat(check) => {
                self.tables.heartbeats()?.remove(check.as_str())?;
            }
            Change::KnowEvents { check, ids, at } => self.know_events(check, ids, *at)?,
            Change::ForgetEvents { check, ids } => self.forget_events(check, ids)?,
            Change::PutAction(record) => {
                let bytes = encode(&ActionRow::from(&**record));
                let key = (record.decided_at.millis(), record.id.as_str());
                self.tables.actions()?.insert(key, bytes.as_slice())?;
            }
            Change::Access(change) => self.access(change)?,
            Change::Note(NoteChange::Put(note)) => {
                let bytes = encode(&NoteRow::from(note));
                self.tables.notes()?.insert(note.id.as_str(), bytes.as_slice())?;
            }
            Change::Note(NoteChange::Remove(id)) => {
                self.tables.notes()?.remove(id.as_str())?;
            }
            Change::Marker(MarkerChange::Put(marker)) => {
                let bytes = encode(&MarkerRow::from(marker));
                self.tables.markers()?.insert(marker.id.as_str(), bytes.as_slice())?;
            }
            Change::Marker(MarkerChange::Remove(id)) => {
                self.tables.markers()?.remove(id.as_str())?;
            }
            Change::Subscriber(SubscriberChange::Put(subscriber)) => {
                let bytes = encode(&SubscriberRow::from(subscriber));
                self.tables.subscribers()?.insert(subscriber.id.as_str(), bytes.as_slice())?;
            }
            Change::Subscriber(SubscriberChange::Remove(id)) => {
                self.tables.subscribers()?.remove(id.as_str())?;
            }
            Change::Subscriber(SubscriberChange::Told(page, told)) => {
                let bytes = encode(&ToldRow::from(told));
                self.tables.told_subscribers()?.insert(page.as_str(), bytes.as_slice())?;
            }
            Change::Audit(entry) => self.audit_entry(entry)?,
        }
        Ok(())
    }

    fn result(&mut self, result: &ResultRow) -> Result<(), WriteError> {
        let check = match self.names.number(&result.run.check) {
            Some(number) => number,
            None => self.names.number_or_new(&result.run.check, self.tables.check_names()?)?,
        };
        let (millis, sequence) = (result.finished_at.millis(), result.sequence);
        let bytes = encode(&ResultRowV1::new(result, check));
        self.tables.results()?.insert((millis, sequence), bytes.as_slice())?;
        self.snapshots(result)?;
        self.applied.results.push(Filed { check, millis, sequence });
        self.saw(millis, sequence)?;
        Ok(())
    }

    fn transition(&mut self, transition: &Transition) -> Result<(), WriteError> {
        let (millis, sequence) = (transition.at.millis(), transition.sequence);
        let bytes = encode(&TransitionRow::from(transition));
        self.tables.transitions()?.insert((millis, sequence), bytes.as_slice())?;
        let subject = subject(&transition.key);
        self.tables.transitions_by_subject()?.insert((subject.as_str(), millis, sequence), ())?;
        self.saw(millis, sequence)?;
        Ok(())
    }

    fn remove_alert(&mut self, key: &AlertKey) -> Result<(), WriteError> {
        self.tables.alerts()?.remove(alert_key(key).as_slice())?;
        Ok(())
    }

    fn decision(&mut self, decision: &Decision) -> Result<(), WriteError> {
        let key = alert_key(&decision.key);
        let bytes = encode(&DecisionRow::from(decision));
        self.tables.decisions()?.insert((key.as_slice(), decision.sequence), bytes.as_slice())?;
        if self.applied.decided.last() != Some(&key) {
            self.applied.decided.push(key);
        }
        self.saw_sequence(decision.sequence);
        Ok(())
    }

    /// Writes a key-value pair. The version of a key only rises, even across its deletion and whatever the caller says;
    /// a write that is repeated keeps the version it has.
    fn kv(&mut self, write: &KvWrite) -> Result<(), WriteError> {
        let scope = scope_key(&write.scope);
        let key = (scope.as_str(), write.key.as_str());
        let stored = self.tables.kv()?.get(key)?.map(|row| row.value().to_vec());
        let stored = stored.as_deref().map(KvRow::read).transpose()?;
        let plugin = write.scope.plugin.as_str();
        match &write.value {
            Some(value) => {
                if stored.as_ref().is_some_and(|row| {
                    row.version == write.version && row.value == value && row.plugin == plugin
                }) {
                    return Ok(());
                }
                let floor = match &stored {
                    Some(row) => row.version,
                    None => self.kv_floor(&scope)?,
                };
                let version = write.version.max(floor.saturating_add(1));
                self.tables.kv()?.insert(key, encode(&KvRow { version, plugin, value }).as_slice())?;
            }
            None => {
                let Some(row) = stored else { return Ok(()) };
                let floor = self.kv_floor(&scope)?.max(row.version).max(write.version);
                self.tables.kv_floors()?.insert(scope.as_str(), meta::figure(floor).as_slice())?;
                self.tables.kv()?.remove(key)?;
            }
        }
        Ok(())
    }

    fn kv_floor(&mut self, scope: &str) -> Result<u64, WriteError> {
        let stored = self.tables.kv_floors()?.get(scope)?;
        Ok(stored.map(|row| meta::parse_figure("kv_floors", row.value())).transpose()?.unwrap_or(0))
    }

    /// Notes a row that is filed by its moment.
    fn saw(&mut self, millis: i64, sequence: u64) -> Result<(), WriteError> {
        self.saw_sequence(sequence);
        let mut course = match self.course {
            Some(course) => course,
            None => Course::stored(self.tables.meta()?)?,
        };
        if let Some(step) = course.saw(millis, sequence) {
            stretches::add(self.tables.clock_steps()?, sequence, &step)?;
        }
        self.course = Some(course);
        Ok(())
    }

    fn saw_sequence(&mut self, sequence: u64) {
        self.next.sequence = self.next.sequence.max(sequence.saturating_add(1));
    }

    fn finish(mut self) -> Result<Applied, WriteError> {
        let Next { delivery, sequence, epoch } = self.next;
        for (key, value) in
            [(meta::NEXT_DELIVERY, delivery), (meta::NEXT_SEQUENCE, sequence), (meta::EPOCH, epoch)]
        {
            if value > 0 {
                meta::raise(self.tables.meta()?, key, value)?;
            }
        }
        if let Some(course) = self.course {
            course.store(self.tables.meta()?)?;
        }
        Ok(self.applied)
    }
}

/// The tables of one transaction, each opened when it is first needed.
macro_rules! tables {
    ($($name:ident: $definition:ident, $key:ty, $value:ty;)+) => {
        struct Tables<'txn> {
            transaction: &'txn WriteTransaction,
            $($name: Option<Table<'txn, $key, $value>>,)+
        }

        impl<'txn> Tables<'txn> {
            fn new(transaction: &'txn WriteTransaction) -> Self {
                Self { transaction, $($name: None,)+ }
            }
            $(fn $name(&mut self) -> Result<&mut Table<'txn, $key, $value>, WriteError> {
                opened(self.transaction, &mut self.$name, $definition)
            })+
        }
    };
}

tables! {
    meta: META, &'static str, &'static [u8];
    check_names: CHECK_NAMES, u32, &'static [u8];
    results: RESULTS, (i64, u64), &'static [u8];
    transitions: TRANSITIONS, (i64, u64), &'static [u8];
    transitions_by_subject: TRANSITIONS_BY_SUBJECT, (&'static str, i64, u64), ();
    decisions: DECISIONS, (&'static [u8], u64), &'static [u8];
    alerts: ALERTS, &'static [u8], &'static [u8];
    groups: GROUPS, &'static [u8], &'static [u8];
    outbox: OUTBOX, u64, &'static [u8];
    deliveries: DELIVERIES, (i64, u64), &'static [u8];
    delivery_ends: DELIVERY_ENDS, u64, i64;
    paused: PAUSED, &'static str, &'static [u8];
    windows: WINDOWS, &'static str, &'static [u8];
    heartbeats: HEARTBEATS, &'static str, &'static [u8];
    events: EVENTS, (&'static str, &'static str), &'static [u8];
    kv: KV, (&'static str, &'static str), &'static [u8];
    kv_floors: KV_FLOORS, &'static str, &'static [u8];
    generations: GENERATIONS, &'static str, &'static [u8];
    snapshot_references: SNAPSHOT_REFERENCES, (&'static str, &'static str), &'static [u8];
    plugin_marks: PLUGIN_MARKS, (&'static str, [u8; 32]), &'static [u8];
    snapshots: SNAPSHOTS, (&'static str, &'static str, i64, u64, u32), &'static [u8];
    snapshot_places: SNAPSHOT_PLACES, (u64, u32), &'static [u8];
    snapshot_digests: SNAPSHOT_DIGESTS, ([u8; 32], u64, u32), ();
    clock_steps: CLOCK_STEPS, u64, &'static [u8];
    actions: ACTIONS, (i64, &'static str), &'static [u8];
    users: USERS, &'static str, &'static [u8];
    tokens: TOKENS, &'static str, &'static [u8];
    sessions: SESSIONS, [u8; 32], &'static [u8];
    audit_log: AUDIT_LOG, u64, &'static [u8];
    notes: NOTES, &'static str, &'static [u8];
    markers: MARKERS, &'static str, &'static [u8];
    subscribers: SUBSCRIBERS, &'static str, &'static [u8];
    told_subscribers: TOLD_SUBSCRIBERS, &'static str, &'static [u8];
}

fn opened<'a, 'txn, K: redb::Key + 'static, V: redb::Value + 'static>(
    transaction: &'txn WriteTransaction,
    slot: &'a mut Option<Table<'txn, K, V>>,
    definition: TableDefinition<'static, K, V>,
) -> Result<&'a mut Table<'txn, K, V>, WriteError> {
    let table = match slot.take() {
        Some(table) => table,
        None => transaction.open_table(definition)?,
    };
    Ok(slot.insert(table))
}
