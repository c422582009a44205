//! A check's run: what the plugin is given, and what the host makes of how it ended.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::commit::KvScope;
use watchkeep_core::grant::Rights;
use watchkeep_core::ids::RunId;
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::State;
use watchkeep_core::time::Wall;

use super::masked::masked;
use super::{CallInputs, Ended, Setup, classify, convert, in_store, program, report};
use crate::contract::check::Run;
use crate::engine::Shared;
use crate::generation::{Entry, Generation};
use crate::options::Limits;
use crate::ports::Ports;

#[derive(Clone, Debug)]
pub struct CheckCall {
    pub run: RunId,
    /// JSON that satisfies the plugin's schema.
    pub config: Arc<str>,
    pub scheduled_at: Wall,
    /// The wall time of the whole run. Host calls end earlier, by 10 % or at least 500 ms.
    pub timeout: Duration,
    pub previous: Option<State>,
    pub location: Arc<str>,
    pub labels: Labels,
    pub rights: Arc<Rights>,
    pub limits: Limits,
    pub scope: KvScope,
}

pub(crate) async fn run_check(
    shared: &Shared,
    generation: &Generation,
    call: CheckCall,
    ports: &Ports,
) -> Ended<Outcome> {
    let pre = match &generation.entry {
        Entry::Check(pre) => pre,
        Entry::Program(pre) => return program::run(shared, generation, pre, call, ports).await,
        Entry::Notifier { .. } | Entry::Action(_) => {
            let kind = generation.kind.as_str();
            return Ended::unstarted(Outcome::Failed(Arc::new(Failure {
                reason: FailureReason::NoPlugin,
                stage: Stage::Load,
                message: format!("{} is of the kind {kind}, not a check", generation.label),
                hint: Some("name a check plugin under `plugin`".to_owned()),
                backtrace: None,
            })));
        }
    };
    let CheckCall { run, config, scheduled_at, timeout, previous, location, labels, rights, limits, scope } =
        call;
    let (id, labels) = (run.to_string(), convert::labels(&labels));
    let labels: Vec<_> = labels.iter().collect();
    let given = CallInputs { config: Arc::clone(&config), timeout, limits, rights, scope: scope.clone() };
    let asked = Run {
        id: &id,
        check: run.check.as_str(),
        config: &config,
        scheduled_at: convert::timestamp(scheduled_at),
        deadline: convert::millis(timeout),
        previous: previous.map(convert::state),
        location: &location,
        labels: &labels,
    };
    let setup = Setup::of(generation, run.check.as_str(), ports, given);
    let mut finished = in_store(shared, setup, async move |store| {
        let instance = pre.instantiate_async(&mut *store).await?;
        store.data_mut().entered = true;
        let said = instance.watchkeep_plugin_check().call_execute(&mut *store, asked).await?;
        match said {
            Ok(report) => masked(report, store.data().masking()).await.map(Ok),
            Err(fault) => Ok(Err(fault)),
        }
    })
    .await;
    let result = std::mem::replace(&mut finished.result, Err(super::Stop::Timeout));
    let outcome = match result {
        Ok(Ok(said)) => match report::checked(said) {
            Ok((report, bytes)) => classify::report(report, &finished.state).map(|report| (report, bytes)),
            Err(problem) => Err(classify::invalid_report(problem, &finished.state)),
        },
        Ok(Err(fault)) => Err(classify::fault(fault, "judge", &finished.state)),
        Err(stop) => Err(classify::stopped(stop, &finished.state)),
    };
    match outcome {
        Ok((report, attachments)) => {
            let kv = finished.state.take_kv(&scope);
            Ended { attachments, ..finished.ended(Outcome::Report(Arc::new(report)), kv) }
        }
        Err(failure) => finished.ended(Outcome::Failed(Arc::new(failure)), Vec::new()),
    }
}
