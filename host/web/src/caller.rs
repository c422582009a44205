//! Who makes a request. Found out once, before a handler runs: through the control socket, by a bearer token, by the cookie
//! of a session, or, where nobody can sign in at all, by coming from this machine.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use subtle::ConstantTimeEq as _;
use watchkeep_core::access::{
    AccessChange, ApiToken, Directory, PasswordLife, Role, Scope, Session, SessionOf, User, Vouched,
};
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;

use crate::access::{Access, Distance, Peer, SignIn, bearer};
use crate::accounts::oidc::{GroupRole, by_way_of};
use crate::host::{Host, Write};
use crate::problem::Problem;
use crate::proxies::Route;

/// What API tokens begin with, so that one that leaks is found by those who look for such.
pub(crate) const TOKEN_PREFIX: &str = "wk_";
/// A session that was not used for so long is over.
pub(crate) const SESSION_IDLE: Duration = Duration::from_secs(12 * 3600);
/// A session is over after this time, however much it is used.
pub(crate) const SESSION_MOST: Duration = Duration::from_secs(7 * 86_400);
/// How exactly it is remembered when a session was last used, and a token.
const SEEN_EVERY: Duration = Duration::from_secs(60);
const USED_EVERY: Duration = Duration::from_secs(300);

/// Somebody who makes a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Caller {
    /// What is written as `by`.
    pub(crate) name: Arc<str>,
    /// `None` for whoever has not signed in.
    pub(crate) role: Option<Role>,
    pub(crate) scope: Scope,
    pub(crate) credential: Credential,
    /// The address, if the request came over TCP and it is known.
    pub(crate) from: Option<IpAddr>,
    pub(crate) way: Way,
}

/// How a request came here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Way {
    pub(crate) https: Https,
    pub(crate) route: Route,
}

impl Way {
    pub(crate) const PLAIN: Way = Way { https: Https::No, route: Route::Straight };
}

/// How the host knows who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Credential {
    Nobody,
    /// Nobody can sign in, and the request comes from this machine.
    Open,
    ControlSocket,
    AdminToken,
    Token {
        id: String,
    },
    Session {
        key: Digest,
        /// What forms must send, so that they are ours.
        csrf: String,
        of: SessionOf,
        password: PasswordLife,
    },
}

impl Caller {
    pub(crate) fn nobody(from: Option<IpAddr>) -> Self {
        let (name, scope) = (Arc::from("nobody"), Scope::everything());
        Self { name, role: None, scope, credential: Credential::Nobody, from, way: Way::PLAIN }
    }
    pub(crate) fn is_signed_in(&self) -> bool {
        self.role.is_some()
    }
    /// Whether one person or program stands behind the name. Then nobody writes under another one.
    pub(crate) fn is_known(&self) -> bool {
        match &self.credential {
            Credential::Token { .. } => true,
            Credential::Session { of, .. } => matches!(of, SessionOf::User(_) | SessionOf::Provider(_)),
            Credential::Nobody | Credential::Open | Credential::ControlSocket | Credential::AdminToken => {
                false
            }
        }
    }
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.credential {
            Credential::Session { of: SessionOf::User(name), .. } => Some(name),
            Credential::Session { of: SessionOf::AdminToken(_) | SessionOf::Provider(_), .. }
            | Credential::Nobody
            | Credential::Open
            | Credential::ControlSocket
            | Credential::AdminToken
            | Credential::Token { .. } => None,
        }
    }
    pub(crate) fn must_change_password(&self) -> bool {
        matches!(&self.credential, Credential::Session { password: PasswordLife::OneTime, .. })
    }
    /// Who it is in the audit log.
    pub(crate) fn author(&self) -> Author {
        let by_way_of = match &self.credential {
            Credential::Nobody => "nobody".to_owned(),
            Credential::Open => "this machine".to_owned(),
            Credential::ControlSocket => "control socket".to_owned(),
            Credential::AdminToken => "admin token".to_owned(),
            Credential::Token { id } => format!("token {id}"),
            Credential::Session { of: SessionOf::Provider(vouched), .. } => by_way_of(vouched),
            Credential::Session { of: SessionOf::User(_) | SessionOf::AdminToken(_), .. } => {
                "session".to_owned()
            }
        };
        Author {
            name: self.name.to_string(),
            role: self.role.map(Role::as_str).unwrap_or_default().to_owned(),
            by_way_of,
            from: self.from.map(|from| from.to_canonical().to_string()).unwrap_or_default(),
        }
    }
    /// Whoever it is must still be let in, as the same person with the same rights: asked again while a stream is open.
    pub(crate) fn is_still_let_in(&self, host: &dyn Host) -> bool {
        let (access, directory, now) = (host.access(), host.directory(), host.now());
        match &self.credential {
            Credential::Nobody | Credential::ControlSocket => true,
            Credential::Open => is_open(&access, &directory),
            // The token itself is not kept: that there is one still has to do until the next request.
            Credential::AdminToken => access.admin_token.is_some(),
            Credential::Token { id } => directory.tokens.get(id).is_some_and(|token| {
                is_valid(token, now) && token.role == self.rank() && token.scope == self.scope
            }),
            Credential::Session { key, of, .. } => {
                let session = directory.sessions.get(key).filter(|session| !is_over(session, now));
                match of {
                    SessionOf::User(name) => {
                        let user = directory.users.get(name).filter(|user| user.disabled_at.is_none());
                        session.is_some()
                            && user.is_some_and(|user| user.role == self.rank() && user.scope == self.scope)
                    }
                    SessionOf::AdminToken(_) => session.is_some() && access.admin_token.is_some(),
                    SessionOf::Provider(vouched) => {
                        session.is_some()
                            && mapped(&access, vouched).is_some_and(|mapped| {
                                mapped.role == self.rank() && mapped.scope == self.scope
                            })
                    }
                }
            }
        }
    }
    fn rank(&self) -> Role {
        self.role.unwrap_or(Role::Viewer)
    }
}

