//! Why people were told or not, in sentences: first how it stands now, then what was decided and when. Pages, API and
//! command line show the same sentences, which are made here and nowhere else.

mod held;
mod next;
mod standing;

use std::sync::Arc;

use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::commit::Decision;
use watchkeep_core::delivery::DeliveryRecord;
use watchkeep_core::group::GroupRecord;
use watchkeep_core::ids::CheckName;
use watchkeep_core::setup::{Parent, Setup};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;
use watchkeep_core::window::Window;

use crate::host::{DeliveryFilter, DeliveryQuery, Host, PageRequest};
use crate::problem::Problem;

pub(crate) use held::Held;
pub(crate) use next::{Steps, escalation};

/// Deliveries under way that are looked at to say who is being told.
const DELIVERIES_MAX: usize = 1000;

/// What alerts are seen against.
pub(crate) struct Scene {
    pub(crate) now: Wall,
    pub(crate) setup: Arc<Setup>,
    pub(crate) windows: Vec<Arc<Window>>,
    host: Arc<dyn Host>,
}

impl Scene {
    pub(crate) fn of(host: &Arc<dyn Host>) -> Self {
        Self { now: host.now(), setup: host.setup(), windows: host.windows(), host: Arc::clone(host) }
    }
    pub(crate) fn check(&self, name: &CheckName) -> Option<CheckView> {
        self.host.check(name)
    }
}

/// What is known of why one key alerted or not.
pub(crate) struct Explained {
    pub(crate) key: AlertKey,
    pub(crate) alert: Option<Arc<AlertRecord>>,
    pub(crate) decisions: Vec<Decision>,
    /// How it stands, in one sentence.
    pub(crate) verdict: String,
    /// How it stands now, the most important first.
    pub(crate) standing: Vec<String>,
    now: Wall,
}

impl Explained {
    /// How it stands, then what was decided, oldest first.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let decided = self.decisions.iter().map(|decision| {
            let at = moment(decision.at, self.now);
            format!("{at}: {}", decision.reason)
        });
        self.standing.iter().cloned().chain(decided).collect()
    }
}

/// The keys under which a check can alert: itself, not being judged, and its open findings.
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

/// Leaves out keys of which nothing is known.
pub(crate) async fn explained(host: &Arc<dyn Host>, keys: Vec<AlertKey>) -> Result<Vec<Explained>, Problem> {
    let scene = Scene::of(host);
    let open: Vec<(AlertKey, Option<Arc<AlertRecord>>)> = {
        let alerts = host.alerts();
        let find = |key: &AlertKey| alerts.iter().find(|alert| alert.key == *key).cloned();
        keys.into_iter().map(|key| (key.clone(), find(&key))).collect()
    };
    let ways = Ways::of(host, open.iter().any(|(_, alert)| alert.is_some())).await?;
    let mut all = Vec::new();
    for (key, alert) in open {
        let decisions = host.decisions(key.clone()).await?;
        let view = match &key {
            AlertKey::Check(check) => host.check(check),
            AlertKey::Finding(..) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => None,
        };
        if view.is_none() && alert.is_none() && decisions.is_empty() {
            continue;
        }
        let ways = alert.as_ref().map(|alert| next::waiting(&scene, &ways, alert)).unwrap_or_default();
        let verdict = standing::verdict(alert.as_deref(), &ways, &decisions);
        let standing = match (&alert, &view) {
            (Some(alert), _) => standing::of_alert(&scene, ways, alert, &decisions),
            (None, Some(view)) => standing::of_quiet_check(&scene, view, &decisions),
            (None, None) => vec![verdict.clone()],
        };
        all.push(Explained { key, alert, decisions, verdict, standing, now: scene.now });
    }
    Ok(all)
}

/// On which ways notices are: groups that wait, deliveries under way.
struct Ways {
    groups: Vec<Arc<GroupRecord>>,
    deliveries: Vec<Arc<DeliveryRecord>>,
}

impl Ways {
    async fn of(host: &Arc<dyn Host>, needed: bool) -> Result<Self, Problem> {
        if !needed {
            return Ok(Self { groups: Vec::new(), deliveries: Vec::new() });
        }
        let query = DeliveryQuery {
            filter: DeliveryFilter::Open,
            page: PageRequest { after: None, limit: DELIVERIES_MAX },
        };
        let deliveries = host.deliveries(query).await?.items.into_iter().map(|item| item.delivery).collect();
        Ok(Self { groups: host.groups(), deliveries })
    }
}

/// `02:56:40 UTC`, with the date if it is not today's.
pub(crate) fn moment(at: Wall, now: Wall) -> String {
    let Some(utc) = at.utc() else { return at.millis().to_string() };
    let today = now.utc().is_some_and(|now| now.date_naive() == utc.date_naive());
    utc.format(if today { "%H:%M:%S UTC" } else { "%Y-%m-%d %H:%M:%S UTC" }).to_string()
}

/// As the config writes it, `CHECK` or `CHECK/FINDING`.
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

/// `: because`, where there is a because.
fn because(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
