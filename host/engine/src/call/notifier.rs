//! One attempt of a delivery: what the notifier is given, and what its end says about the attempt.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::alert::AlertKey;
use watchkeep_core::commit::KvScope;
use watchkeep_core::delivery::{
    AlertNotice, AttemptResult, EventNotice, Notification, NotificationKind, Picture,
};
use watchkeep_core::grant::Rights;
use watchkeep_core::ids::AlertId;
use watchkeep_core::outcome::FailureReason;

use super::{CallInputs, CallState, Ended, Setup, Stop, classify, convert, in_store, report};
use crate::contract::notifier::{self, DeliveryError};
use crate::engine::Shared;
use crate::generation::{Entry, Generation};
use crate::http::mask::Audience;
use crate::interfaces::pictures::PicturesState;
use crate::interfaces::replies::Invited;
use crate::options::Limits;
use crate::ports::Ports;

/// How many bytes of a service's own id are kept.
const SERVICE_ID_BYTES_MAX: usize = 1 << 10;

#[derive(Clone, Debug)]
pub struct NotifierCall {
    pub notification: Arc<Notification>,
    /// Counts from 1.
    pub attempt: u32,
    /// The receiver's config, as JSON.
    pub config: Arc<str>,
    /// The wall time of the attempt.
    pub timeout: Duration,
    /// What the plugin's `deliver` last returned for this dedup key.
    pub previous_id: Option<String>,
    /// How alerts of it can be acknowledged from within the message.
    pub invitations: BTreeMap<AlertId, Invited>,
    /// Texts of the config that nobody but the plugin reads: they are masked in its log, in what it keeps and returns.
    pub private: Vec<String>,
    pub rights: Arc<Rights>,
    pub limits: Limits,
    pub scope: KvScope,
}

/// What one attempt came to, and what it says about the plugin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempted {
    pub result: AttemptResult,
    /// How the host ended the call, or what it refused; `None` if the plugin answered undisturbed.
    pub cut_short: Option<FailureReason>,
}

pub(crate) async fn deliver(
    shared: &Shared,
    generation: &Generation,
    call: NotifierCall,
    ports: &Ports,
) -> Ended<Attempted> {
    let pre = match &generation.entry {
        Entry::Notifier { deliver, .. } => deliver,
        Entry::Check(_) | Entry::Program(_) | Entry::Action(_) => {
            let kind = generation.kind.as_str();
            let message = format!("{} is of the kind {kind}, not a notifier", generation.label);
            return Ended::unstarted(Attempted {
                result: AttemptResult::Retryable(message),
                cut_short: None,
            });
        }
    };
    let told = notification(&call);
    let NotifierCall { notification, config, timeout, invitations, rights, limits, scope, private, .. } =
        call;
    let given = CallInputs { config, timeout, limits, rights, scope: scope.clone() };
    let setup = Setup::of(generation, notification.receiver.as_str(), ports, given);
    let pictures = PicturesState::of(Arc::clone(&notification));
    let mut finished = in_store(shared, setup, async move |store| {
        store.data_mut().own.pictures = pictures;
        store.data_mut().own.replies.invitations = invitations;
        private.iter().for_each(|text| store.data_mut().mask.add_held(text.as_bytes()));
        let instance = pre.instantiate_async(&mut *store).await?;
        store.data_mut().entered = true;
        instance.watchkeep_plugin_notifier().call_deliver(&mut *store, &told).await
    })
    .await;
    let result = std::mem::replace(&mut finished.result, Err(Stop::Timeout));
    let ended_well = matches!(result, Ok(Ok(_)));
    let value = attempted(result, &finished.state);
    let kv = if ended_well { finished.state.take_kv(&scope) } else { Vec::new() };
    finished.ended(value, kv)
}

fn attempted(result: Result<Result<Option<String>, DeliveryError>, Stop>, state: &CallState) -> Attempted {
    let returned = match result {
        Ok(returned) => returned,
        Err(stop) => {
            let failure = classify::stopped(stop, state);
            let message = match failure.hint {
                Some(hint) => format!("{}; hint: {hint}", failure.message),
                None => failure.message,
            };
            let result = if state.network.sent {
                AttemptResult::Unsure(message)
            } else {
                AttemptResult::Retryable(message)
            };
            return Attempted { result, cut_short: Some(failure.reason) };
        }
    };
    let cut_short = match (&returned, &state.refusals.first) {
        (Err(_), Some(super::Refusal::Limited { .. })) => Some(FailureReason::Limit),
        (_, _) => None,
    };
    Attempted { result: returned_result(returned, state), cut_short }
}

