//! What actions do when they are asked to act, and what people decide about them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use watchkeep_core::action::{Effect as Done, Step};
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::{ActionName, OccasionId};
use watchkeep_core::input::{AlertsOf, Command, Input};
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionStatus, Mode};

use super::Play;
use crate::support::setup::unquote;
use crate::support::world::World;

impl Play {
    /// `restart acts done "restarted web"`: from now on it ends so. `restart acts nothing`: it stays under way.
    pub(super) fn acts(&mut self, action: &str, words: &[&str]) -> Result<(), String> {
        let text = |words: &[&str]| words.first().map_or("", |word| unquote(word)).to_owned();
        let result = match words {
            ["nothing"] => None,
            ["done", rest @ ..] => Some(done(&text(rest), true)),
            ["unchanged", rest @ ..] => Some(done(&text(rest), false)),
            ["fails", rest @ ..] => Some(ActionResult::failed(text(rest))),
            ["unknown", rest @ ..] => Some(ActionResult::Unknown(text(rest))),
            other => return Err(format!("an action does not act `{}`", other.join(" "))),
        };
        self.acts.insert(ActionName::from(action), result);
        self.took(Vec::new())
    }
    /// The occasion of this action that waits for approval.
    pub(super) fn awaiting(&mut self, action: &str) -> Result<OccasionId, String> {
        let mut records = self.world()?.state.actions();
        let waits = |record: &&std::sync::Arc<ActionRecord>| {
            record.action.as_str() == action && record.status == ActionStatus::AwaitsApproval
        };
        records.find(waits).map(|record| record.id.clone()).ok_or_else(|| "it waits for no approval".into())
    }
    pub(super) fn approve(&mut self, action: &str) -> Result<(), String> {
        let occasion = self.awaiting(action)?;
        self.answer(Command::ApproveAction { occasion, by: "anna".into() })
    }
    pub(super) fn decline(&mut self, action: &str) -> Result<(), String> {
        let occasion = self.awaiting(action)?;
        self.answer(Command::DeclineAction { occasion, by: "anna".into() })
    }
    /// The first answer counts: others that come at the same moment change nothing.
    fn answer(&mut self, command: Command) -> Result<(), String> {
        let (Command::ApproveAction { occasion, .. } | Command::DeclineAction { occasion, .. }) = &command
        else {
            return Err(format!("{command:?} answers nothing"));
        };
        let (occasion, by) = (occasion.clone(), "ben".to_owned());
        let world = self.world()?;
        let effects = world.take(Input::Command(command));
        let late = [
            Command::ApproveAction { occasion: occasion.clone(), by: by.clone() },
            Command::DeclineAction { occasion, by },
        ];
        for command in late {
            let more = world.take(Input::Command(command));
            if more.iter().any(|effect| !matches!(effect, Effect::WakeAt(_))) {
                return Err(format!("it was answered already: {more:?}"));
            }
        }
        self.took(effects)
    }
    pub(super) fn act_by_hand(&mut self, action: &str, name: &str, mode: &[&str]) -> Result<(), String> {
        let (AlertsOf::Alert(alert), _) = self.alerts_named(&[name])? else {
            return Err("an action is for one alert".into());
        };
        let mode = match mode {
            [] => Mode::Act,
            ["dry"] => Mode::DryRun,
            other => return Err(format!("nobody acts `{}`", other.join(" "))),
        };
        let action = ActionName::from(action);
        self.take(Input::Command(Command::Act { action, alert, by: "anna".into(), mode }))
    }
}

fn done(summary: &str, changed: bool) -> ActionResult {
    ActionResult::Done(Done { summary: summary.to_owned(), changed, details: None })
}

/// An action that is under way and ends by itself, and how. If nothing is said of it, it does what it is for.
pub(super) fn ended(
    world: &World,
    acts: &BTreeMap<ActionName, Option<ActionResult>>,
) -> Option<(OccasionId, ActionResult)> {
    world.acting.iter().find_map(|(id, start)| {
        let action = &start.record.action;
        let usual = || Some(done(&format!("{action} acted"), true));
        let result = acts.get(action).cloned().unwrap_or_else(usual)?;
        let result = match start.record.mode {
            Mode::Act => result,
            Mode::DryRun => {
                ActionResult::Planned(vec![Step { title: action.to_string(), target: "target".into() }])
            }
        };
        Some((id.clone(), result))
    })
}

pub(super) fn started(record: &ActionRecord) -> String {
    let mut text = format!("act {} {}", record.action, record.key);
    if record.number > 1 {
        let _ = write!(text, " attempt {}", record.number);
    }
    if record.mode == Mode::DryRun {
        text.push_str(" dry");
    }
    if let Some(by) = &record.by {
        let _ = write!(text, " for {by}");
    }
    text
}
