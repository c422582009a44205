//! What happens.

use std::time::Duration;

use watchkeep_core::alert::{Acknowledgement, Assignment, Lasting};
use watchkeep_core::heartbeat::Refused;
use watchkeep_core::ids::{CheckName, DeliveryId, Digest, PluginName, ReceiverName, WindowId};
use watchkeep_core::input::{AlertsOf, Command, Filling, Input, Place, PluginStatus, StoreHealth};
use watchkeep_core::time::Wall;
use watchkeep_core::window::WindowKind;

use super::Play;
use super::says::{attempt_result, outcome, ping};
use crate::support::setup::{span, unquote, window, words};

impl Play {
    pub(super) fn input(&mut self, line: &str) -> Result<(), String> {
        let words = words(line);
        let parts: Vec<&str> = words.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["crash"] => self.restart(Duration::ZERO),
            ["lose", count] => {
                let count = count.parse().map_err(|_| "no count")?;
                self.world()?.restart_losing(count, Duration::ZERO);
                let effects = self.world()?.tick();
                self.took(effects)
            }
            ["try", "retry"] => {
                let dead = self.world()?.store.dead.pop_last();
                dead.map_or(Ok(()), |(_, dead)| {
                    self.take(Input::Command(Command::RetryDelivery(Box::new(dead))))
                })
            }
            // What a person asks for may be about nothing that is open.
            ["try", "ack" | "unack", what @ ..] if self.alerts_named(what).is_err() => Ok(()),
            ["try", "approve" | "decline", action] if self.awaiting(action).is_err() => Ok(()),
            ["try", "act", _, what @ ..] if self.alerts_named(what).is_err() => Ok(()),
            ["try", "hand", _, what @ ..] if self.alerts_named(what).is_err() => Ok(()),
            ["try", rest @ ..] => self.input(&rest.join(" ")),
            ["down", text] => self.restart(span(text)?),
            ["afresh"] => {
                self.reloading = Some(self.first.clone());
                Ok(())
            }
            ["reload"] => {
                self.reloading = Some(self.written.clone());
                Ok(())
            }
            ["wall", jump] => {
                let (sign, text) = jump.split_at(1);
                let world = self.world()?;
                world.now.wall = match sign {
                    "+" => world.now.wall + span(text)?,
                    _ => world.now.wall - span(text)?,
                };
                let effects = world.tick();
                self.took(effects)
            }
            ["plugin", name, what] => {
                let status = match *what {
                    "gone" => PluginStatus::Gone,
                    _ => PluginStatus::Live(Digest([0; 32])),
                };
                self.take(Input::PluginChanged { plugin: PluginName::from(*name), status })
            }
            ["run", check] => self.take(Input::Command(Command::RunNow(CheckName::from(*check)))),
            ["pause", check] => self.take(Input::Command(Command::Pause(CheckName::from(*check)))),
            ["resume", check] => self.take(Input::Command(Command::Resume(CheckName::from(*check)))),
            ["test", receiver] => {
                self.take(Input::Command(Command::TestReceiver(ReceiverName::from(*receiver))))
            }
            ["silence", id, rest @ ..] => self.open_window(WindowKind::Silence, id, rest),
            ["maintain", id, rest @ ..] => self.open_window(WindowKind::Maintenance, id, rest),
            ["end", id] => {
                let id = WindowId::from(*id);
                self.take(Input::Command(Command::EndWindow { id, by: "anna".into() }))
            }
            ["ack", what @ ..] => {
                let (of, rest) = self.alerts_named(what)?;
                let mut taken = Acknowledgement {
                    by: "anna".into(),
                    at: Wall::from_millis(0),
                    comment: String::new(),
                    until: None,
                    lasting: Lasting::UntilWorse,
                };
                for word in rest {
                    match word.split_once('=') {
                        None if word == "sticky" => taken.lasting = Lasting::Sticky,
                        Some(("for", text)) => {
                            taken.until = Some(self.world()?.now.wall + span(text)?);
                        }
                        _ if word.starts_with('"') => taken.comment = unquote(&word).to_owned(),
                        _ => return Err(format!("an acknowledgement knows no `{word}`")),
                    }
                }
                self.take(Input::Command(Command::Acknowledge(of, taken)))
            }
            ["unack", what @ ..] => {
                let (of, _) = self.alerts_named(what)?;
                self.take(Input::Command(Command::Unacknowledge { of, by: "anna".into() }))
            }
            [action, "acts", result @ ..] => self.acts(action, result),
            ["approve", action] => self.approve(action),
            ["decline", action] => self.decline(action),
            ["act", action, name, mode @ ..] => self.act_by_hand(action, name, mode),
            ["hand", to, what @ ..] => {
                let (of, rest) = self.alerts_named(what)?;
                let due = rest.iter().find_map(|word| word.strip_prefix("due=")).map(span).transpose()?;
                let now = self.world()?.now.wall;
                let given = Assignment {
                    due: due.map(|due| now + due),
                    overdue: false,
                    to: (*to).to_owned(),
                    by: "anna".into(),
                    at: Wall::from_millis(0),
                    comment: String::new(),
                };
                self.take(Input::Command(Command::HandOver(of, given)))
            }
            ["offer", receiver, check] => self.offer(receiver, check),
            ["reply", receiver, who] => self.reply(receiver, who),
            ["retry", id] => {
                let id = DeliveryId(id.trim_start_matches('d').parse().map_err(|_| "no such delivery")?);
                let dead = self.world()?.store.dead.get(&id).cloned().ok_or("it is no dead letter")?;
                self.take(Input::Command(Command::RetryDelivery(Box::new(dead))))
            }
            ["store", "fails"] => self.take(Input::StoreHealth(StoreHealth::Fails("disk full".into()))),
            ["disk", "is", percent, "full"] => {
                let used_bytes: u64 = percent.trim_end_matches('%').parse().map_err(|_| "such as `91%`")?;
                let place =
                    Filling { place: Place::Disk, used_bytes: used_bytes << 30, max_bytes: 100 << 30 };
                self.take(Input::Filling(vec![place]))
            }
            ["store", "writes"] => self.take(Input::StoreHealth(StoreHealth::Writes)),
            ["refuse", "anybody"] => self.take(Input::PingsRefused(Refused::OfAnybody)),
            ["refuse", check] => self.take(Input::PingsRefused(Refused::Of(CheckName::from(*check)))),
            ["ping", check, what @ ..] => {
                let ping = ping(what)?;
                self.take(Input::Pinged { check: CheckName::from(*check), ping })
            }
            [receiver, "attempts", result @ ..] => {
                let result = attempt_result(result)?;
                self.results.insert(ReceiverName::from(*receiver), result);
                self.took(Vec::new())
            }
            [check, "answers", "nothing"] => {
                self.answers.remove(&CheckName::from(*check));
                Ok(())
            }
            [check, "answers", outcome_words @ ..] => {
                self.answers.insert(CheckName::from(*check), outcome(outcome_words)?);
                self.took(Vec::new())
            }
            [check, "is", outcome_words @ ..] => {
                let check = CheckName::from(*check);
                let outcome = outcome(outcome_words)?;
                if !self.world()?.running.contains_key(&check) {
                    self.take(Input::Command(Command::RunNow(check.clone())))?;
                }
                let effects = self.world()?.finish_run(&check, outcome).ok_or("it does not run")?;
                self.took(effects)
            }
            _ => Err("nothing of that kind can happen".into()),
        }
    }

    fn open_window(&mut self, kind: WindowKind, id: &str, words: &[&str]) -> Result<(), String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let now = self.world()?.now.wall;
        let window = window(WindowId::from(id), kind, &words, "anna", now)?;
        window.check(now).map_err(|error| error.to_string())?;
        self.take(Input::Command(Command::OpenWindow(Box::new(window))))
    }

    /// `shop`, `disks/sda1`, or `group ROUTE LABEL=VALUE`; and the words after it.
    pub(super) fn alerts_named(&mut self, words: &[&str]) -> Result<(AlertsOf, Vec<String>), String> {
        let world = self.world()?;
        let rest = |from: usize| words[from..].iter().map(|word| (*word).to_owned()).collect();
        match words {
            ["group", route, ..] => {
                let key = world.store.groups.keys().find(|key| key.route.as_str() == *route);
                Ok((AlertsOf::Group(key.cloned().ok_or("no such group")?), rest(2)))
            }
            [name, ..] => {
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == unquote(name));
                Ok((AlertsOf::Alert(alert.ok_or("no such alert is open")?.id.clone()), rest(1)))
            }
            [] => Err("say which alert".into()),
        }
    }

    fn restart(&mut self, down: Duration) -> Result<(), String> {
        self.elapsed += down;
        self.world()?.restart(down);
        let effects = self.world()?.tick();
        self.took(effects)
    }

    pub(super) fn apply_reload(&mut self) -> Result<(), String> {
        if let Some(written) = self.reloading.take() {
            let setup = written.setup()?;
            self.written = written;
            let effects = self.world()?.reload(setup);
            self.took(effects)?;
        }
        Ok(())
    }
}
