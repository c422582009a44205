//! The writer's thread: commits are gathered, become one transaction, and are announced when they are durable. A batch
//! closes after a time, at a number of changes, or with the first urgent commit. What has arrived by then is written
//! with it, so that 10,000 transitions are a few transactions.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use watchkeep_core::commit::{Change, Commit, GenerationRow, PluginDecision, Urgency};
use watchkeep_core::ids::{CommitId, Digest, PluginName};
use watchkeep_core::time::Wall;

use crate::appender::Appender;
use crate::apply::Work;
use crate::clock;
use crate::error::{OpenError, Unwritten, WriteError, chain};
use crate::file::Place;
use crate::inbox::{Hurry, Inbox, Listening};
use crate::options::Options;
use crate::pending::Pending;
use crate::progress::Progress;
use crate::shared::{Shared, lock};
use crate::store::Store;
use crate::upkeep::Upkeep;

/// The time between two slices of upkeep, so that commits have most of the disk.
const UPKEEP_EVERY: Duration = Duration::from_millis(100);
/// The time between two looks whether there is any upkeep.
const UPKEEP_IDLE: Duration = Duration::from_secs(5);

enum Message {
    Work(Work),
    Close,
}

/// Writes on a thread of its own. Closing waits until everything that was sent is written; so does dropping.
pub struct Writer {
    shared: Arc<Shared>,
    inbox: Arc<Inbox<Message>>,
    thread: Option<JoinHandle<Result<(), Unwritten>>>,
}

impl Writer {
    pub(crate) fn open(data_dir: &Path, options: Options) -> Result<(Store, Writer), OpenError> {
        let place = Place::new(data_dir, options.cache_bytes, options.backend.clone());
        let (store, appender) = Appender::open_with(place, options.retention)?;
        let shared = Arc::clone(&appender.shared);
        let inbox = Arc::new(Inbox::new());
        let worker = Worker {
            inbox: Arc::clone(&inbox),
            appender,
            pending: Pending::default(),
            opened: None,
            failing: None,
            next_upkeep: clock::now(),
            intake: Intake::Open,
            options,
        };
        let blobs = Arc::clone(&shared.blobs);
        // With many files, this takes seconds. Nothing should wait for it, and it does not keep the database open
        // either.
        std::thread::spawn(move || blobs.count());
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run())
            .map_err(|error| shared.place.refused_by_system(error))?;
        Ok((store, Writer { shared, inbox, thread: Some(thread) }))
    }

    /// Queues a commit; never blocks. Key-value writes in it can be read at once.
    pub fn send(&self, commit: Commit) {
        self.note_kv(&commit);
        let hurry = match commit.urgency {
            Urgency::Batch => Hurry::CanWait,
            Urgency::AtOnce => Hurry::Urgent,
        };
        self.inbox.put(Message::Work(Work::Commit(commit)), hurry);
    }

    /// Stores the last good generation of a plugin. It is queued after what was sent so far; never blocks.
    pub fn put_generation(&self, row: GenerationRow) {
        self.queue(Work::PutGeneration(row));
    }

    pub fn remove_generation(&self, plugin: PluginName) {
        self.queue(Work::RemoveGeneration(plugin));
    }

    /// Stores what was decided about one file of a plugin, at once.
    pub fn put_plugin_decision(&self, mark: PluginDecision) {
        self.inbox.put(Message::Work(Work::PutMark(mark)), Hurry::Urgent);
    }

    pub fn remove_plugin_decision(&self, plugin: PluginName, digest: Digest) {
        self.inbox.put(Message::Work(Work::RemoveMark(plugin, digest)), Hurry::Urgent);
    }

    /// Writes what is queued and ends the thread. If the database fails, it tries once more, then gives up.
    pub fn close(mut self) -> Result<(), Unwritten> {
        self.finish()
    }

    fn queue(&self, work: Work) {
        self.inbox.put(Message::Work(work), Hurry::CanWait);
    }

    fn note_kv(&self, commit: &Commit) {
        let mut writes = commit.changes.iter().filter_map(|change| match change {
            Change::Kv(write) => Some(write),
            _ => None,
        });
        if let Some(first) = writes.next() {
            let mut unwritten = lock(&self.shared.unwritten_kv);
            for write in std::iter::once(first).chain(writes) {
                let scope = unwritten.entry(write.scope.clone()).or_default();
                scope.insert(write.key.clone(), (commit.id, write.clone()));
            }
        }
    }

    fn finish(&mut self) -> Result<(), Unwritten> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.inbox.put(Message::Close, Hurry::Urgent);
        thread.join().unwrap_or_else(|_| {
            let commits = lock(&self.shared.figures).pending;
            Err(Unwritten { commits, source: WriteError::Panicked("the writer's thread".to_owned()) })
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::error!(error = chain(&error), "the store was closed with commits that are not on disk");
        }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.shared.place.path).finish_non_exhaustive()
    }
}

