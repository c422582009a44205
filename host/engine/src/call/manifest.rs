//! `describe` and `validate`: called with no rights and a short deadline.

use std::sync::Arc;
use std::time::Duration;

use super::{Finished, Setup, Subject, classify, in_store};
use crate::call::CallState;
use crate::contract::{DescribedPre, manifest};
use crate::engine::Shared;
use crate::error::{LoadStage, Refusal};
use crate::generation::{Generation, WasiUse};
use crate::interfaces::kv::KvState;
use crate::interfaces::secrets::Attachable;
use crate::options::Limits;

/// Generous, because a loaded machine is no fault of the plugin. The tight bound is the one on CPU time.
const TIMEOUT: Duration = Duration::from_secs(10);
const CPU_MAX: Duration = Duration::from_millis(300);
const PROBLEMS_MAX: usize = 100;

/// A problem that a plugin finds in a config.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigProblem {
    /// JSON pointer into the config; empty for the whole.
    pub path: String,
    pub message: String,
}

fn setup(subject: Subject, weight: u32, wasi: WasiUse) -> Setup {
    Setup {
        subject,
        timeout: TIMEOUT,
        limits: Limits { cpu: CPU_MAX, ..Limits::default() },
        weight,
        rights: None,
        ports: None,
        kv: KvState::default(),
        attachable: Attachable::default(),
        wasi: wasi.of_call(),
    }
}

/// For a question to a plugin that is loaded.
pub(super) fn setup_of(generation: &Generation) -> Setup {
    let subject = Subject {
        generation: Arc::clone(&generation.label),
        plugin: Arc::clone(&generation.plugin),
        kind: Some(generation.kind),
        name: "".into(),
    };
    setup(subject, generation.weight, generation.wasi)
}

pub(crate) async fn describe(
    shared: &Shared,
    pre: &DescribedPre<CallState>,
    weight: u32,
    wasi: WasiUse,
) -> Result<manifest::Description, Refusal> {
    let subject = Subject { generation: "it".into(), plugin: "new".into(), kind: None, name: "".into() };
    let Finished { result, state, .. } = in_store(shared, setup(subject, weight, wasi), async move |store| {
        let instance = pre.instantiate_async(&mut *store).await?;
        store.data_mut().entered = true;
        instance.watchkeep_plugin_manifest().call_describe(&mut *store).await
    })
    .await;
    result.map_err(|stop| {
        let failure = classify::stopped(stop, &state);
        Refusal::new(LoadStage::Describe, format!("does not describe itself: {}", failure.message))
            .hint("`describe` returns constants; it must neither wait nor compute")
    })
}

pub(crate) async fn validate(
    shared: &Shared,
    generation: &Generation,
    config: &str,
) -> Result<(), Vec<ConfigProblem>> {
    // A program cannot validate. Its schema is made by the host.
    let Some(pre) = &generation.described else { return Ok(()) };
    let Finished { result, state, .. } = in_store(shared, setup_of(generation), async move |store| {
        let instance = pre.instantiate_async(&mut *store).await?;
        store.data_mut().entered = true;
        instance.watchkeep_plugin_manifest().call_validate(&mut *store, config).await
    })
    .await;
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problems)) => Err(problems
            .into_iter()
            .take(PROBLEMS_MAX)
            .map(|manifest::Problem { path, message }| ConfigProblem { path, message })
            .collect()),
        Err(stop) => {
            let message = format!("cannot be validated: {}", classify::stopped(stop, &state).message);
            Err(vec![ConfigProblem { path: String::new(), message }])
        }
    }
}
