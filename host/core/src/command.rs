//! What an operator asks for at run time.

use std::sync::Arc;

use crate::alert::AlertKey;
use crate::alert::close::Closing;
use crate::check::{Activity, Moment, Running, Slot, Standing};
use crate::commit::Change;
use crate::delivery::queue::{Earlier, Message};
use crate::delivery::{DeliverySubject, NotificationKind};
use crate::ids::{ReceiverName, short_hash};
use crate::input::Command;
use crate::labels::Labels;
use crate::turn::Turn;

impl Turn<'_> {
    pub(crate) fn command(&mut self, command: Command) {
        match command {
            Command::RunNow(name) => {
                if let Some(slot) = self.state.checks.slot(&name) {
                    self.run_now(slot);
                }
            }
            Command::Pause(name) => {
                if let Some(slot) = self.state.checks.slot(&name) {
                    self.pause(slot);
                }
            }
            Command::Resume(name) => {
                if let Some(slot) = self.state.checks.slot(&name) {
                    self.resume(slot);
                }
            }
            Command::AcceptSnapshot(accepted) => self.note_at_once(Change::AcceptSnapshot(accepted)),
            Command::TestReceiver(receiver) => self.test_receiver(&receiver),
            Command::Acknowledge(of, taken) => self.acknowledge(&of, &taken),
            Command::Unacknowledge { of, by } => self.unacknowledge(&of, &by),
            Command::HandOver(of, given) => self.hand_over(&of, &given),
            Command::OpenWindow(window) => self.open_own_window(*window),
            Command::EndWindow { id, by } => self.end_own_window(&id, &by),
            Command::RetryDelivery(record) => self.retry(*record),
        }
    }

    /// Whatever schedule, run hours and pause say. A run under way is the run that is asked for.
    fn run_now(&mut self, slot: Slot) {
        let Some(check) = self.state.checks.get(slot) else { return };
        if check.is_heartbeat() {
            return;
        }
        match check.running {
            Running::No => self.request_start(slot, Moment { at: self.now.mono, wall: self.now.wall }),
            Running::Queued(_) | Running::Yes { .. } => {}
        }
    }

    /// Starts end and nothing is due; an open alert stays, since nobody knows better.
    fn pause(&mut self, slot: Slot) {
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        match check.activity {
            Activity::Active | Activity::Closed => {}
            Activity::Paused | Activity::Disabled => return,
        }
        check.activity = Activity::Paused;
        let name = check.spec.name.clone();
        let unjudged = std::mem::replace(&mut check.not_judged, Standing::Closed);
        self.note_at_once(Change::PutPaused { check: name.clone(), paused: true });
        if unjudged == Standing::Open {
            self.close(&AlertKey::NotJudged(name), Closing::Paused);
        }
        self.plan(slot);
        self.publish_check(slot);
    }

    fn resume(&mut self, slot: Slot) {
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        match check.activity {
            Activity::Paused => {}
            Activity::Active | Activity::Closed | Activity::Disabled => return,
        }
        check.activity = Activity::Active;
        check.judged_at = self.now.wall;
        check.heartbeat.wait_anew(self.now);
        let name = check.spec.name.clone();
        self.note_at_once(Change::PutPaused { check: name, paused: false });
        self.plan(slot);
        self.plan_extra(slot, self.now.mono);
        self.expect_judgement(slot);
        self.publish_check(slot);
    }

    fn test_receiver(&mut self, name: &ReceiverName) {
        let setup = Arc::clone(&self.state.setup);
        let Some(spec) = setup.receivers.get(name) else { return };
        // Who tests again wants to know of now: a test of before that is tried on would only stand in the way.
        let lane = self.state.outbox.lane(name, &DeliverySubject::Test);
        let before: Vec<_> = lane.filter(|row| !row.is_under_way()).map(|row| row.record.id).collect();
        for id in before {
            self.supersede(id);
        }
        let moment = self.now.wall.millis().to_be_bytes();
        let nth = self.state.next_delivery.to_be_bytes();
        let message = Message {
            kind: NotificationKind::Test,
            subject: DeliverySubject::Test,
            dedup_key: format!("wk-test-{}", short_hash(&[name.as_str().as_bytes(), &moment, &nth])),
            route: None,
            reason: "a test notice, asked for by an operator".to_owned(),
            group_labels: Labels::default(),
            alerts: Vec::new(),
            omitted: 0,
            link: setup.external_url.clone(),
            event: None,
            not_before: None,
            earlier: Earlier::Nothing,
        };
        self.enqueue(Arc::clone(spec), message);
    }
}
