//! Every table of the file. Values are a version byte and postcard (`row`), unless said otherwise; docs/format.md
//! is the description for people.

use redb::{TableDefinition, TableError, WriteTransaction};

use crate::backup::{AnyTable, Kept};

/// The format that this crate writes. A file with a higher one is refused.
pub(crate) const FORMAT: u32 = 2;

/// Name of a figure -> version byte and unsigned number (little-endian, 8 bytes). This encoding never changes.
/// `format`: the format of the file. `next_delivery`, `next_sequence`: higher than every id and sequence ever stored.
/// `epoch`: the highest epoch of a commit.
pub(crate) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// Number of a check -> its name (version byte, then UTF-8). Rows of results name checks by number.
pub(crate) const CHECK_NAMES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("check_names");

/// (moment the run finished, sequence) -> result: in the order of time, which is the order of writing.
pub(crate) const RESULTS: TableDefinition<'_, (i64, u64), &[u8]> = TableDefinition::new("results");

/// (number of the check, hour since 1970 of the newest row, lowest sequence) -> pack: results of one check, in the order
/// of their keys. First of one hour; later of as many as fill some pages of the file, of at most 48 hours.
pub(crate) const PACKS: TableDefinition<'_, PackKey, &[u8]> = TableDefinition::new("packs");

/// How a pack is filed.
pub(crate) type PackKey = (u32, i64, u64);

/// The keys of packs whose results are not in the roll-ups yet. This table and the next two are as young as
/// `PLUGIN_MARKS`.
pub(crate) const UNMERGED: TableDefinition<'_, PackKey, ()> = TableDefinition::new("unmerged");

/// (number of the check, number of the series) -> which metric it is. Series 0 is the runs, and has no row.
pub(crate) const SERIES: TableDefinition<'_, (u32, u32), &[u8]> = TableDefinition::new("series");

/// (number of the check, resolution, stretch of time, number of the series) -> figures of the periods in that stretch.
/// Resolutions: 0 has periods of five minutes and stretches of a day, 1 hours and 4 days, 2 days and 32 days.
pub(crate) const ROLLUPS: TableDefinition<'_, (u32, u8, i64, u32), &[u8]> = TableDefinition::new("rollups");

/// One row (key 0) while an hour is being packed: which, and how far. Says whether the hour's rows in
/// `RESULTS` or those in `PACKS` count.
pub(crate) const PACKING: TableDefinition<'_, u8, &[u8]> = TableDefinition::new("packing");

/// One row (key 0): where the newest result of each check was some minutes ago.
pub(crate) const LATEST: TableDefinition<'_, u8, &[u8]> = TableDefinition::new("latest");

/// (moment, sequence) -> transition.
pub(crate) const TRANSITIONS: TableDefinition<'_, (i64, u64), &[u8]> = TableDefinition::new("transitions");

/// (subject, moment, sequence) -> nothing: the rows of `TRANSITIONS` by check (`c:NAME`), plugin
/// (`p:NAME`) or problem of the host (`h:PROBLEM`).
pub(crate) const TRANSITIONS_BY_SUBJECT: TableDefinition<'_, (&str, i64, u64), ()> =
    TableDefinition::new("transitions_by_subject");

/// (alert key, sequence) -> decision.
pub(crate) const DECISIONS: TableDefinition<'_, (&[u8], u64), &[u8]> = TableDefinition::new("decisions");

/// Alert key -> open alert.
pub(crate) const ALERTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("alerts");

/// Group key -> group with its timers.
pub(crate) const GROUPS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("groups");

/// Delivery id -> delivery that has not ended.
pub(crate) const OUTBOX: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outbox");

/// (moment it ended, delivery id) -> delivery and how it ended.
pub(crate) const DELIVERIES: TableDefinition<'_, (i64, u64), &[u8]> = TableDefinition::new("deliveries");

/// Delivery id -> the moment it ended: the rows of `DELIVERIES` by id.
pub(crate) const DELIVERY_ENDS: TableDefinition<'_, u64, i64> = TableDefinition::new("delivery_ends");

/// Name of a check that an operator paused -> version byte.
pub(crate) const PAUSED: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("paused");

/// Id -> silence or maintenance window.
pub(crate) const WINDOWS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("windows");

/// Name of a heartbeat check -> what it remembers of its pings.
pub(crate) const HEARTBEATS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("heartbeats");

/// (check, id of an event that it reported) -> when it was reported.
pub(crate) const EVENTS: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("events");

/// (scope, key) -> value and its version. Scopes: `c:CHECK`, `r:RECEIVER`, `a:ACTION`.
pub(crate) const KV: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("kv");

/// Scope -> the highest version of a key that was deleted (an encoding as in `META`), so that versions rise
/// across deletion.
pub(crate) const KV_FLOORS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("kv_floors");

/// Plugin -> its last good generation.
pub(crate) const GENERATIONS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("generations");

/// (plugin, digest of a file) -> what was decided about that file. Younger than format 1: a file made before it
/// has no such table until something is written into it.
pub(crate) const PLUGIN_MARKS: TableDefinition<'_, (&str, [u8; 32]), &[u8]> =
    TableDefinition::new("plugin_marks");

