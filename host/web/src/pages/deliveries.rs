//! `/deliveries`: notifications that are on their way, arrived or were given up.

use askama::Template;
use axum::response::Response;
use watchkeep_core::delivery::{DeliveryStatus, Ended};
use watchkeep_core::replies::readers;
use watchkeep_core::setup::ReceiverSpec;
use watchkeep_core::time::Wall;

use super::layout::{Here, Layout};
use super::render;
use super::words::{Moment, Part, escaped, prose, shortened};
use crate::api::deliveries::filter;
use crate::api::json::delivery_status;
use crate::api::query::Params;
use crate::host::{Cursor, DeliveryFilter, DeliveryItem, DeliveryQuery, Hearing, PageRequest};
use crate::problem::Problem;
use crate::router::{App, State};

const ROWS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "deliveries.html")]
struct DeliveriesPage {
    layout: Layout,
    filters: Vec<(&'static str, String, bool)>,
    rows: Vec<DeliveryRow>,
    older: Option<String>,
    receivers: Vec<ReceiverRow>,
}

struct ReceiverRow {
    name: String,
    plugin: String,
    fallback: Option<String>,
    /// The path that sends it a test.
    test: String,
    /// What those who can acknowledge from within its messages are called.
    readers: String,
    /// A failure to hear of pressed buttons, and since when.
    deaf: Option<(String, Moment)>,
    /// Since when pressed buttons are heard of.
    hears: Option<Moment>,
}

struct DeliveryRow {
    id: String,
    status: &'static str,
    /// The state that gives the status its look.
    look: &'static str,
    receiver: String,
    kind: &'static str,
    about: String,
    reason: Vec<Part>,
    created: Moment,
    attempts: u32,
    /// What happened or happens next; `at` is when.
    word: &'static str,
    at: Option<Moment>,
    /// What went wrong.
    remark: Vec<Part>,
    /// The path that tries a dead letter again.
    retry: Option<String>,
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&["status", "cursor"])?;
    let chosen = filter(&params)?;
    let now = app.host.now();
    let after = params.one("cursor").map(|cursor| Cursor(cursor.to_owned()));
    let query = DeliveryQuery { filter: chosen, page: PageRequest { after, limit: ROWS_MAX } };
    let page = app.host.deliveries(query).await?;
    let layout = Layout::new(&app, Here::Deliveries);
    let words = [
        ("all", DeliveryFilter::All),
        ("open", DeliveryFilter::Open),
        ("delivered", DeliveryFilter::Delivered),
        ("dead", DeliveryFilter::Dead),
    ];
    let status = params.one("status").unwrap_or("all");
    render(&DeliveriesPage {
        filters: words
            .map(|(word, filter)| (word, format!("/deliveries?status={word}"), filter == chosen))
            .to_vec(),
        rows: page.items.iter().map(|item| row(item, now, &layout)).collect(),
        receivers: app.host.receivers().iter().map(|spec| receiver(&app, spec, now)).collect(),
        older: page
            .next
            .map(|cursor| format!("/deliveries?status={}&cursor={}", escaped(status), escaped(&cursor.0))),
        layout,
    })
}

fn receiver(app: &App, spec: &ReceiverSpec, now: Wall) -> ReceiverRow {
    let (hears, deaf) = match app.host.hearing(&spec.name) {
        None => (None, None),
        Some(Hearing::Listening { since }) => (Some(Moment::new(since, now)), None),
        Some(Hearing::Failing { since, error }) => (None, Some((error, Moment::new(since, now)))),
    };
    let setup = app.host.setup();
    let readers: Vec<&str> = readers(&setup, &spec.name).map(|person| person.shown.as_str()).collect();
    ReceiverRow {
        readers: readers.join(", "),
        deaf,
        hears,
        name: spec.name.to_string(),
        plugin: spec.plugin.to_string(),
        fallback: spec.fallback.as_ref().map(ToString::to_string),
        test: format!("/receivers/{}/test", escaped(spec.name.as_str())),
    }
}

fn row(item: &DeliveryItem, now: Wall, layout: &Layout) -> DeliveryRow {
    let delivery = &item.delivery;
    let notification = &delivery.notification;
    let error = delivery.last_error.clone().unwrap_or_default();
    let (look, word, at, remark) = match (&item.ended, &delivery.status) {
        (Some(Ended::Delivered { at, .. }), _) => ("ok", "told at", Some(*at), String::new()),
        (Some(Ended::Dead { at, error }), _) => {
            ("critical", "not reached, given up at", Some(*at), error.clone())
        }
        (Some(Ended::Superseded { at }), _) => ("paused", "not needed any more", Some(*at), String::new()),
        (None, DeliveryStatus::Waiting { not_before }) if delivery.attempts > 0 => {
            ("warning", "trying, next at", Some(*not_before), error)
        }
        (None, DeliveryStatus::Waiting { .. }) => ("waiting", "", None, error),
        (None, DeliveryStatus::Attempting { began }) => ("waiting", "trying since", Some(*began), error),
    };
    let mut about: Vec<String> =
        notification.alerts.iter().take(3).map(|notice| notice.key.to_string()).collect();
    about.extend(notification.event.as_ref().map(|told| shortened(&told.event.title, 120)));
    let more = notification.alerts.len().saturating_sub(3) + notification.omitted as usize;
    if more > 0 {
        about.push(format!("and {more} more"));
    }
    DeliveryRow {
        id: delivery.id.to_string(),
        status: delivery_status(&delivery.status, item.ended.as_ref()),
        look,
        receiver: notification.receiver.to_string(),
        kind: notification.kind.as_str(),
        about: about.join(", "),
        reason: prose(&shortened(&notification.reason, 200)),
        created: Moment::new(delivery.created_at, now),
        attempts: delivery.attempts,
        word,
        at: at.map(|at| Moment::new(at, now)),
        remark: prose(&shortened(&remark, 300)),
        retry: match &item.ended {
            Some(Ended::Dead { .. }) if layout.may_write => {
                Some(format!("/deliveries/{}/retry", delivery.id))
            }
            Some(Ended::Dead { .. } | Ended::Delivered { .. } | Ended::Superseded { .. }) | None => None,
        },
    }
}
