//! What plugins, targets and people have said, wherever it is shown: on each page, in the API, the metrics, the export and
//! the stream.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use watchkeep_core::view::Update;
use watchkeep_web::routes;

use super::answers::{ADMIN, asked, is_inert};
use super::world::{SCOPED, World};
use crate::access::{Browser, PASSWORD};
use crate::stream::Listener;
use crate::support::FakeHost;
use crate::support::ask::Answer;

/// What the host knows and shows nobody: secrets, what only receivers are told, and what is merged into something else that
/// is shown.
const NEVER_SHOWN: [&str; 30] = [
    "a heartbeat's key",
    "a receiver's config",
    "an action's config",
    "a common label",
    "a common label's value",
    "a group's label",
    "a group's label's value",
    "a notice's details",
    "a notice's link",
    "a notice's picture",
    "a notice's picture's link",
    "a notice's runbook",
    "a notification's link",
    "an action in a notice",
    "who has it, in a notice",
    "who took it, in a notice",
    "a report's label",
    "a report's label's value",
    "an accepted attachment's name",
    "a closed route",
    "an awaited receiver",
    "the route of what was told",
    "what a service called it before",
    "what a service calls a group",
    "what a service calls an alert",
    "what is grouped by",
    "a config's key",
    "a rule's metric",
    "a service's metric",
    "what a rule groups by",
];

fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Each thing that a route is about, in the place of the name in its path.
pub(super) fn filled(host: &FakeHost, path: &str) -> Vec<String> {
    let path = &path.replace("{component}", "nothing");
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let after = rest.split_once('}').unwrap().1;
    let things: BTreeSet<String> = host.with(|board| match before.trim_start_matches("/api/v1") {
        "/checks/" => board.checks.iter().map(|view| view.spec.name.to_string()).collect(),
        "/alerts/" => {
            let open = board.alerts.iter().map(|alert| alert.id.to_string());
            open.chain(board.transitions.iter().map(|change| change.alert.to_string())).collect()
        }
        "/groups/" => board.groups.iter().map(|group| group.key.id()).collect(),
        "/silences/" | "/maintenance/" => board.windows.iter().map(|window| window.id.to_string()).collect(),
        "/snapshots/" => board.snapshots.iter().map(|(_, facts, _)| facts.digest.to_string()).collect(),
        "/receivers/" => board.receivers.iter().map(|receiver| receiver.name.to_string()).collect(),
        "/occasions/" => board.actions.iter().map(|action| action.id.to_string()).collect(),
        "/deliveries/" => board.deliveries.iter().map(|item| item.delivery.id.to_string()).collect(),
        "/plugins/" => board.plugins.iter().map(|plugin| plugin.name.to_string()).collect(),
        "/people/users/" | "/users/" => board.directory.users.keys().cloned().collect(),
        "/people/tokens/" | "/tokens/" => board.directory.tokens.keys().cloned().collect(),
        "/status-pages/" | "/status/" => {
            board.setup.status_pages.iter().map(|page| page.name.to_string()).collect()
        }
        "/notes/" => board
            .setup
            .status_pages
            .iter()
            .flat_map(|page| board.notes.of(&page.name))
            .map(|note| note.id.to_string())
            .collect(),
        "/markers/" => board.markers.iter().map(|marker| marker.id.to_string()).collect(),
        "/subscribers/" | "/letters/for/" => board.subscribers.iter().map(|it| it.id.to_string()).collect(),
        "/reply/" => ["nothing".to_owned()].into(),
        "/assets/" => ["nothing".to_owned()].into(),
        other => panic!("what is `{{}}` in `{other}{{}}`? hint: say it here, so that the route is tried"),
    });
    things.iter().map(|thing| format!("{before}{}{after}", segment(thing))).collect()
}

/// The addresses of everything that may be looked at.
pub(super) fn looked_at(host: &FakeHost) -> Vec<String> {
    let reads =
        routes().into_iter().filter(|(method, path, _)| method == Method::GET && !path.ends_with("stream"));
    let mut all: Vec<String> = reads.flat_map(|(_, path, _)| filled(host, path)).collect();
    // Addresses that show more than the bare page.
    let checks = filled(host, "/checks/{name}");
    all.extend(checks.iter().map(|check| format!("{check}?range=hour")));
    all.extend(
        ["/?group=plugin", "/?wall", "/?q=zz", "/feed?q=zz", "/deliveries?status=dead", "/alerts?held=true"]
            .map(str::to_owned),
    );
    all
}

