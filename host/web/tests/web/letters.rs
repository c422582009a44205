//! Letters of status pages: how somebody outside asks for them, agrees, and leaves.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, StatusCode};
use watchkeep_core::setup::Setup;
use watchkeep_core::status_page::{Shows, StatusPageSpec};
use watchkeep_core::subscription::{
    ADDRESS_REQUESTS_MAX, Address, Letter, SUBSCRIBERS_MAX, Subject, Subscriber, SubscriberChange,
};
use watchkeep_web::{own_link, router};

use crate::pages::{attributes, texts};
use crate::support::ask::{self, Answer, control, get, request};
use crate::support::outside::{TOKEN, matcher, status_page};
use crate::support::{Board, FakeHost, seconds_ago};

/// One host and its router, which remembers who asked.
struct World {
    host: Arc<FakeHost>,
    router: axum::Router,
}

impl Deref for World {
    type Target = Arc<FakeHost>;

    fn deref(&self) -> &Arc<FakeHost> {
        &self.host
    }
}

fn world() -> World {
    let shows = || Shows::Checks(vec![matcher("client=\"acme\"")]);
    let sends = |name: &str| StatusPageSpec {
        url: Some(format!("https://status.example.com/{name}")),
        subscriptions: Some("letters".into()),
        ..status_page(name, shows())
    };
    let pages = [
        sends("acme"),
        StatusPageSpec { token: Some("canary-secret".into()), ..sends("closed") },
        status_page("silent", shows()),
    ];
    let setup = Setup { status_pages: pages.map(Arc::new).into(), ..Setup::default() };
    let host = FakeHost::new(Board { setup: Arc::new(setup), ..Board::default() });
    host.with(|board| board.secrets.insert("canary-secret".into(), TOKEN.to_owned()));
    World { router: router(host.clone()), host }
}

async fn send(world: &World, path: &str, body: &str) -> Answer {
    let form =
        [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://elsewhere.example")];
    let mut request = request(Method::POST, path, &form);
    *request.body_mut() = Body::from(body.to_owned());
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 50_000))));
    ask::send(world.router.clone(), request).await
}
async fn asks(world: &World, address: &str) -> Answer {
    send(world, "/status/acme/letters", &format!("address={address}")).await
}
fn letters(host: &FakeHost) -> Vec<Letter> {
    host.with(|board| board.letters.clone())
}
fn subscribers(host: &FakeHost) -> Vec<Arc<Subscriber>> {
    host.with(|board| board.subscribers.iter().cloned().collect())
}
/// The path of the link that the last letter gets on its way.
fn link(host: &FakeHost) -> String {
    let letter = letters(host).pop().unwrap();
    let link = own_link(&letter.link, &letter.to[0]);
    assert!(!letter.text.contains(letter.to[0].as_str()), "whoever sees deliveries could agree for others");
    link.replace("https://status.example.com/", "/status/")
}

#[tokio::test]
async fn nobody_is_written_to_who_did_not_agree_and_opening_a_link_agrees_to_nothing() {
    let host = world();
    let form = get(&host, "/status/acme/letters").await;
    assert_eq!(attributes(&form.text, "form input", "name"), ["address"]);
    assert!(form.header("content-security-policy").contains("form-action 'self'"));
    let answer = asks(&host, "Ann%40Example.org").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("A letter goes to this address"), "{}", answer.text);
    let [asked] = &letters(&host)[..] else { panic!("{:?}", letters(&host)) };
    assert_eq!((asked.subject, asked.receiver.as_str()), (Subject::Confirm, "letters"));
    let [known] = &subscribers(&host)[..] else { panic!() };
    assert_eq!((known.address.as_str(), known.confirmed_at), ("Ann@example.org", None));
    assert_eq!(asked.to, std::slice::from_ref(&known.id));
    // A scanner opens it, twice.
    for _ in 0..2 {
        let page = get(&host, &link(&host)).await;
        assert_eq!(attributes(&page.text, "button", "value"), ["confirm", "leave"]);
        assert!(page.text.contains("A…@example.org") && !page.text.contains("Ann@"), "{}", page.text);
    }
    assert_eq!(subscribers(&host)[0].confirmed_at, None);
    let done = send(&host, &link(&host), "do=confirm").await;
    assert!(done.text.contains("is sent to A…@example.org from now on"), "{}", done.text);
    assert!(subscribers(&host)[0].confirmed_at.is_some());
    let page = get(&host, &link(&host)).await;
    assert_eq!(texts(&page.text, "button"), ["Unsubscribe"]);
}

#[tokio::test]
async fn one_click_of_a_mail_program_ends_it_and_the_address_is_gone() {
    let host = world();
    asks(&host, "ann%40example.org").await;
    let link = link(&host);
    send(&host, &link, "do=confirm").await;
    let left = send(&host, &link, "List-Unsubscribe=One-Click").await;
    assert_eq!(left.status, 200);
    assert!(left.text.contains("the address is forgotten"), "{}", left.text);
    assert_eq!(subscribers(&host), []);
    for again in [get(&host, &link).await, send(&host, &link, "do=confirm").await] {
        assert_eq!(again.status, 404);
        assert!(again.text.contains("This subscription has ended"), "{}", again.text);
    }
    assert_eq!(subscribers(&host), [], "a link that ended begins nothing");
}

