//! Reads config and plugins again. All that can fail comes first, then the swap; a bad config changes nothing.
//! The difference is computed here, off the loop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;
use watchkeep_config::{Config, Loaded, OidcConfig, PluginUser, Problem, ProcessEnvironment};
use watchkeep_core::alert::AlertKey;
use watchkeep_core::ids::CheckName;
use watchkeep_core::input::{Input, PluginStatus};
use watchkeep_core::setup::Difference;
use watchkeep_engine::{Engine, Generation};
use watchkeep_web::{
    Access, AdminToken, ClientSecret, ConfigProblem, ConfigRefused, GroupRole, Oidc, ReloadMode, Reloaded,
    Severity, SignIn,
};

use super::board::Board;
use super::clock;
use super::control;
use super::main_loop::Message;
use super::plugin_reloader::{Pair, PluginReloader};
use super::plugins::Catalogue;
use super::prepared::InForce;
use super::tls::{self, Certificates};

pub(crate) struct Reloader {
    pub(crate) path: PathBuf,
    pub(crate) plugin_reloader: Arc<PluginReloader>,
    pub(crate) in_force: Arc<ArcSwap<InForce>>,
    pub(crate) access: Arc<ArcSwap<Access>>,
    pub(crate) listens: SocketAddr,
    pub(crate) inbox: mpsc::UnboundedSender<Message>,
    pub(crate) board: Arc<Board>,
    pub(crate) certificates: Certificates,
    /// Since the config on the disk was refused.
    pub(crate) refused: Mutex<Option<ConfigRefused>>,
}

impl Reloader {
    pub(crate) async fn reload(&self, mode: ReloadMode) -> Reloaded {
        // Compiling is awaited outside of the turn, so that a slow file holds up nobody.
        let bundled = self.in_force.load_full().catalogue.bundled_beside(&self.plugin_reloader.engine).await;
        let mut arrivals = self.plugin_reloader.arrivals().await;
        let (_turn, pair) = loop {
            let turn = self.plugin_reloader.turn.lock().await;
            let pair = self.plugin_reloader.pair(self.path.clone(), &bundled, &arrivals.ready).await;
            if pair.loaded.config.is_some() {
                break (turn, pair);
            }
            drop(turn);
            // The plugin that the config lacks may still be compiling.
            if !arrivals.wait().await {
                break (self.plugin_reloader.turn.lock().await, pair);
            }
        };
        let in_force = self.in_force.load_full();
        let told: Vec<ConfigProblem> = pair.loaded.problems.iter().map(problem).collect();
        let Some(config) = pair.loaded.config.clone() else {
            if mode == ReloadMode::Apply {
                tracing::error!("the config has errors and was not taken; the old one goes on");
                told.iter().for_each(log);
                let errors = told.iter().filter(|found| found.severity == Severity::Error).count();
                self.note_refused(Some(ConfigRefused { at: clock::wall(), errors }));
            }
            return Reloaded::Refused { problems: told };
        };
        let config = Arc::new(config);
        let difference = Difference::between(&in_force.config.setup, &config.setup);
        let mut warnings = told;
        warnings.extend(certificate_problems(&config).await);
        warnings.extend(needs_restart(&in_force.config, &config, &self.path));
        let strangers = &difference.renamed_from_nothing;
        warnings.extend(strangers.iter().map(|(new, old)| renamed_from_nothing(new, old, &self.path)));
        let closes = self.closes(&difference);
        let altered = watchkeep_config::altered(&in_force.config, &config);
        if mode == ReloadMode::Apply {
            // After a signal, only the log can tell.
            warnings.iter().for_each(log);
            self.apply(pair, config, difference.clone(), &in_force);
            self.note_refused(None);
        }
        Reloaded::Accepted { difference: Box::new(difference), closes, altered, warnings }
    }

    pub(crate) fn refused(&self) -> Option<ConfigRefused> {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn note_refused(&self, refused: Option<ConfigRefused>) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = refused;
    }

    fn apply(&self, pair: Pair, config: Arc<Config>, difference: Difference, before: &InForce) {
        let catalogue = Arc::new(pair.catalogue.clone());
        let prepared = InForce::new(
            config.clone(),
            catalogue.clone(),
            self.plugin_reloader.own.clone(),
            self.plugin_reloader.kept.clone(),
            Some(before),
        );
        let changed = plugin_changes(&before.catalogue, &catalogue);
        self.plugin_reloader.put_in_force(prepared, pair);
        self.access.store(Arc::new(access(&config, self.listens)));
        self.certificates.reload(&config.host);
        tracing::info!(
            added = difference.added.len(),
            changed = difference.changed.len(),
            removed = difference.removed.len(),
            renamed = difference.renamed.len(),
            "config reloaded"
        );
        let setup = Arc::new(config.setup.clone());
        let applied = Input::ConfigApplied { setup, difference };
        for input in changed.into_iter().chain([applied]) {
            // The inbox is closed only when the host has ended.
            let _ = self.inbox.send(Message::Input(input));
        }
        // What was told under the config before is not told again under this one.
        self.board.changes().forget();
    }