#[tokio::test]
async fn what_others_say_stays_text_wherever_it_is_shown() {
    let World { host, router, texts } = World::new();
    let mut seen = String::new();
    let mut take = |path: &str, answer: Answer| {
        assert_ne!(answer.status, 500, "{path}: {}", answer.text);
        is_inert(path, &answer);
        seen.push_str(&answer.text);
    };
    for path in looked_at(&host) {
        take(&path, asked(&router, &Method::GET, &path, &ADMIN, Body::empty()).await);
    }
    // Forms that answer with a page: what a reload would change.
    take("/config", asked(&router, &Method::POST, "/config", &ADMIN, Body::empty()).await);
    // As somebody who has signed in, whose name and scope stand on each page.
    let admin =
        host.with(|board| board.directory.users.keys().find(|name| name.contains("zz")).cloned()).unwrap();
    for name in [admin.as_str(), SCOPED] {
        let mut browser = Browser::new(&host);
        assert_eq!(browser.sign_in(name, PASSWORD).await.status, 303);
        for path in looked_at(&host) {
            take(&path, browser.get(&path).await);
        }
    }
    // Both ways: what is shown one day is tried from then on, and does not stand in this list.
    assert_eq!(texts.unseen(&seen), NEVER_SHOWN.into(), "of what nothing shows, nothing is known");
}

/// An update is one event, whatever is in it: a line break in a text begins no other.
#[tokio::test]
async fn what_others_say_begins_no_event_of_its_own() {
    let World { host, .. } = World::new();
    let broken = "x\n\nevent: owned\ndata: {}\r\rid: 7\n\n";
    let updates = host.with(|board| {
        let mut view = board.checks[0].clone();
        Arc::make_mut(&mut view.spec).name = broken.into();
        let mut alert = (*board.alerts[0]).clone();
        alert.summary = broken.to_owned();
        let mut window = (*board.windows[0]).clone();
        window.comment = broken.to_owned();
        let mut group = (*board.groups[0]).clone();
        group.key.route = broken.into();
        let delivery = Arc::clone(&board.deliveries[0].delivery);
        let mut action = (*board.actions[0]).clone();
        action.by = Some(broken.to_owned());
        let ended =
            watchkeep_core::delivery::Ended::Dead { at: crate::support::NOW, error: broken.to_owned() };
        vec![
            Update::Check(view),
            Update::CheckRemoved(broken.into()),
            Update::AlertClosed(watchkeep_core::alert::AlertKey::Check(broken.into())),
            Update::Alert(Arc::new(alert)),
            Update::WindowRemoved(broken.into()),
            Update::Window(Arc::new(window)),
            Update::GroupClosed(group.key.clone()),
            Update::Group(Arc::new(group)),
            Update::Action(Arc::new(action)),
            Update::Delivery(Arc::clone(&delivery)),
            Update::DeliveryEnded { delivery, ended },
        ]
    });
    let mut listener =
        Listener::begin_with(&host, "/api/v1/stream", &[("authorization", "Bearer s3cret")]).await;
    let count = updates.len();
    for update in updates {
        host.publish(update);
    }
    for place in 0..count {
        let (name, data) = listener.event().await.unwrap();
        assert!(name != "owned" && data.is_object(), "{place}: {name} {data}");
    }
    assert!(listener.is_empty(), "as many events as updates");
}

/// What a browser may show of an attachment is a picture that cannot run; all else is a file to be saved.
#[tokio::test]
async fn attachments_are_shown_as_pictures_that_cannot_run_or_saved() {
    let World { host, router, .. } = World::new();
    for path in filled(&host, "/snapshots/{id}") {
        let answer = asked(&router, &Method::GET, &path, &ADMIN, Body::empty()).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("sandbox") && !policy.contains("script-src"), "{path}: {policy}");
        match answer.header("content-type") {
            "image/png" => assert_eq!(answer.header("content-disposition"), "", "{path}"),
            "application/octet-stream" => {
                assert_eq!(answer.header("content-disposition"), "attachment", "{path}")
            }
            other => panic!("{path} is served as {other}"),
        }
    }
}
