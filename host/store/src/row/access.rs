//! People, tokens and sessions.

use serde::{Deserialize, Serialize};
use watchkeep_core::access::{ApiToken, PasswordLife, Role, Scope, Session, SessionOf, User, Vouched};
use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;

use super::{Row, damaged};
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
enum RoleRow {
    Viewer,
    Operator,
    Admin,
}

impl From<Role> for RoleRow {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => RoleRow::Viewer,
            Role::Operator => RoleRow::Operator,
            Role::Admin => RoleRow::Admin,
        }
    }
}
impl From<RoleRow> for Role {
    fn from(role: RoleRow) -> Self {
        match role {
            RoleRow::Viewer => Role::Viewer,
            RoleRow::Operator => Role::Operator,
            RoleRow::Admin => Role::Admin,
        }
    }
}

/// The matchers as they were written.
fn scope_texts(scope: &Scope) -> Vec<String> {
    scope.matchers().iter().map(ToString::to_string).collect()
}

/// A scope that cannot be read is an error and never an empty one, which would admit everything.
fn scope<R: Row>(texts: &[String]) -> Result<Scope, ReadError> {
    Scope::parse(texts.iter().map(String::as_str)).map_err(|error| damaged::<R>(&error.to_string()))
}

#[derive(Serialize, Deserialize)]
enum Life {
    Chosen,
    OneTime,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct UserRow<'a> {
    pub(crate) name: &'a str,
    role: RoleRow,
    scope: Vec<String>,
    password_hash: &'a str,
    life: Life,
    created_at: i64,
    disabled_at: Option<i64>,
}

impl Row for UserRow<'_> {
    const TABLE: &'static str = "users";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a User> for UserRow<'a> {
    fn from(user: &'a User) -> Self {
        let User { name, role, scope, password_hash, password, created_at, disabled_at } = user;
        Self {
            name,
            role: (*role).into(),
            scope: scope_texts(scope),
            password_hash,
            life: match password {
                PasswordLife::Chosen => Life::Chosen,
                PasswordLife::OneTime => Life::OneTime,
            },
            created_at: created_at.millis(),
            disabled_at: disabled_at.map(Wall::millis),
        }
    }
}
impl TryFrom<UserRow<'_>> for User {
    type Error = ReadError;

    fn try_from(row: UserRow<'_>) -> Result<Self, ReadError> {
        Ok(User {
            name: row.name.to_owned(),
            role: row.role.into(),
            scope: scope::<UserRow<'_>>(&row.scope)?,
            password_hash: row.password_hash.to_owned(),
            password: match row.life {
                Life::Chosen => PasswordLife::Chosen,
                Life::OneTime => PasswordLife::OneTime,
            },
            created_at: Wall::from_millis(row.created_at),
            disabled_at: row.disabled_at.map(Wall::from_millis),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TokenRow<'a> {
    pub(crate) id: &'a str,
    name: &'a str,
    secret_hash: [u8; 32],
    role: RoleRow,
    scope: Vec<String>,
    created_at: i64,
    by: &'a str,
    expires_at: Option<i64>,
    used_at: Option<i64>,
}

impl Row for TokenRow<'_> {
    const TABLE: &'static str = "tokens";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a ApiToken> for TokenRow<'a> {
    fn from(token: &'a ApiToken) -> Self {
        let ApiToken { id, name, secret_hash, role, scope, created_at, by, expires_at, used_at } = token;
        Self {
            id,
            name,
            secret_hash: secret_hash.0,
            role: (*role).into(),
            scope: scope_texts(scope),
            created_at: created_at.millis(),
            by,
            expires_at: expires_at.map(Wall::millis),
            used_at: used_at.map(Wall::millis),
        }
    }
}
impl TryFrom<TokenRow<'_>> for ApiToken {
    type Error = ReadError;

    fn try_from(row: TokenRow<'_>) -> Result<Self, ReadError> {
        Ok(ApiToken {
            id: row.id.to_owned(),
            name: row.name.to_owned(),
            secret_hash: Digest(row.secret_hash),
            role: row.role.into(),
            scope: scope::<TokenRow<'_>>(&row.scope)?,
            created_at: Wall::from_millis(row.created_at),
            by: row.by.to_owned(),
            expires_at: row.expires_at.map(Wall::from_millis),
            used_at: row.used_at.map(Wall::from_millis),
        })
    }
}

#[derive(Serialize, Deserialize)]
enum OfRow<'a> {
    User(&'a str),
    AdminToken([u8; 32]),
    #[serde(borrow)]
    Provider(VouchedRow<'a>),
}

#[derive(Serialize, Deserialize)]
struct VouchedRow<'a> {
    issuer: &'a str,
    subject: &'a str,
    name: &'a str,
    groups: Vec<&'a str>,
    ends_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SessionRow<'a> {
    pub(crate) key: [u8; 32],
    #[serde(borrow)]
    of: OfRow<'a>,
    began_at: i64,
    seen_at: i64,
}

impl Row for SessionRow<'_> {
    const TABLE: &'static str = "sessions";
    const VERSION: u8 = 1;
}

impl SessionRow<'_> {
    /// The user whose session it is; `None` for one of the admin token or of a provider.
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.of {
            OfRow::User(name) => Some(*name),
            OfRow::AdminToken(_) | OfRow::Provider(_) => None,
        }
    }
}

impl<'a> From<&'a Session> for SessionRow<'a> {
    fn from(session: &'a Session) -> Self {
        let Session { key, of, began_at, seen_at } = session;
        Self {
            key: key.0,
            of: match of {
                SessionOf::User(name) => OfRow::User(name),
                SessionOf::AdminToken(bound) => OfRow::AdminToken(bound.0),
                SessionOf::Provider(vouched) => OfRow::Provider(VouchedRow {
                    issuer: &vouched.issuer,
                    subject: &vouched.subject,
                    name: &vouched.name,
                    groups: vouched.groups.iter().map(String::as_str).collect(),
                    ends_at: vouched.ends_at.millis(),
                }),
            },
            began_at: began_at.millis(),
            seen_at: seen_at.millis(),
        }
    }
}
impl From<SessionRow<'_>> for Session {
    fn from(row: SessionRow<'_>) -> Self {
        Session {
            key: Digest(row.key),
            of: match row.of {
                OfRow::User(name) => SessionOf::User(name.to_owned()),
                OfRow::AdminToken(bound) => SessionOf::AdminToken(Digest(bound)),
                OfRow::Provider(row) => SessionOf::Provider(Box::new(Vouched {
                    issuer: row.issuer.to_owned(),
                    subject: row.subject.to_owned(),
                    name: row.name.to_owned(),
                    groups: row.groups.into_iter().map(str::to_owned).collect(),
                    ends_at: Wall::from_millis(row.ends_at),
                })),
            },
            began_at: Wall::from_millis(row.began_at),
            seen_at: Wall::from_millis(row.seen_at),
        }
    }
}
