//! Who may use the pages and the API: people, tokens and sessions, with a role and a scope each. Only data; `web` asks it
//! at every request, and the store keeps it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::ids::Digest;
use crate::matcher::{Matcher, MatcherError};
use crate::model::setup::CheckSpec;
use crate::model::window::Window;
use crate::time::Wall;

/// What somebody may do. Each may do what those before it may.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Takes alerts, silences, runs and pauses checks, acts.
    Operator,
    /// Reloads, decides about plugins, and about who may do what.
    Admin,
}

impl Role {
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Which checks somebody sees, by matchers over their labels as the config gives them. Without a matcher: everything, the
/// host itself and its plugins included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scope(Vec<Matcher>);

/// What a window of somebody with a scope must say beside the scope: alerts about plugins and about the host have no check,
/// and a matcher such as `team!="db"` would fit them.
const OF_A_CHECK: &str = "check!=\"\"";

impl Scope {
    pub fn everything() -> Self {
        Self::default()
    }
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, MatcherError> {
        texts.into_iter().map(Matcher::parse).collect::<Result<_, _>>().map(Self)
    }
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }
    pub fn matchers(&self) -> &[Matcher] {
        &self.0
    }
    /// Whether the check is in the scope: by the labels that the config gives it, its name (`check`) and its plugin
    /// (`plugin`). What a plugin reports does not count, so that no target decides who sees it.
    pub fn admits(&self, spec: &CheckSpec) -> bool {
        if self.is_everything() {
            return true;
        }
        let labels = spec.labels.with([("check", spec.name.as_str()), ("plugin", spec.plugin.as_str())]);
        self.0.iter().all(|matcher| matcher.matches(&labels))
    }
    /// Narrows a window, so that it reaches nothing outside the scope.
    pub fn narrow(&self, window: &mut Window) {
        for matcher in self.bounds() {
            if !window.matchers.contains(&matcher) {
                window.matchers.push(matcher);
            }
        }
    }
    /// Whether the window says everything that the scope says, so that it reaches nothing outside, whatever is added to
    /// the config later.
    pub fn confines(&self, window: &Window) -> bool {
        self.bounds().iter().all(|matcher| window.matchers.contains(matcher))
    }

    fn bounds(&self) -> Vec<Matcher> {
        if self.is_everything() {
            return Vec::new();
        }
        let of_a_check = Matcher::parse(OF_A_CHECK).expect("the constant is a matcher");
        self.0.iter().cloned().chain([of_a_check]).collect()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(", "))
    }
}

/// Somebody who signs in with a name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    /// In the form of the PHC: algorithm, cost, salt and hash.
    pub password_hash: String,
    pub password: PasswordLife,
    pub created_at: Wall,
    /// Since when the user may do nothing.
    pub disabled_at: Option<Wall>,
}

/// Without the hash, so that no log has it.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PasswordLife {
    Chosen,
    /// Somebody else knows it: it must be changed before anything else is done.
    OneTime,
}

/// What a program sends in place of a name and a password. Its secret is 256 random bits, so a plain hash keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Part of the token, and what lists and logs call it by.
    pub id: String,
    pub name: String,
    pub secret_hash: Digest,
    pub role: Role,
    pub scope: Scope,
    pub created_at: Wall,
    /// Who made it.
    pub by: String,
    /// From then on it is refused.
    pub expires_at: Option<Wall>,
    /// When it was last used, to within a few minutes.
    pub used_at: Option<Wall>,
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiToken").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A browser that signed in. It is found by the hash of what its cookie holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    pub key: Digest,
    pub of: SessionOf,
    pub began_at: Wall,
    /// When it was last used, to within a minute.
    pub seen_at: Wall,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SessionOf {
    User(String),
    /// Signed in with `admin_token`. The hash of the cookie and the token together: with another token in the config the
    /// session is over, and the hash gives nothing away about the token.
    AdminToken(Digest),
    /// Boxed, because most sessions are not of these.
    Provider(Box<Vouched>),
}

