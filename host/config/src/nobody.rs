//! Warns about a valid config whose alerts would reach nobody: that may be meant, but hardly ever is.

use watchkeep_core::grant::{Allow, Host, Origin};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::route::reach::{Possible, Unreached};
use watchkeep_core::setup::{Route, Setup, Work};
use watchkeep_core::status_page::Shows;

use crate::config::Config;
use crate::gather::{Element, Gathered};
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::as_text;
use crate::sections::receivers::Reachable;
use crate::source::Span;
use crate::text::nearest;
use crate::tree::Value;

/// Adds the warnings to a config without errors.
pub(crate) fn warn(config: &Config, gathered: &Gathered<'_>, problems: &mut Problems) {
    let setup = &config.setup;
    let Some(first) = gathered.many("check").iter().chain(gathered.many("heartbeat")).next() else { return };
    if setup.checks.is_empty() {
        return;
    }
    nobody_at_all(setup, gathered, first.span, problems);
    if let Some(metrics) = Possible::of_metrics(setup) {
        for (name, matchers) in rules(setup) {
            tell_matchers("rule", name, matchers, &metrics, setup, gathered, problems);
        }
        for service in &setup.services {
            let name = service.name.as_str();
            tell_matchers("service", name, &service.matchers, &metrics, setup, gathered, problems);
        }
        for page in &setup.status_pages {
            match &page.shows {
                Shows::Services(_) => {}
                Shows::Checks(matchers) => {
                    let name = page.name.as_str();
                    tell_matchers("status_page", name, matchers, &metrics, setup, gathered, problems);
                }
            }
        }
    }
    let windows = setup.windows.iter().flat_map(|window| &window.matchers);
    let of_routes = setup.root.iter().flat_map(|root| matchers_of(root));
    let Some(possible) = Possible::of(setup, windows.chain(of_routes)) else { return };
    if let Some(root) = &setup.root {
        for (route, why) in possible.unreached(root) {
            tell_route(route.as_str(), &why, setup, gathered, problems);
        }
    }
    for window in &setup.windows {
        let name = window.id.as_str().trim_start_matches("config:");
        tell_matchers("maintenance", name, &window.matchers, &possible, setup, gathered, problems);
    }
}

fn rules(setup: &Setup) -> impl Iterator<Item = (&str, &[Matcher])> {
    setup.checks.values().filter_map(|spec| match &spec.work {
        Work::Rule(rule) => Some((spec.name.as_str(), rule.matchers.as_slice())),
        Work::Plugin | Work::Heartbeat(_) => None,
    })
}

fn matchers_of(route: &Route) -> Vec<&Matcher> {
    route.matchers.iter().chain(route.children.iter().flat_map(matchers_of)).collect()
}

fn nobody_at_all(setup: &Setup, gathered: &Gathered<'_>, first: Span, problems: &mut Problems) {
    let root = KeyPath::Root;
    let Some(top) = &setup.root else {
        // Otherwise, receivers without a route are reported one by one.
        if setup.receivers.is_empty() {
            let message = "there is no [[receiver]] and no [[route]], so nobody is told of any alert";
            let draft = Draft::warning(first, &root.key("receiver"), message).may_follow();
            problems.push(draft.hint(
                "add a [[receiver]], and a [[route]] with `name = \"root\"` and `receivers = [\"...\"]`",
            ));
        }
        return;
    };
    if top.receivers.is_empty()
        && top.escalation.is_none()
        && let Some(element) = named(gathered, "route", top.name.as_str())
    {
        let all = root.key("route");
        let span = element.table.get("name").map_or(element.span, |entry| entry.node.span);
        let message =
            format!("the root `{}` tells nobody: an alert that no route under it takes is lost", top.name);
        let draft = Draft::warning(span, &all.key(top.name.as_str()), message).may_follow();
        problems.push(draft.hint("add `receivers = [\"...\"]` to it, or an `escalation`"));
    }
}

fn tell_route(route: &str, why: &Unreached, setup: &Setup, gathered: &Gathered<'_>, problems: &mut Problems) {
    let Some(element) = named(gathered, "route", route) else { return };
    let root = KeyPath::Root;
    let all = root.key("route");
    let path = all.key(route);
    let name = element.table.get("name").map_or(element.span, |entry| entry.node.span);
    let whole = element.table.get("match").map_or(name, |entry| entry.key);
    problems.push(match why {
        Unreached::NeverFits(places) => {
            tell_never(element, &path, places, setup, problems);
            return;
        }
        Unreached::NeverTogether => Draft::warning(
            whole,
            &path,
            format!(
                "nothing reaches the route `{route}`: no alert fits all of its matchers and those above it"
            ),
        )
        .hint("give a check the labels that it asks for, or take the route out"),
        Unreached::TakenBy(other) => {
            let message = format!("nothing reaches the route `{route}`: what is asked before it, such as `{other}`, takes all of it");
            let taker = named(gathered, "route", other.as_str());
            let draft = Draft::warning(name, &path, message);
            let hint = format!("put it before `{other}`, or give that one `continue = true`");
            match taker.and_then(|taker| taker.table.get("name")) {
                Some(entry) => draft.note(entry.node.span, "this one is asked first").hint(hint),
                None => draft.hint(hint),
            }
        }
    });
}

