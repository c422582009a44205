//! What an operator asks for at run time.

use std::sync::Arc;

use crate::ids::{ReceiverName, short_hash};
use crate::inputs::{acknowledge, acted, retry, windows};
use crate::model::check::{Activity, AlertStatus, Running};
use crate::model::clock::Moment;
use crate::model::commit::Change;
use crate::model::delivery::NotificationKind;
use crate::model::input::Command;
use crate::model::keys::{AlertKey, DeliverySubject, Slot};
use crate::model::message::Message;
use crate::record::Transaction;
use crate::rules::ends::Closing;
use crate::stages::act;
use crate::stages::deliver::queue;
use crate::stages::judge::close;
use crate::stages::start::{expect, plan, start};

pub(crate) fn command(tx: &mut Transaction<'_>, command: Command) {
    match command {
        Command::RunNow(name) => {
            if let Some(slot) = tx.state.checks.slot(&name) {
                run_now(tx, slot);
            }
        }
        Command::Pause(name) => {
            if let Some(slot) = tx.state.checks.slot(&name) {
                pause(tx, slot);
            }
        }
        Command::Resume(name) => {
            if let Some(slot) = tx.state.checks.slot(&name) {
                resume(tx, slot);
            }
        }
        Command::AcceptSnapshot(accepted) => tx.note_at_once(Change::AcceptSnapshot(accepted)),
        Command::TestReceiver(receiver) => test_receiver(tx, &receiver),
        Command::Acknowledge(of, taken) => acknowledge::acknowledge(tx, &of, &taken),
        Command::Reply(reply) => acknowledge::replied(tx, &reply),
        Command::Unacknowledge { of, by } => acknowledge::unacknowledge(tx, &of, &by),
        Command::HandOver(of, given) => acknowledge::hand_over(tx, &of, &given),
        Command::OpenWindow(window) => windows::open_own_window(tx, *window),
        Command::EndWindow { id, by } => windows::end_own_window(tx, &id, &by),
        Command::RetryDelivery(record) => retry::retry(tx, *record),
        Command::ApproveAction { occasion, by } => act::approve(tx, &occasion, &by),
        Command::DeclineAction { occasion, by } => act::decline(tx, &occasion, &by),
        Command::Act { action, alert, by, mode } => acted::act_by_hand(tx, &action, &alert, mode, &by),
    }
}

/// Runs the check now, whatever schedule, run hours and pause say. If a run is under way, that is the run that was
/// asked for.
fn run_now(tx: &mut Transaction<'_>, slot: Slot) {
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    if check.is_heartbeat() {
        return;
    }
    match check.running {
        Running::No => start::request_start(tx, slot, Moment { at: tx.now.mono, wall: tx.now.wall }),
        Running::Queued(_) | Running::Yes { .. } => {}
    }
}

/// Pauses the check: nothing starts and nothing is due. An open alert stays, since nothing better is known.
fn pause(tx: &mut Transaction<'_>, slot: Slot) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    match check.activity {
        Activity::Active | Activity::Closed => {}
        Activity::Paused | Activity::Disabled => return,
    }
    check.activity = Activity::Paused;
    let name = check.spec.name.clone();
    let unjudged = std::mem::replace(&mut check.not_judged, AlertStatus::Closed);
    tx.note_at_once(Change::PutPaused { check: name.clone(), paused: true });
    if unjudged == AlertStatus::Open {
        close::close(tx, &AlertKey::NotJudged(name), Closing::Paused);
    }
    plan::plan(tx, slot);
    tx.publish_check(slot);
}

fn resume(tx: &mut Transaction<'_>, slot: Slot) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    match check.activity {
        Activity::Paused => {}
        Activity::Active | Activity::Closed | Activity::Disabled => return,
    }
    check.activity = Activity::Active;
    check.judged_at = tx.now.wall;
    check.heartbeat.wait_anew(tx.now);
    let name = check.spec.name.clone();
    tx.note_at_once(Change::PutPaused { check: name, paused: false });
    plan::plan(tx, slot);
    plan::plan_extra(tx, slot, tx.now.mono);
    expect::expect_judgement(tx, slot);
    tx.publish_check(slot);
}

fn test_receiver(tx: &mut Transaction<'_>, name: &ReceiverName) {
    let setup = Arc::clone(&tx.state.setup);
    let Some(spec) = setup.receivers.get(name) else { return };
    // Whoever tests again wants to know about now. An earlier test that is still tried would only be in the way.
    let lane = tx.state.outbox.lane(name, &DeliverySubject::Test);
    let before: Vec<_> = lane.filter(|row| !row.is_under_way()).map(|row| row.record.id).collect();
    for id in before {
        queue::supersede(tx, id);
    }
    let moment = tx.now.wall.millis().to_be_bytes();
    let nth = tx.state.next_delivery.to_be_bytes();
    let dedup_key = format!("wk-test-{}", short_hash(&[name.as_str().as_bytes(), &moment, &nth]));
    let why = "a test notice, asked for by an operator".to_owned();
    let link = setup.external_url.clone();
    let message = Message::new(NotificationKind::Test, DeliverySubject::Test, dedup_key, why, link);
    queue::enqueue(tx, Arc::clone(spec), message);
}
