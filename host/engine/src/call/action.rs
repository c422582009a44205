//! One attempt of an action, or its dry run. Whether it acts is decided in the core.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::action::{Effect, Occasion, Step};
use watchkeep_core::commit::KvScope;
use watchkeep_core::grant::{Aim, Rights};
use watchkeep_core::outcome::{Failure, FailureReason, Stage};

use super::report::{ReportProblem, one_line, problem};
use super::{CallInputs, CallState, Ended, Setup, Stop, classify, convert, in_store};
use crate::contract::action;
use crate::contract::types::Fault;
use crate::engine::Shared;
use crate::generation::{Entry, Generation};
use crate::options::Limits;
use crate::ports::Ports;

const STEPS_MAX: usize = 100;
const TEXT_BYTES_MAX: usize = 1 << 10;
const DETAILS_BYTES_MAX: usize = 64 << 10;

#[derive(Clone, Debug)]
pub struct ActionCall {
    pub occasion: Arc<Occasion>,
    /// Counts from 1.
    pub attempt: u32,
    /// JSON that satisfies the plugin's schema.
    pub config: Arc<str>,
    /// The wall time of the whole call.
    pub timeout: Duration,
    /// The rights. Their aim, to look or to act, decides which export is called.
    pub rights: Arc<Rights>,
    pub limits: Limits,
    pub scope: KvScope,
}

/// What the plugin said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Acted {
    Planned(Vec<Step>),
    Done(Effect),
}

pub(crate) async fn act(
    shared: &Shared,
    generation: &Generation,
    call: ActionCall,
    ports: &Ports,
) -> Ended<Result<Acted, Failure>> {
    let Entry::Action(pre) = &generation.entry else {
        let kind = generation.kind.as_str();
        return Ended::unstarted(Err(Failure {
            reason: FailureReason::NoPlugin,
            stage: Stage::Load,
            message: format!("{} is of the kind {kind}, not an action", generation.label),
            hint: Some("name an action plugin".to_owned()),
            backtrace: None,
        }));
    };
    let asked = occasion(&call);
    let ActionCall { occasion, config, timeout, rights, limits, scope, .. } = call;
    let aim = rights.aim;
    let given = CallInputs { config, timeout, limits, rights, scope: scope.clone() };
    let setup = Setup::of(generation, occasion.check.as_str(), ports, given);
    let mut finished = in_store(shared, setup, async move |store| {
        let instance = pre.instantiate_async(&mut *store).await?;
        store.data_mut().entered = true;
        let exported = instance.watchkeep_plugin_action();
        Ok(match aim {
            Aim::Look => exported.call_plan(&mut *store, &asked).await?.map(Said::Planned),
            Aim::Act => exported.call_perform(&mut *store, &asked).await?.map(Said::Done),
        })
    })
    .await;
    let result = std::mem::replace(&mut finished.result, Err(Stop::Timeout));
    let value = acted(result, &finished.state);
    // A dry run leaves nothing behind.
    let kv = match (&value, aim) {
        (Ok(_), Aim::Act) => finished.state.take_kv(&scope),
        (Ok(_), Aim::Look) | (Err(_), _) => Vec::new(),
    };
    finished.ended(value, kv)
}

enum Said {
    Planned(Vec<action::Step>),
    Done(action::Effect),
}

fn acted(result: Result<Result<Said, Fault>, Stop>, state: &CallState) -> Result<Acted, Failure> {
    let said = match result {
        Ok(Ok(said)) => said,
        Ok(Err(fault)) => return Err(classify::unable(fault, state)),
        Err(stop) => return Err(classify::stopped(stop, state)),
    };
    checked(said, state).map_err(|problem| classify::invalid_answer(problem, state))
}

fn checked(said: Said, state: &CallState) -> Result<Acted, ReportProblem> {
    let text = |place: &str, text: String, bytes_max: usize| {
        if text.len() > bytes_max {
            return Err(problem(place, format!("has {} bytes, {bytes_max} are allowed", text.len())));
        }
        Ok(state.mask.told(text))
    };
    let line = |place: &str, words: String| text(place, one_line(words), TEXT_BYTES_MAX);
    match said {
        Said::Planned(steps) if steps.len() > STEPS_MAX => {
            Err(problem("steps", format!("are {}, {STEPS_MAX} are allowed", steps.len())))
        }
        Said::Planned(steps) => {
            let step = |action::Step { title, target }| {
                Ok(Step { title: line("steps.title", title)?, target: line("steps.target", target)? })
            };
            steps.into_iter().map(step).collect::<Result<_, _>>().map(Acted::Planned)
        }
        Said::Done(action::Effect { summary, changed, details }) => Ok(Acted::Done(Effect {
            summary: line("summary", summary)?,
            changed,
            details: details.map(|details| text("details", details, DETAILS_BYTES_MAX)).transpose()?,
        })),
    }
}

fn occasion(call: &ActionCall) -> action::Occasion {
    let occasion = &call.occasion;
    action::Occasion {
        id: occasion.id.clone(),
        attempt: call.attempt,
        check: occasion.check.as_str().to_owned(),
        finding: occasion.finding.as_ref().map(|finding| finding.as_str().to_owned()),
        config: call.config.as_ref().to_owned(),
        summary: occasion.summary.clone(),
        since: convert::timestamp(occasion.since),
        deadline: convert::millis(call.timeout),
        labels: convert::labels(&occasion.labels),
    }
}