fn tell_matchers(
    section: &str,
    name: &str,
    matchers: &[Matcher],
    possible: &Possible,
    setup: &Setup,
    gathered: &Gathered<'_>,
    problems: &mut Problems,
) {
    let (Err(never), Some(element)) = (possible.fits(matchers), named(gathered, section, name)) else {
        return;
    };
    let root = KeyPath::Root;
    let all = root.key(section);
    let path = all.key(name);
    if !never.is_empty() {
        tell_never(element, &path, &never, setup, problems);
        return;
    }
    let span = element.table.get("match").map_or(element.span, |entry| entry.key);
    let draft = Draft::warning(span, &path.key("match"), "no check fits all of these matchers");
    problems.push(draft.hint("give a check the labels that they ask for, or make it two"));
}

/// Reports matchers that nothing fits, with the values that exist.
fn tell_never(
    element: &Element<'_>,
    path: &KeyPath<'_>,
    places: &[usize],
    setup: &Setup,
    problems: &mut Problems,
) {
    let Some(Value::List(list)) = element.table.get("match").map(|entry| &entry.node.value) else { return };
    for node in places.iter().filter_map(|place| list.get(*place)) {
        let Some(matcher) = as_text(node).and_then(|text| Matcher::parse(text).ok()) else { continue };
        let message = format!("no check fits `{matcher}`");
        let draft = Draft::warning(node.span, &path.key("match"), message);
        problems.push(draft.hint(values_hint(&matcher, setup)));
    }
}

fn values_hint(matcher: &Matcher, setup: &Setup) -> String {
    const SHOWN_MAX: usize = 8;
    let label = matcher.label();
    if let Some(values) = derived_values(label) {
        return format!("`{label}` is one of {values}");
    }
    let mut values: Vec<&str> = match label {
        "check" => setup.checks.keys().map(|name| name.as_str()).collect(),
        "plugin" => setup.checks.values().map(|spec| spec.plugin.as_str()).collect(),
        _ => setup
            .checks
            .values()
            .map(|spec| spec.labels.get(label))
            .filter(|value| !value.is_empty())
            .collect(),
    };
    values.sort_unstable();
    values.dedup();
    if values.is_empty() {
        let labels = setup.checks.values().flat_map(|spec| spec.labels.iter().map(|(name, _)| name));
        let labels = labels.chain(["check", "plugin", "state", "severity", "kind", "finding"]);
        return match nearest(label, labels) {
            Some(near) => format!("no check has the label `{label}`; did you mean `{near}`?"),
            None => format!(
                "no check has the label `{label}`: give it to one under `labels`, unless the reports of a plugin bring it"
            ),
        };
    }
    if let Some(near) = matcher.wanted().and_then(|wanted| nearest(wanted, values.iter().copied())) {
        return format!("did you mean `{near}`?");
    }
    let more = values.len().saturating_sub(SHOWN_MAX);
    let shown =
        values.iter().take(SHOWN_MAX).map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    match more {
        0 => format!("values of `{label}` are {shown}"),
        more => format!("values of `{label}` are {shown} and {more} more"),
    }
}

fn derived_values(label: &str) -> Option<&'static str> {
    match label {
        "state" => Some("`warning`, `critical` and `unknown` in an alert"),
        "severity" => Some("`error`, `warning` and `info`"),
        "kind" => Some("`check`, `finding`, `not-judged`, `event`, `plugin` and `host`"),
        _ => None,
    }
}

fn named<'g>(gathered: &'g Gathered<'_>, section: &str, name: &str) -> Option<&'g Element<'g>> {
    gathered.many(section).iter().find(|element| {
        element.table.get("name").and_then(|entry| as_text(&entry.node)).is_some_and(|own| own == name)
    })
}

/// Warns about links that open only on this machine, in notifications that leave it.
pub(crate) fn links_lead_nowhere(
    external_url: &str,
    gathered: &Gathered<'_>,
    reachable: &[Reachable],
    of_plugin: impl Fn(&Reachable) -> Option<Allow>,
    problems: &mut Problems,
) {
    let own = Origin::of_url(external_url).map(|origin| origin.host);
    if !own.is_ok_and(|host| is_this_machine(&host)) {
        return;
    }
    let leaves = |one: &&Reachable| {
        let targets = one.targets.iter().any(|target| target.leads_beyond(is_this_machine));
        targets
            || one.allow.leads_beyond(is_this_machine)
            || of_plugin(one).is_some_and(|allow| allow.leads_beyond(is_this_machine))
    };
    let Some(first) = reachable.iter().find(leaves) else { return };
    let root = KeyPath::Root;
    let host = root.key("host");
    let written = gathered.one("host").and_then(|table| table.get("external_url"));
    let span = written.map_or(first.name, |entry| entry.node.span);
    let message = format!(
        "notices of `{}` leave this machine, and their links begin with `{external_url}`, which leads nowhere from elsewhere",
        first.spec.name
    );
    let draft = Draft::warning(span, &host.key("external_url"), message);
    problems.push(draft.hint(
        "write `external_url = \"https://watch.example.com\"` under [host], as people reach the pages",
    ));
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Name(name) => &**name == "localhost" || name.ends_with(".localhost"),
        Host::Address(address) => address.is_loopback() || address.is_unspecified(),
    }
}
