//! From a path to a config or to problems: the stages in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono_tz::Tz;
use watchkeep_core::grant::{Allow, Command, is_guessable};
use watchkeep_core::ids::{CommandName, PluginName, RootName, SecretName, SocketName};
use watchkeep_core::setup::{Setup, Work};

use crate::config::{ActionGrants, Config, DeadManSignal, HostConfig, OidcConfig, PluginSettings};
use crate::each::Placeholders;
use crate::environment::Environment;
use crate::files::{self, File};
use crate::gather::{Gathered, gather};
use crate::hours;
use crate::keys::{DEFAULTS, Named};
use crate::limits::Above;
use crate::names::{KnownNames, Names};
use crate::needs;
use crate::nobody;
use crate::plugin_config::Validators;
use crate::plugin_facts::PluginFacts;
use crate::problem::{Place, Problem};
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, refuse_unknown_keys};
use crate::sections::actions::ParsedAction;
use crate::sections::checks::{ParsedCheck, ReadContext};
use crate::sections::receivers::Reachable;
use crate::sections::secrets::Secrets;
use crate::sections::{
    actions, calendars, checks, commands, dead_man_signal, dependencies, escalations, heartbeats, host,
    maintenance, oidc, people, plugins, receivers, roots, routes, rules, secrets, services, sites, sockets,
    status_pages, templates, witness,
};
use crate::source::{Sources, Span};
use crate::tree::{Table, Value};

/// The result of loading. `problems` are sorted by file and line.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The config; `None` if any problem is an error.
    pub config: Option<Config>,
    pub problems: Vec<Problem>,
}

/// Reads the file or the folder at `path` and everything that it includes.
pub fn load(path: &Path, plugins: &BTreeMap<PluginName, PluginFacts>, env: &dyn Environment) -> Loaded {
    load_beside(path, plugins, &BTreeMap::new(), env)
}

/// The same, with files that are not plugins yet, by the name that each would have. If a config names one, the problem
/// says why it is not there, such as "is being compiled".
pub fn load_beside(
    path: &Path,
    plugins: &BTreeMap<PluginName, PluginFacts>,
    absent: &BTreeMap<PluginName, String>,
    env: &dyn Environment,
) -> Loaded {
    let mut sources = Sources::default();
    let mut problems = Problems::default();
    let files = files::read_all(path, &mut sources, &mut problems);
    let config = read(path, &files, (plugins, absent), env, &mut sources, &mut problems);
    let config = (!problems.has_errors()).then_some(config);
    Loaded { config, problems: problems.finish(&sources) }
}

/// The host's own settings, before any plugin is known: `plugin_dir` says where plugins are. A wrong setting has its
/// default here and is reported by `load`; only a config of which nothing can be read is refused.
pub fn preliminary(path: &Path) -> Result<HostConfig, Vec<Problem>> {
    let mut sources = Sources::default();
    let mut problems = Problems::default();
    let files = files::read_all(path, &mut sources, &mut problems);
    if files.is_empty() {
        return Err(problems.finish(&sources));
    }
    let gathered = gather(&files, &mut problems);
    let none = Table::default();
    let table = gathered.one("host").unwrap_or(&none);
    Ok(host::read(table, folder_of(path), &mut BTreeMap::new(), &sources, &mut problems))
}

fn folder_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_owned() } else { path.parent().unwrap_or(Path::new("")).to_owned() }
}

