//! Who somebody is, by what the provider says of them.

use serde_json::Value;
use watchkeep_core::access::Vouched;

use super::flow::Flow;
use super::provider::{KeysOf, Tokens};
use super::signature::{Distrust, payload};
use super::token::{Claims, Expected};
use super::{Oidc, refused};
use crate::accounts::manage::good_name;
use crate::problem::Problem;
use crate::router::App;

/// The name that the admin token stands for.
const ADMIN: &str = "admin";
/// The most bytes of a token.
const TOKEN_BYTES_MAX: usize = 64 << 10;
/// How many groups of somebody are looked at.
const GROUPS_MAX: usize = 2_000;

/// Why somebody is not let in, and who it is, once the provider has said so.
pub(super) struct NotLetIn {
    pub(super) problem: Problem,
    who: Option<String>,
}

impl NotLetIn {
    pub(super) fn who(&self) -> Option<&str> {
        self.who.as_deref()
    }
}

impl From<Problem> for NotLetIn {
    fn from(problem: Problem) -> Self {
        Self { problem, who: None }
    }
}

/// The sentence for an error that the provider sent the browser back with. What else it says is anybody's text.
pub(super) fn refusal(name: &str, error: &str) -> String {
    match error {
        "access_denied" => format!("{name} did not let you in, or you went back; hint: ask those who run it"),
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            format!("{name} wants you to sign in there first; hint: begin again")
        }
        "temporarily_unavailable" | "server_error" => {
            format!("{name} cannot answer for now; hint: begin again in a while")
        }
        "invalid_scope" | "invalid_request" | "unauthorized_client" | "unsupported_response_type" => format!(
            "{name} refuses how this host asks (`{error}`); hint: compare [host.oidc] with what is registered there"
        ),
        _ => format!("{name} refused for a reason of its own; hint: begin again, or ask those who run it"),
    }
}

/// Asks the provider what the code stands for, and believes nothing that it does not prove.
pub(super) async fn ask(app: &App, oidc: &Oidc, flow: &Flow, code: &str) -> Result<Vouched, NotLetIn> {
    let tokens = app.door.oidc.provider.tokens(&*app.host, oidc, flow, code).await?;
    let claims = verified(app, oidc, &tokens).await?;
    let now = app.host.now();
    let nonce = flow.nonce();
    let expected = Expected { issuer: &oidc.issuer, client_id: &oidc.client_id, nonce: &nonce, now };
    let subject = claims
        .subject(&expected)
        .map_err(|problem| refused(format!("{}'s token is not believed: {problem}", oidc.name)))?;
    let claims = more(app, oidc, claims, &subject, &tokens).await?;
    let not_let_in =
        |detail: String, who: &str| NotLetIn { problem: refused(detail), who: Some(who.to_owned()) };
    let name = name(app, oidc, &claims).map_err(|detail| not_let_in(detail, &subject))?;
    let given = groups(claims.of(&oidc.groups_claim));
    let groups: Vec<String> =
        given.into_iter().filter(|group| oidc.roles.iter().any(|mapped| mapped.group == *group)).collect();
    if oidc.role_of(&groups).is_none() {
        let detail = format!(
            "{} says that you are `{name}`, and none of your groups may use this host; hint: whoever runs it gives a \
             group of yours a role, in `roles` under [host.oidc]",
            oidc.name
        );
        return Err(not_let_in(detail, &name));
    }
    let ends_at = now + oidc.session;
    Ok(Vouched { issuer: oidc.issuer.clone(), subject, name, groups, ends_at })
}

/// The ID token's claims, if one of the provider's keys signed it. It may have changed keys since they were asked for.
async fn verified(app: &App, oidc: &Oidc, tokens: &Tokens) -> Result<Claims, Problem> {
    let distrust = |problem: &str| refused(format!("{}'s token is not believed: {problem}", oidc.name));
    if tokens.id_token.len() > TOKEN_BYTES_MAX {
        return Err(distrust("it is too long"));
    }
    let provider = &app.door.oidc.provider;
    let keys = provider.keys(&*app.host, oidc, KeysOf::LastHour).await?;
    let said = match payload(&tokens.id_token, &keys) {
        Err(Distrust::UnknownKey | Distrust::WrongSignature) => {
            let keys = provider.keys(&*app.host, oidc, KeysOf::Now).await?;
            payload(&tokens.id_token, &keys)
        }
        known => known,
    };
    match said {
        Ok(bytes) => Claims::of_json(&bytes).ok_or_else(|| distrust("it is malformed")),
        Err(Distrust::Malformed) => Err(distrust("it is malformed")),
        Err(Distrust::Algorithm(_)) => Err(distrust(
            "its signature is of a kind that proves nothing here; hint: let the provider sign with RS256 or ES256",
        )),
        Err(Distrust::UnknownKey) => {
            Err(distrust("it is signed with a key that the provider does not publish"))
        }
        Err(Distrust::WrongSignature) => Err(distrust("its signature is wrong")),
    }
}

/// The claims of the ID token, and beside them those that the provider tells only when it is asked.
struct Told {
    token: Claims,
    asked: Option<Claims>,
}

impl Told {
    fn of(&self, name: &str) -> Option<&Value> {
        self.token.claim(name).or_else(|| self.asked.as_ref()?.claim(name))
    }
}

async fn more(
    app: &App,
    oidc: &Oidc,
    token: Claims,
    subject: &str,
    tokens: &Tokens,
) -> Result<Told, Problem> {
    let is_whole = token.claim(&oidc.groups_claim).is_some() && token.claim(&oidc.name_claim).is_some();
    let Some(access_token) = tokens.access_token.as_deref().filter(|_| !is_whole) else {
        return Ok(Told { token, asked: None });
    };
    let told = app.door.oidc.provider.about(&*app.host, oidc, access_token).await?;
    // Of somebody else it counts for nothing.
    let asked =
        told.and_then(|bytes| Claims::of_json(&bytes)).filter(|told| told.text("sub") == Some(subject));
    Ok(Told { token, asked })
}

fn name(app: &App, oidc: &Oidc, claims: &Told) -> Result<String, String> {
    let claim = &oidc.name_claim;
    let given = claims.of(claim).and_then(Value::as_str).ok_or_else(|| {
        format!(
            "{} does not say what you are called (`{claim}`); hint: set `name_claim` under [host.oidc] to a claim that it \
             gives, or ask for more `scopes`",
            oidc.name
        )
    })?;
    if claim == "email" && claims.of("email_verified") == Some(&Value::Bool(false)) {
        return Err(format!(
            "{} has not made sure that the address is yours; hint: confirm it there",
            oidc.name
        ));
    }
    let name = good_name(claim, given).map_err(|problem| problem.detail)?;
    // What somebody does must not look like the deed of somebody else.
    if name == ADMIN || app.host.directory().users.contains_key(&name) {
        return Err(format!(
            "{} calls you `{name}`, and that is the name of a user of this host; hint: sign in with that user's password, \
             or let an admin remove the user",
            oidc.name
        ));
    }
    Ok(name)
}

/// A list of names, or one.
fn groups(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::Array(all)) => {
            all.iter().take(GROUPS_MAX).filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    }
}
