//! Open alerts, their history, and why people were told or not.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use watchkeep_core::alert::{AlertKey, AlertRecord, Phase};
use watchkeep_core::commit::Decision;
use watchkeep_core::ids::{CheckName, FindingKey, PluginName};
use watchkeep_core::report::Judgement;

use super::json::{AlertItem, DecisionItem, List, Subject, TransitionItem, phase};
use super::query::{Named, Params};
use crate::host::TransitionQuery;
use crate::problem::Problem;
use crate::router::App;

/// Worst and newest first; never more than are open, so the cursor is a position.
pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<AlertItem>>, Problem> {
    params.only(&["phase", "check", "limit", "cursor"])?;
    let wanted = params.one("phase");
    if let Some(other) = wanted.filter(|phase| !["pending", "firing", "recovering"].contains(phase)) {
        return Err(Problem::invalid(format!(
            "`{other}` is no phase; hint: there is `pending`, `firing`, `recovering`"
        )));
    }
    let page = params.page()?;
    let after = match &page.after {
        None => None,
        Some(cursor) => Some(Place::read(&cursor.0)?),
    };
    let alerts = sorted(app.host.alerts());
    let mut found = alerts
        .iter()
        .filter(|alert| wanted.is_none_or(|wanted| phase(alert.phase) == wanted))
        .filter(|alert| {
            params.one("check").is_none_or(|name| alert.key.check().is_some_and(|c| c.as_str() == name))
        })
        .filter(|alert| after.as_ref().is_none_or(|after| Place::of(alert) > *after));
    let items: Vec<_> = found.by_ref().take(page.limit).collect();
    let next = found.next().and(items.last()).map(|last| Place::of(last).write());
    Ok(Json(List { items: items.into_iter().map(|alert| AlertItem::of(alert)).collect(), next }))
}

/// Where an alert stands in the list. Made of what it is, not of a position, so that alerts which open or close
/// between two pages make nothing appear twice or be left out.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    rank: u8,
    newest_first: std::cmp::Reverse<i64>,
    id: String,
}

impl Place {
    fn of(alert: &AlertRecord) -> Self {
        let rank = match (alert.phase, alert.level) {
            (Phase::Firing { .. } | Phase::Recovering { .. }, Judgement::Critical) => 0,
            (Phase::Firing { .. } | Phase::Recovering { .. }, Judgement::Warning | Judgement::Ok) => 1,
            (Phase::Pending, Judgement::Critical) => 2,
            (Phase::Pending, Judgement::Warning | Judgement::Ok) => 3,
        };
        Self { rank, newest_first: std::cmp::Reverse(alert.since.millis()), id: alert.id.to_string() }
    }
    fn write(&self) -> String {
        format!("{}.{}.{}", self.rank, self.newest_first.0, self.id)
    }
    fn read(cursor: &str) -> Result<Self, Problem> {
        let mut parts = cursor.splitn(3, '.');
        let read = (|| {
            Some(Self {
                rank: parts.next()?.parse().ok()?,
                newest_first: std::cmp::Reverse(parts.next()?.parse().ok()?),
                id: parts.next()?.to_owned(),
            })
        })();
        read.ok_or_else(|| Problem::invalid("`cursor` is not one that this host gave"))
    }
}

/// Firing before pending, worst first, newest first.
pub(crate) fn sorted(mut alerts: Vec<Arc<AlertRecord>>) -> Vec<Arc<AlertRecord>> {
    alerts.sort_by_cached_key(|alert| Place::of(alert));
    alerts
}

pub(crate) async fn transitions(
    State(app): State<App>,
    params: Params,
) -> Result<Json<List<TransitionItem>>, Problem> {
    transitions_page(&app, None, &params).await
}