    fn closes(&self, difference: &Difference) -> Vec<AlertKey> {
        let open = self.board.alerts();
        let mut closes: Vec<AlertKey> = open
            .iter()
            .map(|alert| &alert.key)
            .filter(|key| key.check().is_some_and(|check| difference.removed.contains(check)))
            .cloned()
            .collect();
        closes.sort();
        closes
    }
}

/// Who may do what with the pages and the API.
pub(crate) fn access(config: &Config, listens: SocketAddr) -> Access {
    let token = config.host.admin_token.as_ref().and_then(|name| config.secrets.get(name));
    Access {
        admin_token: token.map(|secret| AdminToken::new(String::from_utf8_lossy(secret.expose()))),
        external_url: Some(config.host.external_url.clone()),
        hosts: vec![listens.to_string()],
        oidc: config.oidc.as_ref().map(|oidc| Arc::new(provider(oidc, &config.host.external_url))),
        trusted_proxies: config.host.trusted_proxies.clone(),
        sign_in: if config.host.users { SignIn::Always } else { SignIn::OncePossible },
        control_socket: control::socket_path(&config.host.data_dir),
    }
}

fn provider(oidc: &OidcConfig, external_url: &str) -> Oidc {
    let secret = String::from_utf8_lossy(oidc.client_secret.expose()).into_owned();
    let roles = oidc.roles.iter().map(|mapped| GroupRole {
        group: mapped.group.clone(),
        role: mapped.role,
        scope: mapped.scope.clone(),
    });
    Oidc {
        name: oidc.name.clone(),
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: ClientSecret::new(secret, &oidc.secret_name, oidc.client_secret.to().to_vec()),
        scopes: oidc.scopes.clone(),
        groups_claim: oidc.groups_claim.clone(),
        name_claim: oidc.name_claim.clone(),
        roles: roles.collect(),
        session: oidc.session,
        external_url: external_url.to_owned(),
    }
}

/// What is wrong with the host's own certificates. A config is taken all the same: the certificates that are there go on.
async fn certificate_problems(config: &Arc<Config>) -> Vec<ConfigProblem> {
    let config = config.clone();
    let found = tokio::task::spawn_blocking(move || tls::problems(&config.host)).await;
    let found = found.unwrap_or_default();
    found.iter().map(|found| ConfigProblem { severity: Severity::Warning, ..problem(found) }).collect()
}

/// Reads the config, and asks each plugin what it thinks of its part.
pub(crate) async fn load_config(path: PathBuf, engine: &Engine, catalogue: &Catalogue) -> Loaded {
    let mut loaded = read_config(path, catalogue).await;
    if let Some(config) = &loaded.config {
        let found = ask_plugins(config, engine, catalogue).await;
        if !found.is_empty() {
            loaded.config = None;
            loaded.problems.extend(found);
        }
    }
    loaded
}

/// Asks plugins about what a schema cannot express: two keys that exclude each other, a range upside down.
async fn ask_plugins(config: &Config, engine: &Engine, catalogue: &Catalogue) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (_, plugin) in catalogue.iter() {
        problems.extend(ask_plugin(config, engine, &plugin.generation).await);
    }
    problems
}

/// What one plugin says about its parts of the config.
pub(crate) async fn ask_plugin(config: &Config, engine: &Engine, generation: &Generation) -> Vec<Problem> {
    let setup = &config.setup;
    let checks = setup.checks.values().filter(|spec| spec.plugin == generation.name);
    let receivers = setup.receivers.values().filter(|spec| spec.plugin == generation.name);
    let checks = checks.map(|spec| (PluginUser::Check(&spec.name), &spec.config));
    let receivers = receivers.map(|spec| (PluginUser::Receiver(&spec.name), &spec.config));
    let actions = setup.actions.values().filter(|spec| spec.plugin == generation.name);
    let actions = actions.map(|spec| (PluginUser::Action(&spec.name), &spec.config));
    let mut problems = Vec::new();
    let until = tokio::time::Instant::now() + ASKING_TIME;
    for (user, part) in checks.chain(receivers).chain(actions) {
        match tokio::time::timeout_at(until, engine.validate(generation, part)).await {
            Ok(Ok(())) => {}
            Ok(Err(found)) => {
                let placed =
                    found.iter().map(|found| config.plugin_problem(user, &found.path, &found.message));
                problems.extend(placed);
            }
            Err(_) => {
                let message = format!(
                    "cannot be validated: plugin `{}` takes more than {} s to look at its configs",
                    generation.name,
                    ASKING_TIME.as_secs()
                );
                problems.push(config.plugin_problem(user, "", &message));
                return problems;
            }
        }
    }
    problems
}