fn read(
    path: &Path,
    files: &[File],
    (plugins, absent): (&BTreeMap<PluginName, PluginFacts>, &BTreeMap<PluginName, String>),
    env: &dyn Environment,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Config {
    let gathered = gather(files, problems);
    let none = Table::default();
    let names = names(&gathered, plugins);

    let mut labels = BTreeMap::new();
    let host =
        host::read(gathered.one("host").unwrap_or(&none), folder_of(path), &mut labels, sources, problems);
    let defaults = gathered.one("defaults").unwrap_or(&none);
    let zone = default_zone(defaults, problems);
    let (calendars, closings) = calendars::read(&gathered, zone, sources, problems);
    let sites = sites::read(&gathered, &names, problems);
    let above = Above::of(&host.ceilings, gathered.one("host"));
    let settings = plugins::read(&gathered, plugins, &names, above, problems);
    let secrets = secrets::read(&gathered, env, sources, problems);
    admin_token_is_there(&host, &gathered, &secrets, problems);
    let sockets = sockets::read(&gathered, sources, problems);
    let roots = roots::read(&gathered, problems);
    let commands = commands::read(&gathered, problems);
    let templates = templates::read(&gathered, &names, problems);

    let mut validators = Validators::default();
    let around = ReadContext {
        names: &names,
        templates: &templates,
        sites: &sites,
        calendars: &calendars,
        secrets: &secrets,
        plugins,
        absent,
        defaults,
        zone,
        host_labels: &labels,
    };
    defaults_are_good(&around, problems);
    // Checks, rules and heartbeats share one namespace.
    let mut given = KnownNames::new("check");
    let mut checks = checks::read(&gathered, &around, &mut validators, &mut given, sources, problems);
    rules::read(&gathered, &around, &mut given, &mut checks, sources, problems);
    heartbeats::read(&gathered, &around, &mut given, &mut checks, sources, problems);
    let checks::Checks { jobs, outlines } = checks;
    hours::refuse_never(&jobs, problems);
    needs::server_names(&jobs, &settings, problems);
    let people = people::read(&gathered, &names, problems);
    let reachable = receivers::read(&gathered, &around, &mut validators, problems);
    let actions = actions::read(&gathered, &around, &mut validators, problems);
    let mut all_checks = Names::default();
    all_checks.set(Named::Check, outlines.iter().map(|check| check.name.as_str()));
    dependencies::check(&outlines, &all_checks, problems);
    let witness = witness::read(&gathered, &jobs, &all_checks, problems);
    let windows = maintenance::read(&gathered, zone, problems);
    let services = services::read(&gathered, problems);
    let status_pages = status_pages::read(&gathered, &around, &reachable, problems);
    let dead_man_signal = dead_man_signal::read(&gathered, &secrets, problems);
    let oidc = oidc::read(&gathered, &secrets, problems);
    let root = routes::read(&gathered, &calendars, &names, problems);
    let escalations = escalations::read(&gathered, &names, problems);
    nobody_uses(&gathered, &reachable, &names, problems);
    protect_little(
        &secrets,
        &jobs,
        &reachable,
        &actions,
        settings.values().map(|settings| &settings.allow),
        problems,
    );
    let of_plugin = |one: &Reachable| settings.get(&one.spec.plugin).map(|settings| settings.allow.clone());
    nobody::links_lead_nowhere(&host.external_url, &gathered, &reachable, of_plugin, problems);

    let certificates = host.tls.iter().chain(&host.public_tls);
    let certificates = certificates.flat_map(|files| [files.certificate.clone(), files.key.clone()]);
    let files = sources.paths().map(Path::to_owned).chain(secrets.files.iter().cloned());
    let files = files.chain(certificates).collect();
    let setup = Setup {
        root: root.map(Arc::new),
        escalations,
        windows,
        services,
        people,
        readers: reachable
            .iter()
            .filter_map(|one| Some((one.spec.name.clone(), one.readers.clone()?)))
            .collect(),
        status_pages,
        witness,
        dead_man_signal: dead_man_signal.as_ref().map(|signal| signal.interval),
        external_url: host.external_url.clone(),
        public_url: host.public_url.clone(),
        ..Setup::default()
    };
    let read = Read {
        zone,
        host,
        setup,
        dead_man_signal,
        oidc,
        jobs,
        reachable,
        actions,
        plugins: settings,
        secrets,
        sockets,
        roots,
        commands,
        calendars: closings,
        files,
    };
    let config = assemble(read, sources);
    if !problems.has_errors() {
        nobody::warn(&config, &gathered, problems);
        status_pages::warn(&config.setup, &gathered, problems);
    }
    config
}

fn names(gathered: &Gathered<'_>, plugins: &BTreeMap<PluginName, PluginFacts>) -> Names {
    let mut names = Names::default();
    for (named, section) in [
        (Named::Calendar, "calendars"),
        (Named::Site, "site"),
        (Named::Person, "person"),
        (Named::Template, "template"),
        (Named::Root, "roots"),
        (Named::Command, "commands"),
        (Named::Escalation, "escalation"),
    ] {
        names.set(named, gathered.named(section).map(|(name, _)| name));
    }
    for (named, section) in [
        (Named::Receiver, "receiver"),
        (Named::Action, "action"),
        (Named::Route, "route"),
        (Named::Service, "service"),
    ] {
        let given =
            gathered.many(section).iter().filter_map(|element| as_text(&element.table.get("name")?.node));
        names.set(named, given);
    }
    names.set(Named::Plugin, plugins.keys().map(PluginName::as_str));
    names
}

fn default_zone(defaults: &Table, problems: &mut Problems) -> Tz {
    let layers = [defaults];
    let path = KeyPath::Root.key("defaults");
    let reader = Reader { section: &DEFAULTS, layers: &layers, path, placeholders: Placeholders::Literal };
    reader.zone("time_zone", problems).unwrap_or(Tz::UTC)
}

/// Reports what is wrong with `[defaults]`, even if no check uses them.
fn defaults_are_good(around: &ReadContext<'_>, problems: &mut Problems) {
    let root = KeyPath::Root;
    refuse_unknown_keys(&DEFAULTS, around.defaults, &root.key("defaults"), problems);
    checks::read_alone(&DEFAULTS, &[around.defaults], root.key("defaults"), around, problems);
}

fn admin_token_is_there(
    host: &HostConfig,
    gathered: &Gathered<'_>,
    secrets: &Secrets,
    problems: &mut Problems,
) {
    let written = gathered.one("host").and_then(|table| table.get("admin_token"));
    if let (Some(name), Some(entry)) = (&host.admin_token, written) {
        let root = KeyPath::Root;
        let placed = Placed { value: name.to_string(), span: entry.node.span };
        secrets.find(&placed, &root.key("host").key("admin_token"), problems);
    }
}

/// Receivers that nothing tells, and those that are told by what does not go together: letters to thousands before a page to
/// somebody on call.
fn nobody_uses(gathered: &Gathered<'_>, reachable: &[Reachable], names: &Names, problems: &mut Problems) {
    let routes = gathered.many("route").iter().map(|route| route.table);
    let lists = routes.chain(steps(gathered)).filter_map(|table| match &table.get("receivers")?.node.value {
        Value::List(list) => Some(list),
        _ => None,
    });
    let fallbacks = gathered.many("receiver").iter();
    let fallbacks = fallbacks.filter_map(|receiver| Some(&receiver.table.get("fallback")?.node));
    let owners = gathered.named("plugin").filter_map(|(_, entry)| match &entry.node.value {
        Value::Table(plugin) => Some(&plugin.get("owner")?.node),
        _ => None,
    });
    let owners = owners.flat_map(|owner| match &owner.value {
        Value::List(list) => list.as_slice(),
        _ => std::slice::from_ref(owner),
    });
    let pagers: BTreeSet<&str> = lists.flatten().chain(owners).chain(fallbacks).filter_map(as_text).collect();
    let of_letters = status_pages::letters(gathered, &pagers, problems);
    let used: BTreeSet<&str> = pagers.union(&of_letters).copied().collect();
    // A misspelled name has been reported already, and is probably the one that seems to be missing.
    if used.iter().any(|name| !names.has(Named::Receiver, name)) {
        return;
    }
    for receiver in reachable {
        let name = receiver.spec.name.as_str();
        if !used.contains(name) {
            let root = KeyPath::Root;
            let all = root.key("receiver");
            let message = format!("no route tells the receiver `{name}`");
            let draft = Draft::warning(receiver.name, &all.key(name), message).may_follow();
            problems
                .push(draft.hint(format!("add `receivers = [\"{name}\"]` to a [[route]], or take it out")));
        }
    }
}

/// The steps of all escalations.
fn steps<'a>(gathered: &Gathered<'a>) -> impl Iterator<Item = &'a Table> {
    let lists = gathered.named("escalation").filter_map(|(_, entry)| match &entry.node.value {
        Value::List(list) => Some(list),
        _ => None,
    });
    lists.flatten().filter_map(|step| match &step.value {
        Value::Table(table) => Some(table),
        _ => None,
    })
}

