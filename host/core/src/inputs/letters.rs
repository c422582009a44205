//! Letters to subscribers of status pages become rows of the outbox. The rows name the subscriber, not the address: whoever
//! has unsubscribed by the time of an attempt is written to no more, and no row keeps an address.

use std::sync::Arc;

use crate::ids::{CheckName, DeliveryId, ReceiverName, SubscriberId, short_hash};
use crate::labels::Labels;
use crate::model::commit::Change;
use crate::model::delivery::{EventNotice, Fallback, NotificationKind};
use crate::model::keys::DeliverySubject;
use crate::model::message::Message;
use crate::record::Transaction;
use crate::report::{Event, Severity};
use crate::stages::deliver::queue;
use crate::subscription::{Letter, Subject, SubscriberChange};

pub(crate) fn change(tx: &mut Transaction<'_>, changes: Vec<SubscriberChange>) {
    for change in changes {
        if let SubscriberChange::Remove(id) = &change {
            withdraw(tx, id);
        }
        tx.note_at_once(Change::Subscriber(change));
    }
}

/// Nothing that waits for somebody who left goes out.
fn withdraw(tx: &mut Transaction<'_>, id: &SubscriberId) {
    let subject = DeliverySubject::Subscriber(id.clone());
    let receivers: Vec<ReceiverName> = tx.state.outbox.receivers().cloned().collect();
    for receiver in receivers {
        let lane = tx.state.outbox.lane(&receiver, &subject).filter(|row| !row.is_under_way());
        let waiting: Vec<DeliveryId> = lane.map(|row| row.record.id).collect();
        waiting.into_iter().for_each(|id| queue::supersede(tx, id));
    }
}

pub(crate) fn send(tx: &mut Transaction<'_>, letter: Letter) {
    let setup = Arc::clone(&tx.state.setup);
    // It left the config while the letter was on its way.
    let Some(receiver) = setup.receivers.get(&letter.receiver) else { return };
    let at = tx.now.wall;
    let reason = match letter.subject {
        Subject::News => format!("news of status page `{}` for a subscriber", letter.page),
        Subject::Confirm => {
            format!("an answer to somebody who asked for news of status page `{}`", letter.page)
        }
    };
    for id in letter.to {
        let nth = tx.state.next_delivery.to_be_bytes();
        let dedup_key = format!("wk-letter-{}", short_hash(&[id.as_str().as_bytes(), &nth]));
        let event = Event {
            id: dedup_key.clone(),
            thread: String::new(),
            severity: Severity::Info,
            title: letter.title.clone(),
            body: letter.text.clone(),
            link: Some(letter.link.clone()),
            at,
            labels: Labels::default(),
        };
        let subject = DeliverySubject::Subscriber(id);
        let mut message =
            Message::new(NotificationKind::Event, subject, dedup_key, reason.clone(), letter.link.clone());
        message.event = Some(EventNotice { check: CheckName::new(letter.page.as_str()), event });
        // A pager is not told in the place of a subscriber.
        queue::enqueue_as(tx, Arc::clone(receiver), message, Fallback::IsOne);
    }
    if let Some(told) = letter.told {
        tx.note_at_once(Change::Subscriber(SubscriberChange::Told(letter.page, told)));
    }
}
