//! `/groups`: alerts that people are told of together, whom they were told to, and when they are told of next.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::group::{GroupRecord, Member};
use watchkeep_core::notice::state_of;

use super::acts::{Form, acknowledge_all, give_back_all};
use super::layout::{Here, Layout};
use super::render;
use super::rows::is_firing;
use super::words::{Moment, shortened};
use crate::api::query::{Named, Params};
use crate::api::take::Subject;
use crate::caller::Writer;
use crate::problem::Problem;
use crate::router::{App, State};

/// The most groups on the page; the API has all of them.
const GROUPS_MAX: usize = 100;
/// The most members of a group that are listed, as many as one message lists.
const MEMBERS_MAX: usize = 50;

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupsPage {
    layout: Layout,
    groups: Vec<GroupRow>,
    /// Groups beyond those.
    more: usize,
}

struct GroupRow {
    id: String,
    route: String,
    /// What its alerts have in common; the route, where that is nothing.
    title: String,
    since: Moment,
    open: usize,
    total: usize,
    told: Vec<(String, Moment)>,
    next: Option<Moment>,
    members: Vec<MemberRow>,
    unlisted: usize,
    can_take: bool,
    can_give_back: bool,
}

struct MemberRow {
    title: String,
    href: String,
    /// `ok` once it is over.
    look: &'static str,
    word: &'static str,
    since: Option<Moment>,
    taken_by: String,
}

impl GroupRow {
    fn of(app: &App, group: &GroupRecord, may_write: bool) -> Self {
        let now = app.host.now();
        let open: Vec<Arc<AlertRecord>> =
            group.members.iter().filter_map(|member| alert_of(app, member)).collect();
        let firing = || open.iter().filter(|alert| is_firing(alert));
        let of: Vec<String> =
            group.key.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Self {
            id: group.key.id(),
            route: group.key.route.to_string(),
            title: if of.is_empty() { group.key.route.to_string() } else { shortened(&of.join(", "), 200) },
            since: Moment::new(group.began, now),
            open: group.members.iter().filter(|member| member.resolved.is_none()).count(),
            total: group.members.len(),
            told: group
                .told
                .iter()
                .map(|told| (told.receiver.to_string(), Moment::new(told.at, now)))
                .collect(),
            next: group.flush_at.map(|at| Moment::new(at, now)),
            members: group.members.iter().take(MEMBERS_MAX).map(|it| MemberRow::of(app, it)).collect(),
            unlisted: group.members.len().saturating_sub(MEMBERS_MAX),
            can_take: may_write && firing().any(|alert| alert.acknowledged.is_none()),
            can_give_back: may_write
                && firing().next().is_some()
                && firing().all(|alert| alert.acknowledged.is_some()),
        }
    }
}

/// The member's alert, while it is open.
fn alert_of(app: &App, member: &Member) -> Option<Arc<AlertRecord>> {
    let is_it = |alert: &Arc<AlertRecord>| alert.id == member.alert && member.resolved.is_none();
    app.host.alert(&member.key).filter(is_it)
}

impl MemberRow {
    fn of(app: &App, member: &Member) -> Self {
        let alert = alert_of(app, member);
        let state = alert.as_ref().map(|alert| state_of(&alert.key, alert.level).as_str());
        Self {
            title: shortened(&member.key.to_string(), 200),
            href: format!("/alerts/{}", member.alert),
            look: state.unwrap_or("ok"),
            word: state.unwrap_or("resolved"),
            since: alert.as_ref().map(|alert| Moment::new(alert.since, app.host.now())),
            taken_by: alert
                .and_then(|alert| Some(alert.acknowledged.as_ref()?.by.clone()))
                .unwrap_or_default(),
        }
    }
}

/// Those with the most open alerts first, and of equal ones the newest.
pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    let layout = Layout::new(&app, Here::Alerts);
    let mut groups = app.host.groups();
    let open = |group: &GroupRecord| group.members.iter().filter(|it| it.resolved.is_none()).count();
    groups.sort_by_cached_key(|group| (Reverse(open(group)), Reverse(group.began), group.key.id()));
    let more = groups.len().saturating_sub(GROUPS_MAX);
    let shown = groups.iter().take(GROUPS_MAX);
    render(&GroupsPage {
        groups: shown.map(|group| GroupRow::of(&app, group, layout.may_write)).collect(),
        more,
        layout,
    })
}

pub(crate) async fn acknowledge(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    acknowledge_all(&app, &Subject::group(&app, &id)?, &writer, &form).await
}

pub(crate) async fn unacknowledge(
    State(app): State<App>,
    Named(id): Named,
    writer: Writer,
    form: Form,
) -> Result<Response, Problem> {
    give_back_all(&app, &Subject::group(&app, &id)?, &writer, &form).await
}
