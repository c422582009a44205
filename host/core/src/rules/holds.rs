//! What several holds mean together, and when notify hours open.

use crate::calendar::Calendar;
use crate::model::keys::Hold;
use crate::model::setup::Route;
use crate::time::{Mono, Now};

/// Whether notices about an alert are held back, whatever the route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HoldEffect {
    No,
    /// Held back by flapping alone: whoever was told that it flaps is told nothing more until that ends.
    ByFlapping,
    Yes,
}

/// What these holds mean together.
pub(crate) fn held_by(holds: &[Hold]) -> HoldEffect {
    match holds {
        [] => HoldEffect::No,
        [Hold::Flapping] => HoldEffect::ByFlapping,
        [..] => HoldEffect::Yes,
    }
}

/// `None` if the route's notices may go out now. Otherwise the moment when they may, if there is one.
pub(crate) fn route_hold(route: &Route, now: Now) -> Option<Option<Mono>> {
    route.notify_hours.as_deref().and_then(|hours| hold_of(hours, now))
}

pub(crate) fn hold_of(hours: &Calendar, now: Now) -> Option<Option<Mono>> {
    if hours.is_open(now.wall) {
        return None;
    }
    Some(hours.next_open(now.wall).map(|open| now.mono_at(open)))
}