/// Somebody whom an OpenID provider vouched for. What they may do follows from their groups and the config, at every
/// request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vouched {
    /// The provider, as it calls itself.
    pub issuer: String,
    /// What the provider calls them, for ever.
    pub subject: String,
    /// What they are called here.
    pub name: String,
    /// Those of their groups to which the config gave a role when they signed in.
    pub groups: Vec<String>,
    /// When the provider must be asked again.
    pub ends_at: Wall,
}

/// Everybody who may use the host, as it is now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    pub users: BTreeMap<String, Arc<User>>,
    pub tokens: BTreeMap<String, Arc<ApiToken>>,
    pub sessions: BTreeMap<Digest, Arc<Session>>,
}

/// A change to the directory. Each says how the row is afterwards, so that it can be applied twice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AccessChange {
    PutUser(User),
    RemoveUser(String),
    PutToken(ApiToken),
    RemoveToken(String),
    PutSession(Session),
    RemoveSession(Digest),
}

impl Directory {
    pub fn apply(&mut self, change: &AccessChange) {
        match change {
            AccessChange::PutUser(user) => {
                self.users.insert(user.name.clone(), Arc::new(user.clone()));
            }
            AccessChange::RemoveUser(name) => {
                self.users.remove(name);
            }
            AccessChange::PutToken(token) => {
                self.tokens.insert(token.id.clone(), Arc::new(token.clone()));
            }
            AccessChange::RemoveToken(id) => {
                self.tokens.remove(id);
            }
            AccessChange::PutSession(session) => {
                self.sessions.insert(session.key, Arc::new(session.clone()));
            }
            AccessChange::RemoveSession(key) => {
                self.sessions.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ids::WindowId;
    use crate::setup::{CheckSpec, Schedule};
    use crate::window::{When, WindowKind};

    fn spec(name: &str, team: &str) -> CheckSpec {
        let labels = [("team", team)].into_iter().collect();
        let plain = CheckSpec::plain(name.into(), "http".into(), Schedule::Interval(Duration::from_secs(60)));
        CheckSpec { labels, ..plain }
    }
    fn window(matchers: &[&str]) -> Window {
        Window {
            id: WindowId::new("s-1"),
            kind: WindowKind::Silence,
            matchers: matchers.iter().map(|text| Matcher::parse(text).unwrap()).collect(),
            when: When::Once { from: Wall::from_millis(0), until: Wall::from_millis(1) },
            author: "ann".to_owned(),
            comment: String::new(),
            announcement: None,
            made_at: Wall::from_millis(0),
        }
    }

    #[test]
    fn a_scope_admits_by_labels_name_and_plugin_and_an_empty_one_admits_all() {
        let web = Scope::parse(["team=\"web\""]).unwrap();
        assert!(web.admits(&spec("shop", "web")) && !web.admits(&spec("pay", "money")));
        let named = Scope::parse(["check=~\"shop.*\"", "plugin=\"http\""]).unwrap();
        assert!(named.admits(&spec("shop-1", "x")) && !named.admits(&spec("pay", "x")));
        assert!(Scope::everything().admits(&spec("pay", "money")));
        assert!(Scope::parse(["team"]).is_err());
    }

    #[test]
    fn a_window_is_confined_once_it_says_what_the_scope_says() {
        let scope = Scope::parse(["team!=\"db\""]).unwrap();
        let mut made = window(&["severity=\"error\""]);
        assert!(!scope.confines(&made));
        scope.narrow(&mut made);
        assert!(scope.confines(&made));
        let texts: Vec<String> = made.matchers.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["severity=\"error\"", "team!=\"db\"", "check!=\"\""]);
        let before = made.clone();
        scope.narrow(&mut made);
        assert_eq!(made, before, "nothing is said twice");
    }

    #[test]
    fn nothing_secret_is_printed() {
        let user = User {
            name: "ann".to_owned(),
            role: Role::Admin,
            scope: Scope::everything(),
            password_hash: "$argon2id$hash".to_owned(),
            password: PasswordLife::Chosen,
            created_at: Wall::from_millis(0),
            disabled_at: None,
        };
        assert!(!format!("{user:?}").contains("argon2id"));
    }
}