pub(crate) async fn transitions_of_check(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<TransitionItem>>, Problem> {
    transitions_page(&app, Some(CheckName::from(name.as_str())), &params).await
}

async fn transitions_page(
    app: &App,
    check: Option<CheckName>,
    params: &Params,
) -> Result<Json<List<TransitionItem>>, Problem> {
    params.only(&["from", "to", "limit", "cursor"])?;
    let query =
        TransitionQuery { check, from: params.time("from")?, to: params.time("to")?, page: params.page()? };
    let page = app.host.transitions(query).await?;
    Ok(Json(List::of(page, |row| TransitionItem::of(&row))))
}

#[derive(Serialize)]
pub(crate) struct Explanation {
    #[serde(flatten)]
    subject: Subject,
    /// One sentence: how it stands now.
    verdict: String,
    alert: Option<AlertItem>,
    decisions: Vec<DecisionItem>,
}

/// Of a check: the check itself, whether it is judged at all, and each of its open findings. Of a plugin: its own
/// failures.
pub(crate) async fn explain(
    State(app): State<App>,
    params: Params,
) -> Result<Json<List<Explanation>>, Problem> {
    params.only(&["check", "finding", "plugin"])?;
    let keys = match (params.one("check"), params.one("finding"), params.one("plugin")) {
        (Some(check), Some(finding), None) => {
            vec![AlertKey::Finding(CheckName::from(check), FindingKey::from(finding))]
        }
        (Some(check), None, None) => keys_of(&app, &CheckName::from(check)),
        (None, None, Some(plugin)) => vec![AlertKey::Plugin(PluginName::from(plugin))],
        _ => return Err(Problem::invalid("name a `check`, a `check` with a `finding`, or a `plugin`")),
    };
    let mut items = Vec::new();
    for explained in explained(&app, keys).await? {
        items.push(Explanation {
            subject: Subject::of(&explained.key),
            verdict: explained.verdict(),
            alert: explained.alert.as_deref().map(AlertItem::of),
            decisions: explained.decisions.iter().map(DecisionItem::of).collect(),
        });
    }
    let known = match (params.one("check"), params.one("plugin")) {
        (Some(check), _) => app.host.check(&CheckName::from(check)).is_some(),
        (None, Some(plugin)) => app.host.plugins().iter().any(|known| known.name.as_str() == plugin),
        (None, None) => true,
    };
    if items.is_empty() && !known {
        return Err(Problem::not_found("what is to be explained"));
    }
    Ok(Json(List::whole(items)))
}

/// What is known of why one key alerted or not.
pub(crate) struct Explained {
    pub(crate) key: AlertKey,
    pub(crate) alert: Option<Arc<AlertRecord>>,
    pub(crate) decisions: Vec<Decision>,
}

impl Explained {
    pub(crate) fn verdict(&self) -> String {
        let Some(alert) = &self.alert else {
            return match self.decisions.last() {
                Some(last) => format!("no open alert; the last was: {}", last.reason),
                None => "no open alert, and none that the host remembers".to_owned(),
            };
        };
        let standing = match alert.phase {
            Phase::Pending => {
                return format!("{}, not confirmed yet, so nobody was told", alert.level.state().as_str());
            }
            Phase::Firing { .. } => "firing",
            Phase::Recovering { .. } => "recovering",
        };
        let holds: Vec<_> = alert.holds.iter().map(|hold| hold.as_str()).collect();
        let told: Vec<_> = alert.told.iter().map(|told| format!("`{}`", told.receiver)).collect();
        match (told.is_empty(), holds.is_empty()) {
            (false, true) => format!("{standing}; told {}", told.join(", ")),
            (false, false) => {
                format!("{standing}; told {}, now held back by {}", told.join(", "), holds.join(", "))
            }
            (true, false) => format!("{standing}; nobody was told: held back by {}", holds.join(", ")),
            (true, true) => match self.decisions.last() {
                Some(last) => format!("{standing}; nobody was told yet: {}", last.reason),
                None => format!("{standing}; nobody was told yet"),
            },
        }
    }
}

/// The keys under which a check can alert: itself, not being judged, and its open findings.
pub(crate) fn keys_of(app: &App, check: &CheckName) -> Vec<AlertKey> {
    let mut keys = vec![AlertKey::Check(check.clone()), AlertKey::NotJudged(check.clone())];
    for alert in app.host.alerts() {
        if alert.key.check() == Some(check) && !keys.contains(&alert.key) {
            keys.push(alert.key.clone());
        }
    }
    keys[2..].sort();
    keys
}

/// Leaves out keys of which nothing is known.
pub(crate) async fn explained(app: &App, keys: Vec<AlertKey>) -> Result<Vec<Explained>, Problem> {
    let alerts = app.host.alerts();
    let mut all = Vec::new();
    for key in keys {
        let decisions = app.host.decisions(key.clone()).await?;
        let alert = alerts.iter().find(|alert| alert.key == key).cloned();
        let always = matches!(key, AlertKey::Check(ref check) if app.host.check(check).is_some());
        if always || alert.is_some() || !decisions.is_empty() {
            all.push(Explained { key, alert, decisions });
        }
    }
    Ok(all)
}