/// (check, series, moment, sequence of its result, place in the report) -> snapshot. An attachment without a series has
/// an empty one. The four tables of snapshots are as young as `PLUGIN_MARKS`.
pub(crate) const SNAPSHOTS: TableDefinition<'_, (&str, &str, i64, u64, u32), &[u8]> =
    TableDefinition::new("snapshots");

/// (sequence, place in the report) -> where the snapshot is: the rows of `SNAPSHOTS` by age.
pub(crate) const SNAPSHOT_PLACES: TableDefinition<'_, (u64, u32), &[u8]> =
    TableDefinition::new("snapshot_places");

/// (digest, sequence, place in the report) -> nothing: which snapshots have these bytes.
pub(crate) const SNAPSHOT_DIGESTS: TableDefinition<'_, ([u8; 32], u64, u32), ()> =
    TableDefinition::new("snapshot_digests");

/// (check, series) -> what a reviewer last accepted.
pub(crate) const SNAPSHOT_REFERENCES: TableDefinition<'_, (&str, &str), &[u8]> =
    TableDefinition::new("snapshot_references");

/// First sequence after the clock went back, or ahead by more than a day -> from where to where. As young as
/// `PLUGIN_MARKS`.
pub(crate) const CLOCK_STEPS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("clock_steps");

/// (moment it was decided, id of the occasion) -> decision to act, as it is now. As young as `PLUGIN_MARKS`.
pub(crate) const ACTIONS: TableDefinition<'_, (i64, &str), &[u8]> = TableDefinition::new("actions");

/// Name -> user. This table and the three after it are as young as `PLUGIN_MARKS`.
pub(crate) const USERS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("users");

/// Id -> API token.
pub(crate) const TOKENS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("tokens");

/// SHA-256 of what the cookie holds -> session.
pub(crate) const SESSIONS: TableDefinition<'_, [u8; 32], &[u8]> = TableDefinition::new("sessions");

/// Number -> who did what. Each row holds the SHA-256 of the value before it.
pub(crate) const AUDIT_LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("audit_log");

/// Id -> note that people posted on a status page. As young as `PLUGIN_MARKS`.
pub(crate) const NOTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("notes");

/// Id -> marker in charts. As young as `PLUGIN_MARKS`.
pub(crate) const MARKERS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("markers");

/// Id -> who asked for letters of a status page. As young as `PLUGIN_MARKS`.
pub(crate) const SUBSCRIBERS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("subscribers");

/// Status page -> what its subscribers have been told. As young as `PLUGIN_MARKS`.
pub(crate) const TOLD_SUBSCRIBERS: TableDefinition<'_, &str, &[u8]> =
    TableDefinition::new("told_subscribers");

/// Milliseconds of the hour by which results are packed.
pub(crate) const HOUR: i64 = 3_600_000;

/// The hour since 1970, also for moments before it.
pub(crate) fn hour_of(millis: i64) -> i64 {
    millis.div_euclid(HOUR)
}

/// Every table: what a new file has, and what a backup holds.
pub(crate) fn every() -> Vec<Box<dyn AnyTable>> {
    /// A table by the name of its constant in lower case, which is its name in the file.
    macro_rules! kept {
        ($($name:literal: $definition:ident,)+) => {
            vec![$(Box::new(Kept { name: $name, definition: $definition })),+]
        };
    }
    kept! {
        "meta": META,
        "check_names": CHECK_NAMES,
        "results": RESULTS,
        "packs": PACKS,
        "unmerged": UNMERGED,
        "series": SERIES,
        "rollups": ROLLUPS,
        "packing": PACKING,
        "latest": LATEST,
        "transitions": TRANSITIONS,
        "transitions_by_subject": TRANSITIONS_BY_SUBJECT,
        "decisions": DECISIONS,
        "alerts": ALERTS,
        "groups": GROUPS,
        "outbox": OUTBOX,
        "deliveries": DELIVERIES,
        "delivery_ends": DELIVERY_ENDS,
        "paused": PAUSED,
        "windows": WINDOWS,
        "heartbeats": HEARTBEATS,
        "events": EVENTS,
        "kv": KV,
        "kv_floors": KV_FLOORS,
        "generations": GENERATIONS,
        "plugin_marks": PLUGIN_MARKS,
        "snapshots": SNAPSHOTS,
        "snapshot_places": SNAPSHOT_PLACES,
        "snapshot_digests": SNAPSHOT_DIGESTS,
        "snapshot_references": SNAPSHOT_REFERENCES,
        "clock_steps": CLOCK_STEPS,
        "actions": ACTIONS,
        "users": USERS,
        "tokens": TOKENS,
        "sessions": SESSIONS,
        "audit_log": AUDIT_LOG,
        "notes": NOTES,
        "markers": MARKERS,
        "subscribers": SUBSCRIBERS,
        "told_subscribers": TOLD_SUBSCRIBERS,
    }
}

/// Creates all tables, so that a reader finds each of them.
pub(crate) fn create_all(transaction: &WriteTransaction) -> Result<(), TableError> {
    every().iter().try_for_each(|table| table.create(transaction))
}