#[tokio::test]
async fn the_form_tells_nobody_who_is_subscribed_and_fills_no_mailbox() {
    let host = world();
    let first = asks(&host, "ann%40example.org").await.text;
    send(&host, &link(&host), "do=confirm").await;
    let again = asks(&host, "ANN%40example.org").await.text;
    assert_eq!(first, again);
    assert_eq!(subscribers(&host).len(), 1);
    let told = letters(&host).pop().unwrap();
    assert!(told.text.contains("It is sent here already"), "{}", told.text);
    for _ in 0..10 {
        assert_eq!(asks(&host, "ann%40example.org").await.text, first);
    }
    assert_eq!(letters(&host).len(), ADDRESS_REQUESTS_MAX);
}

#[tokio::test]
async fn what_is_no_address_is_refused_in_a_sentence_and_not_shown_again() {
    let host = world();
    for typed in ["", "ann", "a%40b.org%0d%0aBcc:x%40y.org", "<script>%40x.org", "ann%40localhost"] {
        let answer = asks(&host, typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(
            texts(&answer.text, "[role=alert]")[0].starts_with("this is not one mail address"),
            "{typed}"
        );
        assert!(!answer.text.contains("<script") && !answer.text.contains("Bcc"), "{}", answer.text);
    }
    let long = asks(&host, &"a".repeat(200_000)).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(letters(&host).is_empty() && subscribers(&host).is_empty());
}

#[tokio::test]
async fn a_page_that_sends_none_or_wants_a_token_has_no_form() {
    let host = world();
    for path in ["/status/silent/letters", "/status/closed/letters", "/status/nothing/letters"] {
        assert_eq!(get(&host, path).await.status, 404, "{path}");
        assert_eq!(send(&host, path, "address=ann%40example.org").await.status, 404, "{path}");
    }
    let open = format!("/status/closed/letters?token={TOKEN}");
    assert_eq!(get(&host, &open).await.status, 200);
    assert_eq!(send(&host, &open, "address=ann%40example.org").await.status, 200);
    let letter = letters(&host).pop().unwrap();
    assert!(!letter.link.contains(TOKEN) && !letter.text.contains(TOKEN), "a letter is read by many");
    // The link of one page is none of another.
    assert_eq!(get(&host, &link(&host).replace("/closed/", "/acme/")).await.status, 404);
    assert!(get(&host, "/status/acme").await.text.contains("href=\"/status/acme/letters\""));
    assert!(!get(&host, "/status/silent").await.text.contains("/letters"));
}

#[tokio::test]
async fn who_did_not_confirm_in_time_cannot_and_a_page_that_is_full_says_so_to_everybody() {
    let host = world();
    let put = |number: usize, confirmed: bool, ago: u64| {
        SubscriberChange::Put(Subscriber {
            id: format!("s-{number}").as_str().into(),
            page: "acme".into(),
            address: Address::parse(&format!("ann{number}@example.org")).unwrap(),
            asked_at: seconds_ago(ago),
            confirmed_at: confirmed.then(|| seconds_ago(ago)),
        })
    };
    let fill = |change: SubscriberChange| {
        host.with(|board| Arc::make_mut(&mut board.subscribers).apply(&change));
    };
    fill(put(0, false, 86_400));
    assert_eq!(send(&host, "/status/acme/letters/for/s-0", "do=confirm").await.status, 404);
    fill(put(0, false, 86_000));
    assert_eq!(send(&host, "/status/acme/letters/for/s-0", "do=confirm").await.status, 200);
    (0..SUBSCRIBERS_MAX).for_each(|number| fill(put(number, true, 100)));
    let (known, new) = (asks(&host, "ann7%40example.org").await, asks(&host, "bob%40example.org").await);
    assert_eq!((known.status, &known.text), (StatusCode::SERVICE_UNAVAILABLE, &new.text));
    assert!(new.text.contains("There is no room for more subscribers"), "{}", new.text);
    assert_eq!(letters(&host).len(), 1, "the one who is there");
    fill(put(5_000, false, 100));
    let late = send(&host, "/status/acme/letters/for/s-5000", "do=confirm").await;
    assert_eq!(late.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn an_admin_sees_addresses_and_forgets_one_and_the_log_has_it_shortened() {
    let host = world();
    asks(&host, "ann%40example.org").await;
    let path = "/api/v1/status-pages/acme/subscribers";
    let listed = control(&host, Method::GET, path).await.json();
    assert_eq!(listed["items"][0]["address"], "ann@example.org");
    assert_eq!(listed["items"][0]["confirmed_at"], serde_json::Value::Null);
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let gone = control(&host, Method::DELETE, &format!("/api/v1/subscribers/{id}")).await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    assert_eq!(subscribers(&host), []);
    let entry = host.with(|board| board.audit_log.last().cloned()).unwrap();
    assert_eq!((entry.what.as_str(), entry.on.as_str()), ("subscriber.remove", "acme"));
    assert_eq!(entry.before, "a…@example.org");
}
