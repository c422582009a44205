//! Looks often what status pages show, and sends their subscribers what the core says is due. At an attempt, the receiver's
//! config is made that of one subscriber.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject, Notification};
use watchkeep_core::input::Input;
use watchkeep_core::setup::Setup;
use watchkeep_core::status_page::StatusPageSpec;
use watchkeep_core::subscription::{Due, Letter, Newsroom, Subject, SubscriberChange, Subscribers};
use watchkeep_core::time::Mono;
use watchkeep_web::{Host as _, HostError, own_link, shown};

use super::clock::Clock;
use super::host_api::HostApi;
use super::main_loop::Message;
use super::posted::PostedSubscribers;

const EVERY: Duration = Duration::from_secs(5);

/// Runs until the host stops.
pub(super) async fn watch(host: Arc<HostApi>, clock: Clock) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut newsroom = Newsroom::default();
    loop {
        ticks.tick().await;
        if let Err(error) = look(&host, &mut newsroom, clock.now().mono).await {
            tracing::error!(%error, "subscribers of status pages could not be told");
        }
    }
}

async fn look(host: &HostApi, newsroom: &mut Newsroom, now: Mono) -> Result<(), HostError> {
    let late = host.subscribers().overdue(host.now());
    if !late.is_empty() {
        host.correspond(late, None).await?;
    }
    for page in &host.setup().status_pages {
        if page.subscriptions.is_some() {
            tell(host, newsroom, page, now).await?;
        }
    }
    Ok(())
}

async fn tell(
    host: &HostApi,
    newsroom: &mut Newsroom,
    page: &StatusPageSpec,
    now: Mono,
) -> Result<(), HostError> {
    let (Some(receiver), Some(url)) = (&page.subscriptions, &page.url) else { return Ok(()) };
    let subscribers = host.subscribers();
    let to: Vec<_> = subscribers.confirmed(&page.name).map(|it| it.id.clone()).collect();
    let told = subscribers.told(&page.name).map(|told| &**told);
    match newsroom.look(page, told, &shown(host, page), to.len(), now) {
        Due::Nothing => Ok(()),
        Due::Keep(told) => host.correspond(vec![SubscriberChange::Told(page.name.clone(), told)], None).await,
        Due::Tell { title, text, told } => {
            let letter = Letter {
                page: page.name.clone(),
                receiver: receiver.clone(),
                subject: Subject::News,
                title,
                text,
                link: url.clone(),
                to,
                told: Some(told),
            };
            host.correspond(Vec::new(), Some(letter)).await
        }
    }
}

/// Changes who gets letters, and sends one. Completes when all of it is on the disk; `None` if the host is about to stop.
pub(super) async fn write(
    subscribers: &PostedSubscribers,
    inbox: &mpsc::UnboundedSender<Message>,
    changes: Vec<SubscriberChange>,
    letter: Option<Letter>,
) -> Option<()> {
    let told = letter
        .as_ref()
        .and_then(|letter| Some(SubscriberChange::Told(letter.page.clone(), letter.told.clone()?)));
    let (kept, is_kept) = oneshot::channel();
    let apply = |now: &mut Subscribers| changes.iter().chain(&told).for_each(|change| now.apply(change));
    let sent = subscribers.change(apply, || {
        let changes = Input::Subscribers(changes.clone());
        let last = match letter {
            None => changes,
            Some(letter) => {
                inbox.send(Message::Input(changes)).ok()?;
                Input::Letter(Box::new(letter))
            }
        };
        inbox.send(Message::AnswerOnceStored(last, kept)).ok()
    });
    sent?;
    is_kept.await.ok()
}

/// What an attempt passes to the plugin.
pub(super) struct Addressed {
    pub(super) notification: Arc<Notification>,
    pub(super) config: Arc<str>,
    /// What is in the config and in nothing that is kept: whose address it is, and the link by which its owner leaves. A
    /// plugin may log or return them, and a server repeats them.
    pub(super) private: Vec<String>,
}

/// For a letter, the receiver's config with one subscriber in the place of its recipients; else what the row has. No row of
/// the outbox has an address, or the link by which its owner agrees and leaves. An error says why the letter goes nowhere.
pub(super) fn addressed(
    delivery: &DeliveryRecord,
    subscribers: &Subscribers,
    setup: &Setup,
) -> Result<Addressed, String> {
    let (mut notification, config) = (Arc::clone(&delivery.notification), &delivery.receiver.config);
    let DeliverySubject::Subscriber(id) = &delivery.subject else {
        return Ok(Addressed { notification, config: Arc::clone(config), private: Vec::new() });
    };
    let Some(subscriber) = subscribers.find(id) else {
        return Err("the subscriber has unsubscribed, or did not confirm in time".to_owned());
    };
    let page = setup.status_pages.iter().find(|page| page.name == subscriber.page);
    let Some(url) = page.and_then(|page| page.url.as_deref()) else {
        return Err(format!("status page `{}` is no longer in the config, or has no `url`", subscriber.page));
    };
    let own = own_link(url, id);
    // Whoever has not agreed is asked to, and nothing else.
    if subscriber.confirmed_at.is_none()
        && let Some(told) = &mut Arc::make_mut(&mut notification).event
    {
        told.event.link = Some(own.clone());
    }
    let mut value: Value = serde_json::from_str(config)
        .map_err(|_| format!("the config of receiver `{}` is not JSON", delivery.receiver.name))?;
    value["to"] = Value::from(vec![subscriber.address.as_str()]);
    value["list_unsubscribe"] = own.into();
    let address = subscriber.address.as_str();
    let private = vec![address.to_owned(), address.to_ascii_lowercase(), id.to_string()];
    Ok(Addressed { notification, config: value.to_string().into(), private })
}