struct Worker {
    inbox: Arc<Inbox<Message>>,
    appender: Appender,
    options: Options,
    pending: Pending,
    /// When the oldest of `pending` arrived. The batch closes `batch_time` later.
    opened: Option<Instant>,
    failing: Option<Failing>,
    next_upkeep: Instant,
    intake: Intake,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Intake {
    Open,
    Closed,
}

struct Failing {
    since: Wall,
    retry_at: Instant,
    wait: Duration,
    dropped_results: u64,
}

impl Worker {
    fn run(mut self) -> Result<(), Unwritten> {
        loop {
            self.receive();
            if self.is_due() {
                let result = self.write();
                if let (Intake::Closed, Err(source)) = (self.intake, result) {
                    return Err(Unwritten { commits: self.pending.len(), source });
                }
            } else if self.intake == Intake::Closed {
                return Ok(());
            } else if self.next_upkeep <= clock::now() {
                self.upkeep();
            }
        }
    }

    /// Waits until a message arrives or something is due, then takes all that has arrived.
    fn receive(&mut self) {
        let until = if self.intake == Intake::Open && !self.is_due() { self.wake_at() } else { clock::now() };
        let listening = match self.opened {
            Some(_) => Listening::Batch { full: self.options.batch_changes_max },
            None => Listening::Anything,
        };
        for message in self.inbox.take(until, listening) {
            self.take(message);
        }
        if let Some(failing) = &mut self.failing {
            failing.dropped_results += self.pending.shed(self.options.pending_results_max);
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Work(work) => {
                self.opened.get_or_insert_with(clock::now);
                self.pending.push(work);
            }
            Message::Close => self.intake = Intake::Closed,
        }
    }

    fn wake_at(&self) -> Instant {
        let batch = match (&self.failing, self.opened) {
            (Some(failing), _) => Some(failing.retry_at),
            (None, Some(opened)) => Some(opened + self.options.batch_time),
            (None, None) => None,
        };
        batch.map_or(self.next_upkeep, |at| at.min(self.next_upkeep))
    }

    fn is_due(&self) -> bool {
        if self.pending.is_empty() {
            return false;
        }
        if self.intake == Intake::Closed {
            return true;
        }
        match (&self.failing, self.opened) {
            (Some(failing), _) => failing.retry_at <= clock::now(),
            (None, Some(opened)) => {
                self.pending.is_urgent()
                    || self.pending.changes() >= self.options.batch_changes_max
                    || opened + self.options.batch_time <= clock::now()
            }
            (None, None) => true,
        }
    }

    fn write(&mut self) -> Result<(), WriteError> {
        let count = self.pending.batch(self.options.batch_changes_max);
        let kept = self.pending.kept();
        let result = self.appender.write(kept.iter().chain(self.pending.oldest(count)));
        match &result {
            Ok(()) => self.written(count),
            Err(error) => self.failed(error),
        }
        self.show();
        result
    }

    fn written(&mut self, count: usize) {
        if let Some(failing) = self.failing.take() {
            tracing::info!(dropped_results = failing.dropped_results, "the database can be written again");
            lock(&self.appender.shared.figures).dropped_results += failing.dropped_results;
            (self.options.on_progress)(Progress::Recovered);
        }
        let last = self.pending.written(count);
        if self.pending.is_empty() {
            self.opened = None;
        }
        if let Some(id) = last {
            self.forget_kv(id);
            (self.options.on_progress)(Progress::Durable(id));
        }
    }

    /// Forgets key-value writes that are durable: from now on they are read from the file.
    fn forget_kv(&self, durable: CommitId) {
        lock(&self.appender.shared.unwritten_kv).retain(|_, keys| {
            keys.retain(|_, (id, _)| *id > durable);
            !keys.is_empty()
        });
    }

    fn failed(&mut self, error: &WriteError) {
        let now = clock::now();
        let error: Arc<str> = chain(error).into();
        let failing = self.failing.get_or_insert_with(|| {
            tracing::error!(error = &*error, "the database cannot be written; commits are kept in memory");
            Failing {
                since: (self.options.wall_clock)(),
                retry_at: now,
                wait: self.options.retry_first,
                dropped_results: 0,
            }
        });
        failing.retry_at = now + failing.wait;
        failing.wait = (failing.wait * 2).min(self.options.retry_max);
        (self.options.on_progress)(Progress::Failing {
            since: failing.since,
            error,
            pending: self.pending.len(),
            dropped_results: failing.dropped_results,
        });
    }

    fn show(&self) {
        let mut figures = lock(&self.appender.shared.figures);
        figures.pending = self.pending.len();
        figures.failing_since = self.failing.as_ref().map(|failing| failing.since);
    }

    /// Does a slice of upkeep. Its failures are not reported: if they last, they show at the next commit.
    fn upkeep(&mut self) {
        let wait = if self.failing.is_some() {
            UPKEEP_IDLE
        } else {
            match self.appender.upkeep((self.options.wall_clock)()) {
                Ok(Upkeep::More) => UPKEEP_EVERY,
                Ok(Upkeep::Idle) => UPKEEP_IDLE,
                Err(error) => {
                    tracing::warn!(error = chain(&error), "upkeep of the database failed and is tried again");
                    UPKEEP_IDLE
                }
            }
        };
        self.next_upkeep = clock::now() + wait;
    }
}
