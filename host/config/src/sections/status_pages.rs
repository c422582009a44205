//! `[[status_page]]`: what people outside are shown.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::ids::{ReceiverName, SecretName, ServiceName, StatusPageName};
use watchkeep_core::labels::Labels;
use watchkeep_core::service;
use watchkeep_core::setup::Setup;
use watchkeep_core::status::{COMPONENTS_MAX, components};
use watchkeep_core::status_page::{Latencies, Shows, StatusPageSpec};

use super::checks::ReadContext;
use super::receivers::Reachable;
use super::secrets::Secrets;
use crate::each::Placeholders;
use crate::gather::{Element, Gathered};
use crate::keys::STATUS_PAGE;
use crate::names::{KnownNames, Names};
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, refuse_unknown_keys, wrong_kind};
use crate::tree::Value;

/// The shortest token: shorter ones can be guessed.
const TOKEN_LENGTH_MIN: usize = 16;
/// The longest token: it is part of an address.
const TOKEN_LENGTH_MAX: usize = 128;

pub(crate) fn read(
    gathered: &Gathered<'_>,
    around: &ReadContext<'_>,
    reachable: &[Reachable],
    problems: &mut Problems,
) -> Vec<Arc<StatusPageSpec>> {
    let mut given = KnownNames::new("status page");
    let elements = gathered.many("status_page").iter();
    let pages = elements.filter_map(|element| page(element, &mut given, around, reachable, problems));
    pages.map(Arc::new).collect()
}

fn page(
    element: &Element<'_>,
    given: &mut KnownNames,
    around: &ReadContext<'_>,
    reachable: &[Reachable],
    problems: &mut Problems,
) -> Option<StatusPageSpec> {
    let root = KeyPath::Root;
    let all = root.key("status_page");
    let path = all.key(shown(element));
    refuse_unknown_keys(&STATUS_PAGE, element.table, &path, problems);
    let layers = [element.table];
    let reader = Reader { section: &STATUS_PAGE, layers: &layers, path, placeholders: Placeholders::Literal };
    let name = reader.own_name(element.span, problems);
    let is_first = name.as_ref().is_some_and(|name| given.is_first(name, None, &path.key("name"), problems));
    if reader.entry("title").is_none() {
        let draft = Draft::error(element.span, &reader.path, "the status page has no `title`");
        problems.push(draft.hint("add `title = \"...\"`: people read it at the top"));
    }
    let title = reader.text("title", problems);
    let description = reader.text("description", problems).map(|text| text.value);
    let url = reader.url("url", problems);
    let zone = reader.zone("time_zone", problems).unwrap_or(around.zone);
    let latencies = match reader.flag("latencies", problems) {
        Some(true) => Latencies::Shown,
        Some(false) | None => Latencies::Hidden,
    };
    let token = token(&reader, around.secrets, problems);
    let shows = shows(&reader, element, around.names, problems);
    let subscriptions = subscriptions(&reader, around, reachable, problems);
    let (name, title, shows) = (name?, title?, shows?);
    is_first.then_some(StatusPageSpec {
        name: StatusPageName::from(name.value.as_str()),
        title: title.value,
        description,
        url,
        shows,
        token,
        zone,
        latencies,
        subscriptions,
        letters_after: reader.span("letters_after", problems).unwrap_or(Duration::from_secs(120)),
    })
}

fn shown<'a>(element: &'a Element<'_>) -> &'a str {
    element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("")
}

fn shows(
    reader: &Reader<'_>,
    element: &Element<'_>,
    names: &Names,
    problems: &mut Problems,
) -> Option<Shows> {
    match (reader.entry("services"), reader.entry("match")) {
        (Some(services), Some(matchers)) => {
            let message = "`services` and `match` exclude each other";
            let draft = Draft::error(matchers.key, &reader.path.key("match"), message);
            problems.push(draft.hint("keep one of the two").note(services.key, "the other one"));
            None
        }
        (Some(services), None) => {
            let listed = reader.names("services", names, problems)?;
            if listed.is_empty() {
                let draft =
                    Draft::error(services.node.span, &reader.path.key("services"), "no service is listed");
                problems.push(draft.hint("name a `[[service]]`, as in `services = [\"shop\"]`"));
                return None;
            }
            let named = listed.iter().map(|name| ServiceName::from(name.value.as_str()));
            Some(Shows::Services(named.collect()))
        }
        (None, Some(entry)) => {
            let before = problems.len();
            let matchers = reader.matchers(problems);
            if matchers.is_empty() && problems.len() == before {
                let draft = Draft::error(entry.key, &reader.path.key("match"), "it matches nothing");
                problems.push(draft.hint("say which checks it shows, as in `match = ['client=\"acme\"']`"));
            }
            (!matchers.is_empty()).then_some(Shows::Checks(matchers))
        }
        (None, None) => {
            let message = "the status page does not say what it shows";
            let draft = Draft::error(element.span, &reader.path, message);
            let hint =
                "add `services = [\"...\"]`, or `match = ['client=\"acme\"']` for checks with a `display`";
            problems.push(draft.hint(hint));
            None
        }
    }
}

/// What a plugin's config has if it can write to one subscriber at a time, each of whom can leave.
const LETTER_KEYS: [&str; 2] = ["to", "list_unsubscribe"];

