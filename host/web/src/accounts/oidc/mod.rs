//! Signing in by way of an OpenID provider: the authorisation code flow with PKCE. What binds the provider's answer to the
//! browser that asked lies in a cookie, so nothing is kept here for those who never come back.

mod flow;
mod person;
mod provider;
mod signature;
mod token;

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use watchkeep_core::access::{AccessChange, Role, Scope, Session, SessionOf, Vouched};
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::grant::OriginPattern;
use watchkeep_core::ids::Digest;

use super::sign_in::{Begun, old_sessions, text_of};
use crate::caller::{Caller, Credential};
use crate::host::Write;
use crate::problem::Problem;
use crate::router::App;
use flow::Used;
use provider::Provider;

pub(crate) use flow::{FLOW_MOST, Flow};

/// Where the provider sends browsers back to, below `external_url`.
pub(crate) const CALLBACK: &str = "/login/oidc/callback";

/// An OpenID provider, as the config describes it.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// What people call it.
    pub name: String,
    /// As the provider itself says it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: ClientSecret,
    pub scopes: Vec<String>,
    /// The claim with the groups: its name, or a JSON pointer that begins with `/`.
    pub groups_claim: String,
    /// The claim with the name, in the same way.
    pub name_claim: String,
    /// What members of groups may do. The first that fits counts.
    pub roles: Vec<GroupRole>,
    /// How long a session lasts.
    pub session: Duration,
    /// `[host] external_url`.
    pub external_url: String,
}

/// What members of a group may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRole {
    pub group: String,
    pub role: Role,
    pub scope: Scope,
}

/// What the host proves to the provider that it is itself with. Never printed.
#[derive(Clone)]
pub struct ClientSecret {
    value: String,
    /// The secret's name in the config.
    name: String,
    /// The origins that it may be sent to.
    to: Vec<OriginPattern>,
}

impl ClientSecret {
    pub fn new(value: impl Into<String>, name: impl Into<String>, to: Vec<OriginPattern>) -> Self {
        Self { value: value.into(), name: name.into(), to }
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

impl Oidc {
    /// What somebody with these groups may do; `None` if nothing.
    pub(crate) fn role_of(&self, groups: &[String]) -> Option<&GroupRole> {
        self.roles.iter().find(|mapped| groups.contains(&mapped.group))
    }
    fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.external_url)
    }
}

/// What all who sign in by way of a provider share.
#[derive(Default)]
pub(crate) struct Doorway {
    provider: Provider,
    used: Used,
}

/// What the provider's redirect says.
#[derive(Default)]
pub(crate) struct Returned<'a> {
    pub(crate) state: Option<&'a str>,
    pub(crate) code: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    pub(crate) issuer: Option<&'a str>,
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "sign-in-refused", detail)
}

fn configured(app: &App) -> Result<std::sync::Arc<crate::access::Access>, Problem> {
    let access = app.host.access();
    if access.oidc.is_none() {
        return Err(Problem::not_found("a sign-in by way of a provider"));
    }
    Ok(access)
}

/// Begins: the URL at the provider where the browser goes, and what it keeps meanwhile.
pub(crate) async fn begin(app: &App, next: &str) -> Result<(String, Flow), Problem> {
    let access = configured(app)?;
    let Some(oidc) = &access.oidc else { return Err(refused("there is no provider")) };
    let flow = Flow::begin(&app.host.random()?, app.host.now(), next);
    let url = app.door.oidc.provider.authorization_url(&*app.host, oidc, &flow).await?;
    Ok((url, flow))
}

/// Ends: a session for whoever the provider vouches for, if one of their groups has a role.
pub(crate) async fn finish(app: &App, flow: Option<&Flow>, returned: Returned<'_>) -> Result<Begun, Problem> {
    let access = configured(app)?;
    let Some(oidc) = &access.oidc else { return Err(refused("there is no provider")) };
    // Before the state is known to be ours, nothing of the answer is shown: anybody can make up such a link.
    let flow = flow.filter(|flow| returned.state.is_some_and(|state| flow.is_state(state))).ok_or_else(|| {
        refused("this sign-in was not begun in this browser, or another one was begun since; hint: begin again")
    })?;
    if flow.is_over(app.host.now()) {
        return Err(refused("the sign-in took longer than ten minutes; hint: begin again"));
    }
    if !app.door.oidc.used.take(flow.key()) {
        return Err(refused("this sign-in has been used already; hint: begin again"));
    }
    let name = &oidc.name;
    if returned.issuer.is_some_and(|issuer| issuer != oidc.issuer) {
        return Err(refused(format!("the answer is not from {name}; hint: begin again")));
    }
    if let Some(error) = returned.error {
        return Err(refused(person::refusal(name, error)));
    }
    let code = returned.code.ok_or_else(|| refused(format!("{name} sent no code; hint: begin again")))?;
    let Some(attempt) = app.door.attempts.begin(app.caller.from, &format!("\0oidc {:?}", app.caller.from))
    else {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            "too many attempts to sign in failed; hint: wait half a minute, and try once more",
        ));
    };
    let vouched = match person::ask(app, oidc, flow, code).await {
        Ok(vouched) => vouched,
        Err(problem) => {
            if problem.problem.status == StatusCode::BAD_GATEWAY {
                // It is the provider that failed, and nobody guessed anything.
                app.door.attempts.went_well(attempt);
            }
            failed(app, problem.who()).await;
            return Err(problem.problem);
        }
    };
    app.door.attempts.went_well(attempt);
    let role = oidc.role_of(&vouched.groups).map(|mapped| mapped.role);
    let begun = session(app, vouched, role).await?;
    Ok(begun)
}

async fn session(app: &App, vouched: Vouched, role: Option<Role>) -> Result<Begun, Problem> {
    let _turn = app.door.turn.lock().await;
    let (cookie, now) = (text_of(&app.host.random()?), app.host.now());
    let mut changes = old_sessions(&app.host.directory(), now);
    if let Credential::Session { key, .. } = &app.caller.credential {
        changes.push(AccessChange::RemoveSession(*key));
    }
    let who = Author {
        name: vouched.name.clone(),
        role: role.map(Role::as_str).unwrap_or_default().to_owned(),
        by_way_of: by_way_of(&vouched),
        from: app.caller.author().from,
    };
    let on = vouched.name.clone();
    let of = SessionOf::Provider(Box::new(vouched));
    let key = Digest::of(cookie.as_bytes());
    changes.push(AccessChange::PutSession(Session { key, of, began_at: now, seen_at: now }));
    app.host.write(Write::Access(changes), AuditEntry::new(now, who, "session.begin", on)).await?;
    Ok(Begun { cookie, password: watchkeep_core::access::PasswordLife::Chosen })
}

/// What the audit log says of how somebody came in whom a provider vouched for.
pub(crate) fn by_way_of(vouched: &Vouched) -> String {
    format!("oidc {}", vouched.subject)
}

/// Notes that somebody was not let in. Whoever it is, the provider has said so.
async fn failed(app: &App, who: Option<&str>) {
    let (Some(who), true) = (who, app.door.attempts.is_logged()) else { return };
    let nobody = Caller::nobody(app.caller.from).author();
    let entry = AuditEntry::new(
        app.host.now(),
        Author { by_way_of: "oidc".to_owned(), ..nobody },
        "session.refuse",
        who,
    );
    if let Err(error) = app.host.write(Write::Access(Vec::new()), entry).await {
        tracing::warn!(%error, "a failed attempt to sign in is not in the audit log");
    }
}