fn returned_result(returned: Result<Option<String>, DeliveryError>, state: &CallState) -> AttemptResult {
    let text = |text: String| report::sentence(&text, &state.mask);
    match returned {
        Ok(id) => AttemptResult::Delivered(id.map(|id| {
            // Masked as what is kept, because it comes back to the plugin.
            let mut id = state.mask.text(report::one_line(id), Audience::Store);
            id.truncate(id.floor_char_boundary(SERVICE_ID_BYTES_MAX));
            id
        })),
        Err(DeliveryError::RetryAfter(millis)) => {
            let span = Duration::from_millis(millis);
            AttemptResult::RetryAfter(span, format!("the service asks to wait {span:?}"))
        }
        Err(DeliveryError::Retryable(message)) => {
            AttemptResult::Retryable(text(with_refusal(message, state)))
        }
        Err(DeliveryError::Unsure(message)) => AttemptResult::Unsure(text(message)),
        // A refusal by the host, which the operator can change with a grant, is not a final refusal by the service.
        Err(DeliveryError::Rejected(message)) => match &state.refusals.first {
            None => AttemptResult::Rejected(text(message)),
            Some(_) => AttemptResult::Retryable(text(with_refusal(message, state))),
        },
    }
}

fn with_refusal(message: String, state: &CallState) -> String {
    match &state.refusals.first {
        None => message,
        Some(super::Refusal::Denied(denial)) => format!("{message} ({denial})"),
        Some(super::Refusal::Short(shortage)) => {
            format!("{message} (the host: {}; hint: {})", shortage.message, shortage.hint)
        }
        Some(super::Refusal::Limited { message: limit, hint: None }) => format!("{message} (limit: {limit})"),
        Some(super::Refusal::Limited { message: limit, hint: Some(hint) }) => {
            format!("{message} (limit: {limit}; hint: {hint})")
        }
        Some(super::Refusal::Unusable { message: problem, hint }) => {
            format!("{message} ({}; hint: {hint})", problem)
        }
    }
}

fn notification(call: &NotifierCall) -> notifier::Notification {
    let told = &call.notification;
    notifier::Notification {
        id: told.id.clone(),
        dedup_key: told.dedup_key.clone(),
        kind: match told.kind {
            NotificationKind::Firing => notifier::NotificationKind::Firing,
            NotificationKind::Reminder => notifier::NotificationKind::Reminder,
            NotificationKind::Resolved => notifier::NotificationKind::Resolved,
            NotificationKind::Acknowledged => notifier::NotificationKind::Acknowledged,
            NotificationKind::Escalated => notifier::NotificationKind::Escalated,
            NotificationKind::HandedOver => notifier::NotificationKind::HandedOver,
            NotificationKind::Event => notifier::NotificationKind::Event,
            NotificationKind::Test => notifier::NotificationKind::Test,
        },
        attempt: call.attempt,
        told_before: told.told_before,
        previous_id: call.previous_id.clone(),
        receiver: told.receiver.as_str().to_owned(),
        config: call.config.as_ref().to_owned(),
        reason: told.reason.clone(),
        group_labels: convert::labels(&told.group_labels),
        common_labels: convert::labels(&told.common_labels),
        alerts: told.alerts.iter().map(alert).collect(),
        omitted: told.omitted,
        event: told.event.as_ref().map(event),
        link: told.link.clone(),
        at: convert::timestamp(told.at),
        deadline: convert::millis(call.timeout),
    }
}

fn alert(notice: &AlertNotice) -> notifier::Alert {
    let (check, finding) = match &notice.key {
        AlertKey::Check(check) | AlertKey::NotJudged(check) => (check.as_str().to_owned(), None),
        AlertKey::Finding(check, finding) => (check.as_str().to_owned(), Some(finding.as_str().to_owned())),
        AlertKey::Plugin(_) | AlertKey::Host(_) => (notice.key.to_string(), None),
    };
    notifier::Alert {
        id: notice.id.as_str().to_owned(),
        check,
        finding,
        state: convert::state(notice.state),
        previous: notice.previous.map(convert::state),
        severity: convert::severity(notice.severity),
        summary: notice.summary.clone(),
        details: notice.details.clone(),
        metrics: notice.metrics.iter().map(convert::metric).collect(),
        since: convert::timestamp(notice.since),
        until: notice.until.map(convert::timestamp),
        last_good: notice.last_good.map(convert::timestamp),
        acknowledged_by: notice.acknowledged_by.clone(),
        assigned_to: notice.assigned_to.clone(),
        actions: notice.actions.clone(),
        runbook: notice.runbook.clone(),
        link: notice.link.clone(),
        pictures: notice.pictures.iter().map(picture).collect(),
        labels: convert::labels(&notice.labels),
    }
}

fn picture(picture: &Picture) -> notifier::Picture {
    notifier::Picture {
        id: picture.digest.to_string(),
        name: picture.name.clone(),
        media_type: picture.media_type.clone(),
        size: picture.size_bytes,
        url: picture.url.clone(),
    }
}

fn event(notice: &EventNotice) -> notifier::Notice {
    let event = &notice.event;
    notifier::Notice {
        check: notice.check.as_str().to_owned(),
        thread: event.thread.clone(),
        severity: convert::severity(event.severity),
        title: event.title.clone(),
        body: event.body.clone(),
        link: event.link.clone(),
        at: convert::timestamp(event.at),
        labels: convert::labels(&event.labels),
    }
}
