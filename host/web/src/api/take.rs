//! People take alerts: they acknowledge them, give them back or hand them over; one alert, or all open alerts of a
//! group (rule R2). The pages' forms end here as well.

use std::sync::Arc;

use axum::Json;
use serde::Deserialize;
use watchkeep_core::alert::{Acknowledgement, AlertRecord, Assignment, Lasting, Phase};
use watchkeep_core::group::GroupRecord;
use watchkeep_core::input::{AlertsOf, Command};

use super::alerts::open;
use super::body::{Body, Span, by, comment, moment, name};
use super::groups::group;
use super::json::{AlertItem, GroupItem};
use super::query::{Named, Params};
use crate::caller::Writer;
use crate::explain::Scene;
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Acknowledge {
    pub(crate) by: Option<String>,
    pub(crate) comment: Option<String>,
    /// When it expires. Without this and `for`, it lasts until the alert is over.
    pub(crate) until: Option<String>,
    pub(crate) r#for: Option<Span>,
    /// Whether it stays when the alert gets worse.
    pub(crate) sticky: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Unacknowledge {
    pub(crate) by: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HandOver {
    pub(crate) to: String,
    pub(crate) by: Option<String>,
    pub(crate) comment: Option<String>,
    /// By when the work is to be done.
    pub(crate) due: Option<String>,
    pub(crate) due_in: Option<Span>,
}

/// What is taken.
pub(crate) enum Subject {
    Alert(Arc<AlertRecord>),
    Group(Arc<GroupRecord>),
}

impl Subject {
    pub(crate) fn alert(app: &App, id: &str) -> Result<Self, Problem> {
        Ok(Subject::Alert(open(app, id)?))
    }
    pub(crate) fn group(app: &App, id: &str) -> Result<Self, Problem> {
        Ok(Subject::Group(group(app, id)?))
    }
    fn of(&self) -> AlertsOf {
        match self {
            Subject::Alert(alert) => AlertsOf::Alert(alert.id.clone()),
            Subject::Group(group) => AlertsOf::Group(group.key.clone()),
        }
    }
    /// Refuses a pending alert: nobody was told about it, so nobody can take it.
    fn must_fire(&self) -> Result<(), Problem> {
        match self {
            Subject::Alert(alert) if alert.phase == Phase::Pending => Err(Problem::refused(format!(
                "`{}` is not confirmed yet and nobody was told of it, so there is nothing to take",
                alert.key
            ))),
            Subject::Group(group) if group.members.iter().all(|member| member.resolved.is_some()) => {
                Err(Problem::refused("every alert of this group is resolved, only its notice is still due"))
            }
            Subject::Alert(_) | Subject::Group(_) => Ok(()),
        }
    }
}

pub(crate) async fn acknowledge(
    app: &App,
    subject: &Subject,
    writer: &Writer,
    asked: &Acknowledge,
) -> Result<(), Problem> {
    subject.must_fire()?;
    let now = app.host.now();
    let until = match (&asked.until, asked.r#for) {
        (Some(_), Some(_)) => return Err(Problem::invalid("`until` and `for` say the same; hint: give one")),
        (Some(until), None) => Some(moment("until", until)?),
        (None, Some(span)) => Some(now + span.0),
        (None, None) => None,
    };
    if until.is_some_and(|until| until <= now) {
        return Err(Problem::invalid("the acknowledgement would be over already; hint: give a later end"));
    }
    let taken = Acknowledgement {
        by: by(asked.by.as_deref(), writer)?,
        at: now,
        comment: comment(asked.comment.as_deref())?,
        until,
        lasting: if asked.sticky { Lasting::Sticky } else { Lasting::UntilWorse },
    };
    Ok(app.host.command(Command::Acknowledge(subject.of(), taken)).await?)
}

pub(crate) async fn unacknowledge(
    app: &App,
    subject: &Subject,
    writer: &Writer,
    asked: &Unacknowledge,
) -> Result<(), Problem> {
    if let Subject::Alert(alert) = subject
        && alert.acknowledged.is_none()
    {
        return Err(Problem::refused(format!("nobody has acknowledged `{}`", alert.key)));
    }
    let by = by(asked.by.as_deref(), writer)?;
    Ok(app.host.command(Command::Unacknowledge { of: subject.of(), by }).await?)
}

pub(crate) async fn hand_over(
    app: &App,
    subject: &Subject,
    writer: &Writer,
    asked: &HandOver,
) -> Result<(), Problem> {
    subject.must_fire()?;
    let now = app.host.now();
    let due = match (&asked.due, asked.due_in) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("`due` and `due_in` say the same; hint: give one"));
        }
        (Some(due), None) => Some(moment("due", due)?),
        (None, Some(span)) => Some(now + span.0),
        (None, None) => None,
    };
    if due.is_some_and(|due| due <= now) {
        return Err(Problem::invalid("`due` has passed already; hint: give a later moment"));
    }
    let given = Assignment {
        due,
        overdue: false,
        to: name("to", &asked.to)?,
        by: by(asked.by.as_deref(), writer)?,
        at: now,
        comment: comment(asked.comment.as_deref())?,
    };
    Ok(app.host.command(Command::HandOver(subject.of(), given)).await?)
}

/// The alert as it is afterwards.
fn alert_after(app: &App, id: &str) -> Result<Json<AlertItem>, Problem> {
    Ok(Json(AlertItem::of(&*open(app, id)?, &Scene::of(&app.host))))
}

fn group_after(app: &App, id: &str) -> Result<Json<GroupItem>, Problem> {
    Ok(Json(GroupItem::of(&*group(app, id)?, &*app.host)))
}

pub(crate) async fn acknowledge_alert(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<Acknowledge>,
) -> Result<Json<AlertItem>, Problem> {
    params.only(&[])?;
    acknowledge(&app, &Subject::alert(&app, &id)?, &writer, &asked).await?;
    alert_after(&app, &id)
}

pub(crate) async fn unacknowledge_alert(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<Unacknowledge>,
) -> Result<Json<AlertItem>, Problem> {
    params.only(&[])?;
    unacknowledge(&app, &Subject::alert(&app, &id)?, &writer, &asked).await?;
    alert_after(&app, &id)
}

pub(crate) async fn hand_over_alert(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<HandOver>,
) -> Result<Json<AlertItem>, Problem> {
    params.only(&[])?;
    hand_over(&app, &Subject::alert(&app, &id)?, &writer, &asked).await?;
    alert_after(&app, &id)
}

pub(crate) async fn acknowledge_group(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<Acknowledge>,
) -> Result<Json<GroupItem>, Problem> {
    params.only(&[])?;
    acknowledge(&app, &Subject::group(&app, &id)?, &writer, &asked).await?;
    group_after(&app, &id)
}

pub(crate) async fn unacknowledge_group(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<Unacknowledge>,
) -> Result<Json<GroupItem>, Problem> {
    params.only(&[])?;
    unacknowledge(&app, &Subject::group(&app, &id)?, &writer, &asked).await?;
    group_after(&app, &id)
}

pub(crate) async fn hand_over_group(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
    writer: Writer,
    Body(asked): Body<HandOver>,
) -> Result<Json<GroupItem>, Problem> {
    params.only(&[])?;
    hand_over(&app, &Subject::group(&app, &id)?, &writer, &asked).await?;
    group_after(&app, &id)
}