/// Warns about secrets that are hardly protected: one that a config names, but that is bound to nothing, can never be
/// sent; one that can be guessed is no secret.
fn protect_little<'a>(
    secrets: &Secrets,
    jobs: &'a [ParsedCheck],
    reachable: &'a [Reachable],
    actions: &'a [ParsedAction],
    of_plugins: impl Iterator<Item = &'a Allow>,
    problems: &mut Problems,
) {
    // The key of a heartbeat is not sent anywhere: it arrives.
    let senders = jobs.iter().filter(|job| matches!(job.spec.work, Work::Plugin));
    let named = senders.flat_map(|job| &job.secrets);
    let named: BTreeSet<&SecretName> = named
        .chain(reachable.iter().flat_map(|one| &one.secrets))
        .chain(actions.iter().flat_map(|one| &one.secrets))
        .collect();
    let allows =
        jobs.iter().map(|job| &job.allow).chain(reachable.iter().map(|one| &one.allow)).chain(of_plugins);
    let allows = allows.chain(actions.iter().map(|one| &one.allow));
    let revealed: BTreeSet<&SecretName> = allows.flat_map(|allow| &allow.reveal).collect();
    for name in named.difference(&revealed) {
        let Some(known) = secrets.known.get(name.as_str()) else { continue };
        let Some(secret) = &known.secret else { continue };
        let mut warn = |message: String, hint: &str| {
            let root = KeyPath::Root;
            let all = root.key("secrets");
            problems.push(Draft::warning(known.key, &all.key(name.as_str()), message).hint(hint));
        };
        if secret.to().is_empty() {
            let hint = "add `to = [\"https://...\"]` with the origins that it is for";
            warn(format!("the secret `{name}` may be sent nowhere"), hint);
        }
        if is_guessable(secret.expose()) {
            let hint = "take a random one of 16 characters or more: this one is not kept from the plugin where a server \
                        repeats it";
            warn(format!("the secret `{name}` can be guessed: it is short, a word or a number"), hint);
        }
    }
}

