//! Silences and maintenance windows are made, open, close and are forgotten.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::WindowId;
use crate::model::clock::{Steadiness, earlier};
use crate::model::commit::Change;
use crate::model::timers::Timer;
use crate::model::view::Update;
use crate::model::window::{Window, WindowStatus};
use crate::record::Transaction;
use crate::time::{Mono, Wall};

/// How long a window that is over is kept for people to look at.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// How many windows made at run time are kept at most; those that are over go first.
const OWN_MAX: usize = 10_000;

pub(crate) fn open_own_window(tx: &mut Transaction<'_>, window: Window) {
    if window.check(tx.now.wall).is_err() {
        return;
    }
    forget_old_windows(tx);
    let id = window.id.clone();
    let window = Arc::new(window);
    tx.state.own_windows.insert(id, Arc::clone(&window));
    tx.note_at_once(Change::PutWindow(Window::clone(&window)));
    tx.publish(Update::Window(window));
    windows_changed(tx);
}

pub(crate) fn end_own_window(tx: &mut Transaction<'_>, id: &WindowId, by: &str) {
    let now = tx.now.wall;
    let Some(window) = tx.state.own_windows.get_mut(id) else { return };
    if window.is_over(now) {
        return;
    }
    let ended = Arc::make_mut(window);
    ended.end(now);
    let note = format!("ended by {by}");
    ended.comment = if ended.comment.is_empty() { note } else { format!("{} ({note})", ended.comment) };
    let window = Arc::clone(window);
    tx.note_at_once(Change::PutWindow(Window::clone(&window)));
    tx.publish(Update::Window(window));
    windows_changed(tx);
}

/// A window opened, closed, was made or was removed: looks at every alert again, and arms the timer anew.
pub(crate) fn windows_changed(tx: &mut Transaction<'_>) {
    tx.act_all();
    tx.tell_all();
    time_windows(tx);
}

pub(crate) fn time_windows(tx: &mut Transaction<'_>) {
    let now = tx.now;
    let mut next: Option<Mono> = None;
    for window in tx.state.windows() {
        let at: Option<Wall> = match window.standing(now.wall) {
            WindowStatus::Open { until } => Some(until),
            WindowStatus::Closed { opens } => opens,
        };
        next = earlier(next, at.map(|at| now.mono_at(at)));
    }
    match next {
        Some(at) => tx.state.timers.arm(&mut tx.state.windows_timer, at, Timer::Windows),
        None => tx.state.windows_timer = None,
    }
}

/// A clock that is ahead would forget windows that are open by the right time.
fn forget_old_windows(tx: &mut Transaction<'_>) {
    let now = tx.now.wall;
    let steady = tx.state.clocks.steadiness(tx.now.mono) == Steadiness::Steady;
    let over = |window: &Window| window.is_over(now);
    let old = |window: &Window| over(window) && window.ends().is_some_and(|end| end + KEPT <= now);
    let full = tx.state.own_windows.len() >= OWN_MAX;
    let gone: Vec<WindowId> = tx
        .state
        .own_windows
        .values()
        .filter(|window| (steady && old(window)) || (full && over(window)))
        .map(|window| window.id.clone())
        .collect();
    for id in gone {
        tx.state.own_windows.remove(&id);
        tx.note(Change::RemoveWindow(id.clone()));
        tx.publish(Update::WindowRemoved(id));
    }
}