/// Whether anybody could sign in.
pub(crate) fn can_sign_in(access: &Access, directory: &Directory) -> bool {
    can_sign_in_here(access, directory) || access.oidc.is_some()
}

/// Whether anybody could sign in with a password or the admin token.
pub(crate) fn can_sign_in_here(access: &Access, directory: &Directory) -> bool {
    access.admin_token.is_some() || !directory.users.is_empty() || access.sign_in == SignIn::Always
}

/// What the config gives somebody now whom a provider vouched for, if it is still that provider.
fn mapped<'a>(access: &'a Access, vouched: &Vouched) -> Option<&'a GroupRole> {
    access.oidc.as_ref().filter(|oidc| oidc.issuer == vouched.issuer)?.role_of(&vouched.groups)
}

/// Whether this machine may read without signing in.
pub(crate) fn is_open(access: &Access, directory: &Directory) -> bool {
    !can_sign_in(access, directory)
}

fn is_valid(token: &ApiToken, now: Wall) -> bool {
    token.expires_at.is_none_or(|expires| now < expires)
}

pub(crate) fn is_over(session: &Session, now: Wall) -> bool {
    let ends_at = match &session.of {
        SessionOf::Provider(vouched) => vouched.ends_at,
        SessionOf::User(_) | SessionOf::AdminToken(_) => session.began_at + SESSION_MOST,
    };
    session.seen_at + SESSION_IDLE <= now || ends_at <= now
}

/// The name of the cookie. Over HTTPS it is one that only HTTPS can have set.
pub(crate) const fn cookie_name(https: Https) -> &'static str {
    match https {
        Https::Yes => "__Host-watchkeep",
        Https::No => "watchkeep",
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Https {
    Yes,
    No,
}

/// What the cookie of a session holds; `None` without one.
pub(crate) fn cookie(https: Https, headers: &HeaderMap) -> Option<&str> {
    cookie_named(cookie_name(https), headers)
}

pub(crate) fn cookie_named<'h>(wanted: &str, headers: &'h HeaderMap) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// What every form of a session must send. It follows from what the cookie holds, which no other site can read.
pub(crate) fn csrf_of(cookie: &str) -> String {
    Digest::of(format!("watchkeep-csrf\0{cookie}").as_bytes()).to_string()
}

/// Finds out who makes the request. A token that is wrong is refused at once; a cookie that is no longer good is nobody's.
pub(crate) fn identify(
    host: &Arc<dyn Host>,
    peer: Peer,
    way: Way,
    distance: Distance,
    headers: &HeaderMap,
) -> Result<Caller, Problem> {
    Ok(Caller { way, ..identified(host, peer, way, distance, headers)? })
}

fn identified(
    host: &Arc<dyn Host>,
    peer: Peer,
    way: Way,
    distance: Distance,
    headers: &HeaderMap,
) -> Result<Caller, Problem> {
    if peer == Peer::ControlSocket {
        let admin = Caller { role: Some(Role::Admin), ..Caller::nobody(None) };
        return Ok(Caller { name: Arc::from("admin"), credential: Credential::ControlSocket, ..admin });
    }
    let from = peer.address();
    let (access, directory) = (host.access(), host.directory());
    if let Some(given) = bearer(headers) {
        return by_token(host, &access, &directory, given, from);
    }
    if let Some(caller) =
        cookie(way.https, headers).and_then(|cookie| by_cookie(host, &access, &directory, cookie, from))
    {
        return Ok(caller);
    }
    let nobody = Caller::nobody(from);
    if distance == Distance::Near && way.route == Route::Straight && is_open(&access, &directory) {
        return Ok(Caller { role: Some(Role::Viewer), credential: Credential::Open, ..nobody });
    }
    Ok(nobody)
}