/// All sections after they were read.
struct Read {
    zone: Tz,
    host: HostConfig,
    jobs: Vec<ParsedCheck>,
    reachable: Vec<Reachable>,
    actions: Vec<ParsedAction>,
    /// The setup without what follows from jobs, receivers and plugins.
    setup: Setup,
    dead_man_signal: Option<DeadManSignal>,
    oidc: Option<OidcConfig>,
    plugins: BTreeMap<PluginName, PluginSettings>,
    secrets: Secrets,
    sockets: BTreeMap<SocketName, PathBuf>,
    roots: BTreeMap<RootName, PathBuf>,
    commands: BTreeMap<CommandName, Arc<Command>>,
    calendars: calendars::Closings,
    files: Vec<PathBuf>,
}

fn assemble(read: Read, sources: &Sources) -> Config {
    let Read { zone, host, setup, dead_man_signal, jobs, reachable, plugins, secrets, .. } = read;
    let Read { oidc, actions, sockets, roots, commands, calendars, files, .. } = read;
    // All entries of one `each` share a place.
    let mut places: BTreeMap<Span, Arc<Place>> = BTreeMap::new();
    let mut place = |span: Span| {
        let known = places.entry(span).or_insert_with(|| Arc::new(sources.place(&span.into(), &[])));
        Arc::clone(known)
    };
    let known = secrets.known.into_iter().filter_map(|(name, known)| Some((name, known.secret?)));
    let mut config = Config {
        host,
        setup,
        dead_man_signal,
        oidc,
        plugins,
        check_allow: BTreeMap::new(),
        receiver_allow: BTreeMap::new(),
        receiver_zones: BTreeMap::new(),
        zone,
        check_targets: BTreeMap::new(),
        receiver_targets: BTreeMap::new(),
        check_secrets: BTreeMap::new(),
        receiver_secrets: BTreeMap::new(),
        action_grants: BTreeMap::new(),
        secrets: known.collect(),
        sockets,
        roots,
        commands,
        check_places: BTreeMap::new(),
        receiver_places: BTreeMap::new(),
        action_places: BTreeMap::new(),
        calendars,
        files,
    };
    let of_plugins = config.plugins.iter().map(|(name, settings)| (name.clone(), settings.labels.clone()));
    config.setup.plugin_labels = of_plugins.collect();
    let above = config.setup.root.as_deref().cloned().unwrap_or_else(routes::above_root);
    let owned = config.plugins.iter().filter(|(_, settings)| !settings.owner.is_empty());
    let owner_routes = owned.map(|(name, settings)| {
        let route = watchkeep_core::route::of_owner(name, settings.owner.clone(), &above);
        (name.clone(), Arc::new(route))
    });
    config.setup.owner_routes = owner_routes.collect();
    for job in jobs {
        let name = job.spec.name.clone();
        // Most checks have none of some of these, and a large config has 100,000 checks.
        if job.allow != Allow::default() {
            config.check_allow.insert(name.clone(), job.allow);
        }
        if !job.targets.is_empty() {
            config.check_targets.insert(name.clone(), job.targets);
        }
        if !job.secrets.is_empty() {
            config.check_secrets.insert(name.clone(), job.secrets);
        }
        config.check_places.insert(name.clone(), place(job.place));
        config.setup.checks.insert(name, Arc::new(job.spec));
    }
    for one in reachable {
        let name = one.spec.name.clone();
        config.receiver_allow.insert(name.clone(), one.allow);
        config.receiver_zones.insert(name.clone(), one.zone);
        config.receiver_targets.insert(name.clone(), one.targets);
        config.receiver_secrets.insert(name.clone(), one.secrets);
        config.receiver_places.insert(name.clone(), place(one.place));
        config.setup.receivers.insert(name, Arc::new(one.spec));
    }
    for ParsedAction { spec, allow, targets, secrets, place: span } in actions {
        let name = spec.name.clone();
        config.action_grants.insert(name.clone(), ActionGrants { allow, targets, secrets });
        config.action_places.insert(name.clone(), place(span));
        config.setup.actions.insert(name, Arc::new(spec));
    }
    config
}