/// How long one plugin may take for all configs that are for it, while others wait.
const ASKING_TIME: Duration = Duration::from_secs(20);

/// Reading files and schemas takes long enough that it is not done on the runtime's threads.
async fn read_config(path: PathBuf, catalogue: &Catalogue) -> Loaded {
    let (facts, absent) = (catalogue.facts(), catalogue.absent.clone());
    let loading = tokio::task::spawn_blocking(move || {
        watchkeep_config::load_beside(&path, &facts, &absent, &ProcessEnvironment)
    });
    match loading.await {
        Ok(loaded) => loaded,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// Logs a problem as one line, whatever a config or a plugin says.
fn log(problem: &ConfigProblem) {
    let hint = problem.hint.as_deref().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
    let ConfigProblem { file, line, message, .. } = problem;
    match problem.severity {
        Severity::Warning => tracing::warn!(file, line, "{message}{hint}"),
        Severity::Error => tracing::error!(file, line, "{message}{hint}"),
    }
}

/// Logs warnings found at the start, when only the log can tell.
pub(crate) fn log_warnings(problems: &[Problem]) {
    problems.iter().map(problem).for_each(|warning| log(&warning));
}

fn plugin_changes(old: &Catalogue, new: &Catalogue) -> Vec<Input> {
    let live = new.iter().filter_map(|(name, plugin)| {
        let digest = plugin.generation.digest;
        let same = old.find(name).is_some_and(|before| before.generation.digest == digest);
        (!same).then(|| Input::PluginChanged { plugin: name.clone(), status: PluginStatus::Live(digest) })
    });
    let gone = old
        .iter()
        .filter(|(name, _)| new.find(name).is_none())
        .map(|(name, _)| Input::PluginChanged { plugin: name.clone(), status: PluginStatus::Gone });
    live.chain(gone).collect()
}

/// Warnings about changed settings that are read only at a start.
fn needs_restart(old: &Config, new: &Config, path: &Path) -> Vec<ConfigProblem> {
    let (old, new) = (&old.host, &new.host);
    let settings = [
        ("data_dir", old.data_dir != new.data_dir),
        ("listen", old.listen != new.listen),
        ("tls", old.tls.is_some() != new.tls.is_some()),
        ("public_tls", old.public_tls.is_some() != new.public_tls.is_some()),
        ("concurrency", old.concurrency != new.concurrency),
        ("store_cache", old.store_cache_bytes != new.store_cache_bytes),
    ];
    let changed = settings.into_iter().filter(|(_, changed)| *changed);
    changed
        .map(|(key, _)| ConfigProblem {
            severity: Severity::Warning,
            file: path.display().to_string(),
            line: None,
            column: None,
            key: Some(format!("host.{key}")),
            message: format!("`{key}` under [host] is read once, at the start"),
            hint: Some("restart the host for it to take effect".to_owned()),
        })
        .collect()
}

/// A warning: this is probably a slip, because whoever renames a check wants to keep its history.
fn renamed_from_nothing(new: &CheckName, old: &CheckName, path: &Path) -> ConfigProblem {
    ConfigProblem {
        severity: Severity::Warning,
        file: path.display().to_string(),
        line: None,
        column: None,
        key: Some(format!("check.{new}.renamed_from")),
        message: no_such_name(new, old),
        hint: Some(NO_SUCH_NAME_HINT.to_owned()),
    }
}

pub(crate) fn no_such_name(new: &CheckName, old: &CheckName) -> String {
    format!("`{new}` was never called `{old}`: no check had that name, so `{new}` begins anew")
}

pub(crate) const NO_SUCH_NAME_HINT: &str = "correct `renamed_from`, or take it out";

fn problem(problem: &Problem) -> ConfigProblem {
    let from_one = |number: u32| (number > 0).then_some(number);
    ConfigProblem {
        severity: match problem.severity {
            watchkeep_config::Severity::Warning => Severity::Warning,
            watchkeep_config::Severity::Error => Severity::Error,
        },
        file: problem.place.file.display().to_string(),
        line: from_one(problem.place.line),
        column: from_one(problem.place.column),
        key: (!problem.key.is_empty()).then(|| problem.key.clone()),
        message: problem.message.clone(),
        hint: problem.hint.clone(),
    }
}
