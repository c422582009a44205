//! The life of one alert, open or over: what was found, what was decided, each notice with its receiver's answer, and
//! what automatic recovery did, in the order in which it happened.

use watchkeep_core::alert::AlertKey;
use watchkeep_core::commit::{Transition, TransitionKind};
use watchkeep_core::delivery::Ended;
use watchkeep_core::ids::{AlertId, CheckName};
use watchkeep_core::time::Wall;
use watchkeep_core::tried;

use super::words::{Moment, Part, prose, shortened, timed};
use crate::api::json::transition;
use crate::host::{
    Cursor, DeliveryFilter, DeliveryItem, DeliveryQuery, OccasionQuery, PageRequest, TransitionQuery,
};
use crate::problem::Problem;
use crate::router::App;

const PAGE: usize = 500;
/// The most pages that are read of each list: whoever looks for a life of long ago names its check.
const PAGES_MAX: usize = 10;
const STEPS_MAX: usize = 400;

pub(crate) struct Step {
    pub(crate) at: Moment,
    /// What kind of step it is, in a word.
    pub(crate) word: &'static str,
    /// The state that gives it its look; empty for none.
    pub(crate) look: &'static str,
    pub(crate) text: Vec<Part>,
}

/// What became of one alert.
pub(super) struct Life {
    pub(super) key: AlertKey,
    /// Its changes, oldest first. Not empty.
    pub(super) changes: Vec<Transition>,
    /// The alert of the same subject that followed.
    pub(super) next: Option<AlertId>,
}

impl Life {
    pub(super) fn ended(&self) -> Option<&Transition> {
        self.changes.last().filter(|change| ends(change.kind))
    }
    pub(super) fn began(&self) -> Option<Wall> {
        self.changes.first().map(|change| change.at)
    }
}

const fn ends(kind: TransitionKind) -> bool {
    match kind {
        TransitionKind::Resolved | TransitionKind::Calmed | TransitionKind::Removed => true,
        TransitionKind::Pending
        | TransitionKind::Firing
        | TransitionKind::LevelChanged
        | TransitionKind::Recovering
        | TransitionKind::Flapping
        | TransitionKind::Steady => false,
    }
}

/// Finds a life by the alert's id; `None` if the host does not remember it. With its check it is found however long ago
/// it was.
pub(super) async fn find(app: &App, id: &str, check: Option<CheckName>) -> Result<Option<Life>, Problem> {
    let mut own: Vec<Transition> = Vec::new();
    let mut later: Vec<Transition> = Vec::new();
    let mut after: Option<Cursor> = None;
    for _ in 0..PAGES_MAX {
        let page = PageRequest { after: after.take(), limit: PAGE };
        let query = TransitionQuery { check: check.clone(), from: None, to: None, page };
        let found = app.host.transitions(query).await?;
        for change in found.items {
            if change.alert.as_str() == id {
                own.push(change);
            } else if own.is_empty() {
                later.push(change);
            }
        }
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let Some(newest) = own.first() else { return Ok(None) };
    let key = newest.key.clone();
    // Newest first, the last one found is the one that came next.
    let next = later.iter().rfind(|change| change.key == key).map(|change| change.alert.clone());
    own.reverse();
    Ok(Some(Life { key, changes: own, next }))
}

/// The steps of a life, oldest first. Of an alert that is open and has not been stored yet, `changes` is empty.
pub(super) async fn steps(
    app: &App,
    (id, key): (&AlertId, &AlertKey),
    (began, ended): (Wall, Option<Wall>),
    changes: &[Transition],
) -> Result<Vec<Step>, Problem> {
    let now = app.host.now();
    let mut steps: Vec<(Wall, u8, Step)> = Vec::new();
    let mut add = |at: Wall, rank: u8, word: &'static str, look: &'static str, text: Vec<Part>| {
        steps.push((at, rank, Step { at: Moment::new(at, now), word, look, text }));
    };
    for change in changes {
        let text = timed(&shortened(&change.summary, 400));
        add(change.at, 0, transition(change.kind), change.state.as_str(), text);
    }
    for decision in app.host.decisions(key.clone()).await? {
        let within = decision.at >= began && ended.is_none_or(|ended| decision.at <= ended);
        if decision.alert.as_ref().map_or(within, |of| of == id) {
            add(decision.at, 1, "decided", "", prose(&decision.reason.to_string()));
        }
    }
    let query = OccasionQuery {
        action: None,
        check: key.check().cloned(),
        alert: Some(id.clone()),
        page: PageRequest { after: None, limit: PAGE },
    };
    for record in app.host.occasions(query).await?.items {
        if let Some(sentence) = tried::sentence(&record) {
            add(record.decided_at, 2, "recovery", "", timed(&shortened(&sentence, 1000)));
        }
    }
    for item in notices(app, id, began).await? {
        let notification = &item.delivery.notification;
        let sent = format!(
            "{} to `{}`{}: {}",
            notification.kind.as_str(),
            notification.receiver,
            notification.route.as_ref().map_or_else(String::new, |route| format!(" by route `{route}`")),
            shortened(&notification.reason, 200)
        );
        add(item.delivery.created_at, 3, "notice", "", prose(&sent));
        let (at, look, said) = answer(&item);
        add(at, 4, "answer", look, prose(&said));
    }
    steps.sort_by_key(|(at, rank, _)| (*at, *rank));
    // The end of a long life says more than its middle.
    let dropped = steps.len().saturating_sub(STEPS_MAX);
    Ok(steps.into_iter().skip(dropped).map(|(.., step)| step).collect())
}

/// What came back from a notice: when, how it looks, and a sentence.
fn answer(item: &DeliveryItem) -> (Wall, &'static str, String) {
    let delivery = &item.delivery;
    let receiver = &delivery.notification.receiver;
    let attempts = match delivery.attempts {
        0 | 1 => String::new(),
        many => format!(" after {many} attempts"),
    };
    let error = delivery.last_error.as_ref().map(|error| format!(": {}", shortened(error, 300)));
    match &item.ended {
        Some(Ended::Delivered { at, service_id }) => {
            let named = service_id.as_ref().map(|id| format!(", which calls it `{}`", shortened(id, 100)));
            (*at, "ok", format!("`{receiver}` took it{attempts}{}", named.unwrap_or_default()))
        }
        Some(Ended::Dead { at, error }) => {
            (*at, "critical", format!("`{receiver}` was given up{attempts}: {}", shortened(error, 300)))
        }
        Some(Ended::Superseded { at }) => (*at, "paused", format!("`{receiver}` did not need it any more")),
        None => {
            let error = error.unwrap_or_default();
            (delivery.created_at, "warning", format!("`{receiver}` has not answered yet{attempts}{error}"))
        }
    }
}

/// The notices about an alert. They are listed newest first, so that none before it began is looked at.
async fn notices(app: &App, id: &AlertId, began: Wall) -> Result<Vec<DeliveryItem>, Problem> {
    let mut found = Vec::new();
    let mut after = None;
    for _ in 0..PAGES_MAX {
        let page = PageRequest { after, limit: PAGE };
        let listed = app.host.deliveries(DeliveryQuery { filter: DeliveryFilter::All, page }).await?;
        let is_last = listed.items.last().is_none_or(|item| item.delivery.created_at < began);
        let about = |item: &DeliveryItem| item.delivery.notification.alerts.iter().any(|of| of.id == *id);
        found.extend(listed.items.into_iter().filter(about));
        after = listed.next;
        if is_last || after.is_none() {
            break;
        }
    }
    Ok(found)
}