/// The receiver of letters. They have links to the page, so it has to say where it is.
fn subscriptions(
    reader: &Reader<'_>,
    around: &ReadContext<'_>,
    reachable: &[Reachable],
    problems: &mut Problems,
) -> Option<ReceiverName> {
    let receiver = reader.name("subscriptions", around.names, problems)?;
    let path = reader.path.key("subscriptions");
    if reader.entry("url").is_none() {
        let draft = Draft::error(receiver.span, &path, "letters have links to the page, which has no `url`");
        problems.push(draft.hint("add `url = \"https://...\"`, where people outside open this page"));
        return None;
    }
    // One that could not be read has been told of.
    let spec = &reachable.iter().find(|one| one.spec.name.as_str() == receiver.value)?.spec;
    let facts = around.plugins.get(&spec.plugin)?;
    if LETTER_KEYS.iter().any(|key| facts.schema["properties"].get(key).is_none()) {
        let message = format!(
            "the receiver `{}` sends no letters: the config of its plugin `{}` has no `to` and `list_unsubscribe`",
            receiver.value, spec.plugin
        );
        problems
            .push(Draft::error(receiver.span, &path, message).hint("name a receiver of the plugin `email`"));
        return None;
    }
    Some(spec.name.clone())
}

/// The receivers of letters. One that pages people as well is refused: they would wait behind thousands of letters.
pub(crate) fn letters<'a>(
    gathered: &'a Gathered<'_>,
    pagers: &BTreeSet<&str>,
    problems: &mut Problems,
) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for element in gathered.many("status_page") {
        let Some(entry) = element.table.get("subscriptions") else { continue };
        let Some(name) = as_text(&entry.node) else { continue };
        found.insert(name);
        if pagers.contains(name) {
            let root = KeyPath::Root;
            let all = root.key("status_page");
            let message =
                format!("the receiver `{name}` is for alerts as well, which would wait behind letters");
            let draft = Draft::error(entry.node.span, &all.key(shown(element)).key("subscriptions"), message);
            problems.push(
                draft.hint("add a [[receiver]] with the same config and another name, for letters alone"),
            );
        }
    }
    found
}

/// The name of the secret. Its value has to fit into an address, and not be one that can be guessed.
fn token(reader: &Reader<'_>, secrets: &Secrets, problems: &mut Problems) -> Option<SecretName> {
    let entry = reader.entry("token")?;
    let path = reader.path.key("token");
    let name = match &entry.node.value {
        Value::Table(table) => {
            table.get("secret").filter(|_| table.iter().count() == 1).map(|entry| &entry.node)
        }
        _ => None,
    };
    let Some(name) = name.and_then(|node| Some(Placed { value: as_text(node)?.to_owned(), span: node.span }))
    else {
        problems.mask(entry.node.span);
        let draft = wrong_kind(&entry.node, &path, "the name of a secret");
        problems.push(draft.hint("write it as `token = { secret = \"NAME\" }`"));
        return None;
    };
    let secret = secrets.find(&name, &path, problems)?.secret.as_ref()?;
    let is_good = std::str::from_utf8(secret.expose()).is_ok_and(|text| {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        (TOKEN_LENGTH_MIN..=TOKEN_LENGTH_MAX).contains(&text.len()) && text.chars().all(letters)
    });
    if !is_good {
        let message = format!("the secret `{}` cannot be the token of a page", name.value);
        let hint = format!(
            "it is part of an address and must not be guessed: {TOKEN_LENGTH_MIN} to {TOKEN_LENGTH_MAX} letters, digits, `-` and `_`, as `openssl rand -hex 24` prints them"
        );
        problems.push(Draft::error(name.span, &path, message).hint(hint));
        return None;
    }
    Some(SecretName::from(name.value.as_str()))
}

/// Warns of pages that show nothing, or less than they seem to. For a config without errors.
pub(crate) fn warn(setup: &Setup, gathered: &Gathered<'_>, problems: &mut Problems) {
    let root = KeyPath::Root;
    let all = root.key("status_page");
    for element in gathered.many("status_page") {
        let name = shown(element);
        let Some(page) = setup.status_pages.iter().find(|page| page.name.as_str() == name) else { continue };
        let path = all.key(name);
        let count = components(page, setup).len();
        let untitled = match &page.shows {
            Shows::Services(_) => 0,
            Shows::Checks(matchers) => {
                let fits = |labels: &Labels| matchers.iter().all(|matcher| matcher.matches(labels));
                let checks = setup.checks.values().filter(|spec| spec.enabled && spec.display.is_none());
                checks.filter(|spec| fits(&service::labels(spec))).count()
            }
        };
        let span = element.table.get("match").map_or(element.span, |entry| entry.key);
        if count == 0 {
            let draft = Draft::warning(span, &path, "the status page shows nothing");
            problems.push(draft.hint("give the checks that it matches a `display = \"...\"`"));
        } else if untitled > 0 {
            let message =
                format!("{untitled} of the checks that it matches have no `display` and are not shown");
            let hint = "give them one, or match fewer, as with `display` set in the template of those that are meant";
            problems.push(Draft::warning(span, &path, message).hint(hint));
        }
        if count == COMPONENTS_MAX {
            let message = format!("the status page shows its first {COMPONENTS_MAX} components and no more");
            problems.push(Draft::warning(span, &path, message).hint("gather checks into services"));
        }
    }
}
