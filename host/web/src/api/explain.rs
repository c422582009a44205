//! Why people were told or not.

use axum::Json;
use serde::Serialize;
use watchkeep_core::alert::AlertKey;
use watchkeep_core::ids::{CheckName, FindingKey, PluginName};

use super::alerts::open;
use super::json::{AlertItem, DecisionItem, List, Subject};
use super::query::{Named, Params};
use crate::explain::{Explained, Scene, explained, keys_of};
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Serialize)]
pub(crate) struct Explanation {
    #[serde(flatten)]
    subject: Subject,
    /// The state of things now, in one sentence.
    verdict: String,
    /// The state of things now, then what was decided and when; a terminal prints these.
    sentences: Vec<String>,
    alert: Option<AlertItem>,
    decisions: Vec<DecisionItem>,
}

impl Explanation {
    fn of(explained: &Explained, scene: &Scene) -> Self {
        Self {
            subject: Subject::of(&explained.key),
            verdict: explained.verdict.clone(),
            sentences: explained.sentences(),
            alert: explained.alert.as_deref().map(|alert| AlertItem::of(alert, scene)),
            decisions: explained.decisions.iter().map(DecisionItem::of).collect(),
        }
    }
}

/// Explains a check (itself, whether it can be judged, and each of its open findings), one of its findings, or a
/// plugin's own failures.
pub(crate) async fn any(State(app): State<App>, params: Params) -> Result<Json<List<Explanation>>, Problem> {
    params.only(&["check", "finding", "plugin"])?;
    let (keys, known) = match (params.one("check"), params.one("finding"), params.one("plugin")) {
        (Some(check), Some(finding), None) => {
            let check = CheckName::from(check);
            let known = app.host.check(&check).is_some();
            (vec![AlertKey::Finding(check, FindingKey::from(finding))], known)
        }
        (Some(check), None, None) => {
            let check = CheckName::from(check);
            (keys_of(&*app.host, &check), app.host.check(&check).is_some())
        }
        (None, None, Some(plugin)) => {
            let known = app.host.plugins().iter().any(|known| known.name.as_str() == plugin);
            (vec![AlertKey::Plugin(PluginName::from(plugin))], known)
        }
        _ => return Err(Problem::invalid("name a `check`, a `check` with a `finding`, or a `plugin`")),
    };
    let items = explanations(&app, keys).await?;
    if items.is_empty() && !known {
        return Err(Problem::not_found("what is to be explained"));
    }
    Ok(Json(List::whole(items)))
}

pub(crate) async fn of_check(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<Explanation>>, Problem> {
    params.only(&[])?;
    let check = CheckName::from(name.as_str());
    let items = explanations(&app, keys_of(&*app.host, &check)).await?;
    if items.is_empty() && app.host.check(&check).is_none() {
        return Err(Problem::not_found(&format!("check `{check}`")));
    }
    Ok(Json(List::whole(items)))
}

pub(crate) async fn of_alert(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Json<Explanation>, Problem> {
    params.only(&[])?;
    let key = open(&app, &id)?.key.clone();
    let explained = explanations(&app, vec![key]).await?.pop();
    // It may have closed since it was looked up.
    explained.map(Json).ok_or_else(|| Problem::not_found("this alert"))
}

async fn explanations(app: &App, keys: Vec<AlertKey>) -> Result<Vec<Explanation>, Problem> {
    let explained = explained(&app.host, keys).await?;
    let scene = Scene::of(&app.host);
    Ok(explained.iter().map(|explained| Explanation::of(explained, &scene)).collect())
}