fn by_token(
    host: &Arc<dyn Host>,
    access: &Access,
    directory: &Directory,
    given: &str,
    from: Option<IpAddr>,
) -> Result<Caller, Problem> {
    let refused = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, "wrong-token", detail);
    if let Some((id, secret)) = given.strip_prefix(TOKEN_PREFIX).and_then(|rest| rest.split_once('_')) {
        let token = directory.tokens.get(id);
        // A secret of 256 random bits is found by no timing; all the same nothing is told by it.
        let hash = Digest::of(secret.as_bytes());
        let same = token.is_some_and(|token| bool::from(token.secret_hash.0.ct_eq(&hash.0)));
        return match token.filter(|_| same) {
            Some(token) if is_valid(token, host.now()) => Ok(used(host, token, from)),
            Some(_) => Err(refused("the token has expired; hint: an admin makes a new one")),
            None => Err(refused("the token is not one of this host, or was revoked")),
        };
    }
    match &access.admin_token {
        Some(token) if token.is(given) => {
            let admin = Caller { role: Some(Role::Admin), ..Caller::nobody(from) };
            Ok(Caller { name: Arc::from("admin"), credential: Credential::AdminToken, ..admin })
        }
        Some(_) => Err(refused(
            "the bearer token is not the admin token; hint: it is what `admin_token` under [host] names",
        )),
        None => Err(refused("the bearer token is not one of this host; hint: API tokens begin with `wk_`")),
    }
}

/// The caller behind a token, whose use is noted: now and then, and once a day in the audit log.
fn used(host: &Arc<dyn Host>, token: &ApiToken, from: Option<IpAddr>) -> Caller {
    let caller = Caller {
        name: Arc::from(token.name.as_str()),
        role: Some(token.role),
        scope: token.scope.clone(),
        credential: Credential::Token { id: token.id.clone() },
        from,
        way: Way::PLAIN,
    };
    let now = host.now();
    if token.used_at.is_none_or(|used| used + USED_EVERY <= now) {
        host.note_use(AccessChange::PutToken(ApiToken { used_at: Some(now), ..token.clone() }));
        let day = |at: Wall| at.millis().div_euclid(86_400_000);
        if token.used_at.is_none_or(|used| day(used) != day(now)) {
            let entry = AuditEntry::new(now, caller.author(), "token.first-use-of-day", token.name.clone());
            let host = Arc::clone(host);
            // The request does not wait for it: it changes nothing.
            tokio::spawn(async move { drop(host.write(Write::Access(Vec::new()), entry).await) });
        }
    }
    caller
}

fn by_cookie(
    host: &Arc<dyn Host>,
    access: &Access,
    directory: &Directory,
    cookie: &str,
    from: Option<IpAddr>,
) -> Option<Caller> {
    let key = Digest::of(cookie.as_bytes());
    let now = host.now();
    let session = directory.sessions.get(&key).filter(|session| !is_over(session, now))?;
    let (name, role, scope, password) = match &session.of {
        SessionOf::User(name) => {
            let User { role, scope, password, .. } =
                &**directory.users.get(name).filter(|user| user.disabled_at.is_none())?;
            (name.as_str(), *role, scope.clone(), *password)
        }
        SessionOf::AdminToken(bound) => {
            let token = access.admin_token.as_ref()?;
            (token.bound_to(cookie) == *bound).then_some(())?;
            ("admin", Role::Admin, Scope::everything(), PasswordLife::Chosen)
        }
        SessionOf::Provider(vouched) => {
            let GroupRole { role, scope, .. } = mapped(access, vouched)?;
            (vouched.name.as_str(), *role, scope.clone(), PasswordLife::Chosen)
        }
    };
    if session.seen_at + SEEN_EVERY <= now {
        host.note_use(AccessChange::PutSession(Session { seen_at: now, ..(**session).clone() }));
    }
    let credential = Credential::Session { key, csrf: csrf_of(cookie), of: session.of.clone(), password };
    Some(Caller { name: Arc::from(name), role: Some(role), scope, credential, from, way: Way::PLAIN })
}

/// A request extension: under which name somebody writes, and within which scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Writer {
    pub(crate) name: Arc<str>,
    pub(crate) scope: Scope,
    pub(crate) named_by: NamedBy,
}

/// Who says under which name something is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NamedBy {
    /// The session or the token. Whatever the request says counts for nothing.
    Credential,
    /// The request may: several people share the admin token and the control socket.
    Request,
}

impl Writer {
    pub(crate) fn of(caller: &Caller) -> Self {
        let named_by = if caller.is_known() { NamedBy::Credential } else { NamedBy::Request };
        Self { name: Arc::clone(&caller.name), scope: caller.scope.clone(), named_by }
    }
}
