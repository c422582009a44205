//! Queries. Lists are paged: a page carries the cursor of the next one, and the newest rows come first.

mod access;
mod actions;
mod decisions;
mod deliveries;
mod generations;
mod history;
mod kv;
mod posted;
mod results;
mod samples;
mod snapshots;
mod transitions;

pub use access::{AuditHead, AuditQuery};
pub(crate) use actions::{last_moment, needed};
pub use history::HistoryQuery;
pub(crate) use results::newest_first;
pub use samples::{Sample, SamplesQuery};
pub use snapshots::Snapshot;
pub(crate) use snapshots::table;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use watchkeep_core::alert::{AlertKey, HostProblem};
use watchkeep_core::delivery::{DeliveryRecord, Ended};
use watchkeep_core::ids::{ActionName, AlertId, CheckName, PluginName, ReceiverName};
use watchkeep_core::time::Wall;

use crate::error::ReadError;

/// Where the next page begins. Opaque to callers; its text form is for links.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cursor {
    pub(crate) millis: i64,
    pub(crate) sequence: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.millis, self.sequence)
    }
}

impl FromStr for Cursor {
    type Err = ReadError;

    fn from_str(text: &str) -> Result<Self, ReadError> {
        text.split_once('.')
            .and_then(|(millis, sequence)| {
                Some(Cursor { millis: millis.parse().ok()?, sequence: sequence.parse().ok()? })
            })
            .ok_or_else(|| ReadError::BadCursor(text.to_owned()))
    }
}

impl Cursor {
    /// A cursor after every row.
    const END: Cursor = Cursor { millis: i64::MAX, sequence: u64::MAX };

    pub(crate) fn key(self) -> (i64, u64) {
        (self.millis, self.sequence)
    }
}

impl From<(i64, u64)> for Cursor {
    fn from((millis, sequence): (i64, u64)) -> Self {
        Cursor { millis, sequence }
    }
}

/// The most items of one page, whatever is asked for.
const LIMIT_MAX: usize = 10_000;

/// Collects one page: rows come newest first.
struct Pager<T> {
    items: Vec<T>,
    limit: usize,
    last: Cursor,
    next: Option<Cursor>,
}

impl<T> Pager<T> {
    fn new(limit: usize) -> Self {
        Self { items: Vec::new(), limit: limit.clamp(1, LIMIT_MAX), last: Cursor::END, next: None }
    }

    /// Whether the page is full; if so, the cursor is set to its last item.
    fn is_full(&mut self) -> bool {
        if self.items.len() == self.limit {
            self.next = Some(self.last);
        }
        self.next.is_some()
    }

    fn push(&mut self, at: Cursor, item: T) {
        self.last = at;
        self.items.push(item);
    }

    fn finish(self) -> Page<T> {
        Page { items: self.items, next: self.next }
    }
}

fn millis(between: &Range<Wall>) -> Range<i64> {
    between.start.millis()..between.end.millis()
}

/// The range of keys from the start of `between` to its end or the cursor, whichever comes first; `None` if it is
/// empty.
fn bounds(between: &Range<Wall>, after: Option<Cursor>) -> Option<Range<(i64, u64)>> {
    let end = (between.end.millis(), 0);
    let high = after.map_or(end, |cursor| cursor.key().min(end));
    let low = (between.start.millis(), 0);
    (low < high).then_some(low..high)
}

#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; `None` if this is the last.
    pub next: Option<Cursor>,
}

/// Results of one check that finished in a range, newest first.
#[derive(Clone, PartialEq, Debug)]
pub struct ResultsQuery {
    pub check: CheckName,
    pub between: Range<Wall>,
    pub after: Option<Cursor>,
    pub limit: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransitionsOf {
    All,
    /// Transitions of the check itself, of its findings, and of its "not judged".
    Check(CheckName),
    Plugin(PluginName),
    Host(HostProblem),
}

/// Transitions in a range of time, newest first.
#[derive(Clone, PartialEq, Debug)]
pub struct TransitionsQuery {
    pub of: TransitionsOf,
    pub between: Range<Wall>,
    pub after: Option<Cursor>,
    pub limit: usize,
}

/// Which deliveries to list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryFilter {
    /// Deliveries in the outbox: waiting or being attempted.
    Open,
    Delivered,
    /// Dead letters.
    Dead,
    Superseded,
    /// All deliveries that ended.
    Ended,
    All,
}

/// Deliveries, those in the outbox first, then by the moment they ended; newest first.
#[derive(Clone, PartialEq, Debug)]
pub struct DeliveriesQuery {
    pub filter: DeliveryFilter,
    pub receiver: Option<ReceiverName>,
    /// The range of moments: of the creation for deliveries in the outbox, of the end for others.
    pub between: Range<Wall>,
    pub after: Option<Cursor>,
    pub limit: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub struct StoredDelivery {
    pub record: DeliveryRecord,
    /// How the delivery ended; `None` while it is in the outbox.
    pub ended: Option<Ended>,
}

/// Decisions to act in a range of time, newest first.
#[derive(Clone, PartialEq, Debug)]
pub struct ActionsQuery {
    pub alert: Option<AlertId>,
    pub action: Option<ActionName>,
    /// The check that it was for, or whose finding.
    pub check: Option<CheckName>,
    /// The range of moments of the decision.
    pub between: Range<Wall>,
    pub after: Option<Cursor>,
    pub limit: usize,
}

/// All time, for queries without a range.
pub const EVER: Range<Wall> = Wall::from_millis(i64::MIN)..Wall::from_millis(i64::MAX);

pub(crate) fn subject(key: &AlertKey) -> String {
    match key {
        AlertKey::Check(check) | AlertKey::Finding(check, _) | AlertKey::NotJudged(check) => {
            subject_of_check(check)
        }
        AlertKey::Plugin(plugin) => subject_of_plugin(plugin),
        AlertKey::Host(problem) => subject_of_host(*problem),
    }
}

pub(crate) fn subject_of_check(check: &CheckName) -> String {
    format!("c:{check}")
}

pub(crate) fn subject_of_plugin(plugin: &PluginName) -> String {
    format!("p:{plugin}")
}

pub(crate) fn subject_of_host(problem: HostProblem) -> String {
    format!("h:{}", problem.as_str())
}
