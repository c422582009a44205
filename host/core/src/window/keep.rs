//! Windows come, open, close and go.

use std::sync::Arc;
use std::time::Duration;

use crate::alert::tell::earlier;
use crate::clock::Steadiness;
use crate::commit::Change;
use crate::ids::WindowId;
use crate::time::{Mono, Wall};
use crate::timers::Timer;
use crate::turn::Turn;
use crate::view::Update;
use crate::window::{Standing, Window};

/// So long a window that is over is kept for people to look at.
const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Windows that were made at run time, at most: those that are over go first.
const OWN_MAX: usize = 10_000;

impl Turn<'_> {
    pub(crate) fn open_own_window(&mut self, window: Window) {
        if window.check(self.now.wall).is_err() {
            return;
        }
        self.forget_old_windows();
        let id = window.id.clone();
        let window = Arc::new(window);
        self.state.own_windows.insert(id, Arc::clone(&window));
        self.note_at_once(Change::PutWindow(Window::clone(&window)));
        self.publish(Update::Window(window));
        self.windows_changed();
    }

    pub(crate) fn end_own_window(&mut self, id: &WindowId, by: &str) {
        let now = self.now.wall;
        let Some(window) = self.state.own_windows.get_mut(id) else { return };
        if window.is_over(now) {
            return;
        }
        let ended = Arc::make_mut(window);
        ended.end(now);
        let note = format!("ended by {by}");
        ended.comment = if ended.comment.is_empty() { note } else { format!("{} ({note})", ended.comment) };
        let window = Arc::clone(window);
        self.note_at_once(Change::PutWindow(Window::clone(&window)));
        self.publish(Update::Window(window));
        self.windows_changed();
    }

    /// One opened or closed, came or went: every alert looks again, and so does the timer.
    pub(crate) fn windows_changed(&mut self) {
        self.tell_all();
        self.time_windows();
    }

    pub(crate) fn time_windows(&mut self) {
        let now = self.now;
        let mut next: Option<Mono> = None;
        for window in self.state.windows() {
            let at: Option<Wall> = match window.standing(now.wall) {
                Standing::Open { until } => Some(until),
                Standing::Closed { opens } => opens,
            };
            next = earlier(next, at.map(|at| now.mono_at(at)));
        }
        match next {
            Some(at) => self.state.timers.arm(&mut self.state.windows_timer, at, Timer::Windows),
            None => self.state.windows_timer = None,
        }
    }

    /// A clock that is ahead would forget what is open by the right one.
    fn forget_old_windows(&mut self) {
        let now = self.now.wall;
        let steady = self.state.clocks.steadiness(self.now.mono) == Steadiness::Steady;
        let over = |window: &Window| window.is_over(now);
        let old = |window: &Window| over(window) && window.ends().is_some_and(|end| end + KEPT <= now);
        let full = self.state.own_windows.len() >= OWN_MAX;
        let gone: Vec<WindowId> = self
            .state
            .own_windows
            .values()
            .filter(|window| (steady && old(window)) || (full && over(window)))
            .map(|window| window.id.clone())
            .collect();
        for id in gone {
            self.state.own_windows.remove(&id);
            self.note(Change::RemoveWindow(id.clone()));
            self.publish(Update::WindowRemoved(id));
        }
    }
}
