//! Why people were told or not, in sentences: first the state of things now, then what was decided and when. Pages, API
//! and command line show the same sentences, which are made here and nowhere else.

mod held;
mod next;
mod scene;
mod standing;

use std::sync::Arc;

use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::commit::Decision;
use watchkeep_core::ids::CheckName;
use watchkeep_core::setup::Parent;
use watchkeep_core::view::{CheckStatus, CheckView};

use crate::host::Host;
use crate::problem::Problem;

pub(crate) use next::{Steps, escalation};
pub(crate) use scene::{Hours, Scene};
pub(crate) use standing::receivers;

/// What is known about why one key alerted or not.
pub(crate) struct Explained {
    pub(crate) key: AlertKey,
    pub(crate) alert: Option<Arc<AlertRecord>>,
    pub(crate) decisions: Vec<Decision>,
    /// The state of things now, in one sentence.
    pub(crate) verdict: String,
    /// The state of things now, the most important first.
    pub(crate) standing: Vec<String>,
}

impl Explained {
    /// The state of things now, then what was decided, oldest first.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let decided = self.decisions.iter().map(|decision| format!("{}: {}", decision.at, decision.reason));
        self.standing.iter().cloned().chain(decided).collect()
    }
}

/// The keys that a check can alert under: itself, that it could not be judged, and its open findings.
pub(crate) fn keys_of(host: &dyn Host, check: &CheckName) -> Vec<AlertKey> {
    let mut keys = vec![AlertKey::Check(check.clone()), AlertKey::NotJudged(check.clone())];
    for alert in host.alerts() {
        if alert.key.check() == Some(check) && !keys.contains(&alert.key) {
            keys.push(alert.key.clone());
        }
    }
    keys[2..].sort();
    keys
}

/// Why a check's plugin is not loaded; `None` if it is.
fn absence(host: &Arc<dyn Host>, view: &CheckView) -> Option<String> {
    match view.status {
        CheckStatus::NoPlugin => {
            let plugin = host.plugins().into_iter().find(|plugin| plugin.name == view.spec.plugin)?;
            plugin.life.absence()
        }
        CheckStatus::Active | CheckStatus::Running { .. } | CheckStatus::Paused | CheckStatus::Closed => None,
    }
}

/// Explains these keys, and leaves out those about which nothing is known.
pub(crate) async fn explained(host: &Arc<dyn Host>, keys: Vec<AlertKey>) -> Result<Vec<Explained>, Problem> {
    let scene = Scene::of(host);
    let alerts = host.alerts();
    let mut all = Vec::new();
    for key in keys {
        let alert = alerts.iter().find(|alert| alert.key == key).cloned();
        let decisions = host.decisions(key.clone()).await?;
        let view = match &key {
            AlertKey::Check(check) => host.check(check),
            AlertKey::Finding(..) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => None,
        };
        if view.is_none() && alert.is_none() && decisions.is_empty() {
            continue;
        }
        let (verdict, standing) = match (&alert, &view) {
            (Some(alert), _) => standing::of_alert(&scene, alert, &decisions),
            (None, view) => {
                let of_same = |other: &&Arc<AlertRecord>| {
                    key.check().is_some() && other.key.check() == key.check() && other.key != key
                };
                let beside: Vec<String> =
                    alerts.iter().filter(of_same).map(|other| other.key.to_string()).collect();
                let verdict = standing::quiet(&beside, &decisions);
                let standing = match view {
                    Some(view) => standing::of_quiet_check(verdict.clone(), view, absence(host, view)),
                    None => vec![verdict.clone()],
                };
                (verdict, standing)
            }
        };
        all.push(Explained { key, alert, decisions, verdict, standing });
    }
    Ok(all)
}

/// The parent as the config writes it, `CHECK` or `CHECK/FINDING`.
pub(crate) fn parent_text(parent: &Parent) -> String {
    match parent {
        Parent::Check(check) => check.to_string(),
        Parent::Finding(check, finding) => format!("{check}/{finding}"),
    }
}

fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Returns `: because` and the reason, or nothing if there is none.
fn because(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
