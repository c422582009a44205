//! Who is connected to one listener: how many in all and from each address, and who gives way when there is no place.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;

use super::{Bounds, TurnedAway};
use crate::source::Source;

/// How often a warning is logged while there is no place.
const SAID_EVERY: Duration = Duration::from_secs(60);
/// How often `turned_away` is called at most.
const TOLD_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Crowd {
    bounds: Bounds,
    turned_away: TurnedAway,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    /// The connections in the order in which they came.
    connections: BTreeMap<u64, Connection>,
    said: Option<Instant>,
    /// When `turned_away` was last called.
    told: Option<Instant>,
}

struct Connection {
    source: Source,
    answering: Answering,
    gives_way: Arc<Notify>,
}

/// The place of one connection; given back when it is dropped.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    answering: Answering,
    gives_way: Arc<Notify>,
}

/// How many of a connection's requests are being answered.
#[derive(Clone, Default)]
pub(super) struct Answering(Arc<AtomicUsize>);

/// A request that is being answered while this exists.
pub(super) struct Busy(Answering);

impl Crowd {
    pub(super) fn new(bounds: Bounds, turned_away: TurnedAway) -> Self {
        Self { bounds, turned_away, open: Mutex::default() }
    }

    /// A place for a connection; `None` if requests of all that could give way are being answered.
    pub(super) fn admit(self: &Arc<Self>, source: Source) -> Option<Place> {
        let (place, is_told) = self.place(source);
        if is_told {
            (self.turned_away)();
        }
        place
    }

    /// A place, and whether to report that somebody was turned away: this connection, or one that gave way to it.
    fn place(self: &Arc<Self>, source: Source) -> (Option<Place>, bool) {
        let mut open = self.open();
        let of_source = open.connections.values().filter(|other| other.source == source).count();
        let mut is_told = false;
        if of_source >= self.bounds.of_address_max || open.connections.len() >= self.bounds.connections_max {
            is_told = every(&mut open.told, TOLD_EVERY);
            let has_room = if of_source >= self.bounds.of_address_max {
                open.make_room(|other| other.source == source)
            } else {
                open.say(self.bounds.connections_max);
                open.make_room(|_| true)
            };
            if has_room.is_none() {
                return (None, is_told);
            }
        }
        let number = open.next;
        open.next += 1;
        let (answering, gives_way) = (Answering::default(), Arc::new(Notify::new()));
        let connection =
            Connection { source, answering: answering.clone(), gives_way: Arc::clone(&gives_way) };
        open.connections.insert(number, connection);
        (Some(Place { crowd: Arc::clone(self), number, answering, gives_way }), is_told)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Makes the oldest of the matching connections give way on which nothing is being answered.
    fn make_room(&mut self, is_meant: impl Fn(&Connection) -> bool) -> Option<()> {
        let waits = |connection: &Connection| connection.answering.0.load(Ordering::Relaxed) == 0;
        let found = self.connections.iter().find(|(_, other)| is_meant(other) && waits(other));
        let number = *found?.0;
        self.connections.remove(&number)?.gives_way.notify_one();
        Some(())
    }

    fn say(&mut self, connections_max: usize) {
        if every(&mut self.said, SAID_EVERY) {
            tracing::warn!(
                connections_max,
                "all connections of a listener are taken: those that say nothing give way; hint: look who holds them (`ss -tn`), and raise the limit on open files of the host if they are wanted"
            );
        }
    }
}

/// Whether it is due again.
fn every(last: &mut Option<Instant>, span: Duration) -> bool {
    let is_due = last.is_none_or(|last| last.elapsed() >= span);
    if is_due {
        *last = Some(Instant::now());
    }
    is_due
}

impl Place {
    pub(super) fn answering(&self) -> Answering {
        self.answering.clone()
    }
    /// Completes when another connection has taken the place.
    pub(super) async fn gives_way(&self) {
        self.gives_way.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.open().connections.remove(&self.number);
    }
}

impl Answering {
    pub(super) fn begin(&self) -> Busy {
        self.0.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Busy {
    /// Keeps the request counted until the body of its answer has been sent.
    pub(super) fn until_sent(self, body: Body) -> Body {
        Body::new(CountedBody { body, _busy: self })
    }
}

struct CountedBody {
    body: Body,
    _busy: Busy,
}

impl http_body::Body for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd() -> Arc<Crowd> {
        let second = Duration::from_secs(1);
        let bounds = Bounds { connections_max: 4, of_address_max: 2, head_time: second, stall_time: second };
        Arc::new(Crowd::new(bounds, Arc::new(|| {})))
    }

    fn source(last: u8) -> Source {
        Source::V4([192, 0, 2, last])
    }

    fn gave_way(place: &Place) -> bool {
        futures::FutureExt::now_or_never(place.gives_way()).is_some()
    }

    #[test]
    fn an_address_with_too_many_gives_way_to_itself_alone() {
        let crowd = crowd();
        let (other, first) = (crowd.admit(source(1)).unwrap(), crowd.admit(source(2)).unwrap());
        let (second, third) = (crowd.admit(source(2)).unwrap(), crowd.admit(source(2)).unwrap());
        let ways = [&other, &first, &second, &third].map(gave_way);
        assert_eq!(ways, [false, true, false, false]);
    }

    #[test]
    fn who_has_said_nothing_the_longest_gives_way_and_nobody_who_is_being_answered() {
        let crowd = crowd();
        let all: Vec<Place> = (1..=4).map(|last| crowd.admit(source(last)).unwrap()).collect();
        let busy: Vec<Busy> = [0, 2, 3].map(|at| all[at].answering().begin()).into();
        let late = crowd.admit(source(5)).unwrap();
        assert_eq!(all.iter().map(gave_way).collect::<Vec<_>>(), [false, true, false, false]);
        let too_late = late.answering().begin();
        assert!(crowd.admit(source(6)).is_none(), "all are being answered");
        drop(busy);
        drop(crowd.admit(source(6)).unwrap());
        assert!(gave_way(&all[0]));
        drop((too_late, late, all));
        assert!(crowd.open().connections.is_empty(), "places are given back");
    }

    #[test]
    fn that_somebody_was_turned_away_is_told() {
        let told = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&told);
        let bounds = crowd().bounds;
        let crowd = Arc::new(Crowd::new(
            bounds,
            Arc::new(move || {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
        ));
        let all: Vec<Place> = (1..=4).map(|last| crowd.admit(source(last)).unwrap()).collect();
        assert_eq!(told.load(Ordering::Relaxed), 0);
        let more: Vec<Place> = (5..=8).map(|last| crowd.admit(source(last)).unwrap()).collect();
        assert_eq!(told.load(Ordering::Relaxed), 1, "once a second at most");
        drop((all, more));
    }

    #[test]
    fn an_answer_is_over_when_its_body_is() {
        let answering = Answering::default();
        let body = answering.begin().until_sent(Body::from("text"));
        assert_eq!(answering.0.load(Ordering::Relaxed), 1);
        assert_eq!(http_body::Body::size_hint(&body).exact(), Some(4));
        drop(body);
        assert_eq!(answering.0.load(Ordering::Relaxed), 0);
    }
}
