//! `[[check]]`: one for every entry of `each`, each laid over its templates, its site and the defaults.

mod config;
mod timing;
mod watching;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use watchkeep_core::grant::{Allow, Target};
use watchkeep_core::ids::{CheckName, PluginName, SecretName};
use watchkeep_core::setup::{CheckSpec, Work, this_host};

use self::timing::Timing;
pub(crate) use self::watching::{JudgingOptions, absent};
use super::calendars::Calendars;
use super::entries;
use super::secrets::Secrets;
use super::sites::Site;
use super::templates::{self, Templates};
use super::without_plugin::RESERVED;
use crate::each::Placeholders;
use crate::gather::{Element, Gathered};
use crate::keys::{CHECK, Section, TEMPLATE};
use crate::names::{ALWAYS, KnownNames, Names};
use crate::parents::Parents;
use crate::plugin_config::Validators;
use crate::plugin_facts::PluginFacts;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, refuse_unknown_keys};
use crate::remedies;
use crate::source::{Sources, Span};
use crate::text::nearest;
use crate::tree::Table;
use watchkeep_core::kind::PluginKind;

/// Everything that reading a check needs.
pub(crate) struct ReadContext<'a> {
    pub(crate) names: &'a Names,
    pub(crate) templates: &'a Templates<'a>,
    pub(crate) sites: &'a BTreeMap<String, Site>,
    pub(crate) calendars: &'a Calendars,
    pub(crate) secrets: &'a Secrets,
    pub(crate) plugins: &'a BTreeMap<PluginName, PluginFacts>,
    /// Why files with these names are not plugins yet.
    pub(crate) absent: &'a BTreeMap<PluginName, String>,
    pub(crate) defaults: &'a Table,
    pub(crate) zone: Tz,
    pub(crate) host_labels: &'a BTreeMap<String, String>,
}

/// Every check that has a name, even one with an error, so that nothing else seems to be missing.
#[derive(Debug)]
pub(crate) struct Outline {
    pub(crate) name: String,
    /// The section that it is from: `check` and the like.
    pub(crate) section: &'static str,
    /// The checks that it depends on, directly or through a finding.
    pub(crate) depends_on: Vec<Placed<String>>,
}

impl Outline {
    pub(crate) fn new(section: &'static str, name: String, parents: &Parents) -> Self {
        let depends_on = parents
            .each()
            .map(|parent| Placed { value: parent.value.check().to_string(), span: parent.span })
            .collect();
        Self { name, section, depends_on }
    }
}

/// The checks that were read.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub(crate) jobs: Vec<ParsedCheck>,
    pub(crate) outlines: Vec<Outline>,
}

#[derive(Debug)]
pub(crate) struct ParsedCheck {
    pub(crate) spec: CheckSpec,
    pub(crate) allow: Allow,
    pub(crate) targets: Vec<Target>,
    pub(crate) secrets: Vec<SecretName>,
    /// Names that are asked for in place of a URL's host.
    pub(crate) server_names: Vec<Placed<String>>,
    /// The place of the plugin's config, or of the header.
    pub(crate) place: Span,
    /// The place of its cron expression, if it has one.
    pub(crate) schedule: Option<Span>,
}

pub(crate) fn read(
    gathered: &Gathered<'_>,
    around: &ReadContext<'_>,
    validators: &mut Validators,
    given: &mut KnownNames,
    sources: &mut Sources,
    problems: &mut Problems,
) -> Checks {
    let root = KeyPath::Root;
    let of_templates = root.key("template");
    for (name, layers) in around.templates {
        read_alone(&TEMPLATE, &layers[..1], of_templates.key(name), around, problems);
    }
    let mut checks = Checks::default();
    for element in gathered.many("check") {
        let root = KeyPath::Root;
        let all = root.key("check");
        let name = element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("");
        let path = all.key(name);
        refuse_unknown_keys(&CHECK, element.table, &path, problems);
        let mut layers = vec![element.table];
        for used in templates::uses(element.table, &path, around.names, problems).iter().rev() {
            layers.extend(around.templates.get(used.value.as_str()).into_iter().flatten());
        }
        let mut reading = Reading {
            element: *element,
            extent: element.table.extent(element.span),
            layers,
            around,
            validators,
            given: &mut *given,
            outlines: &mut checks.outlines,
        };
        entries::for_each(element, "check", &path, sources, problems, |placeholders, problems| {
            checks.jobs.extend(reading.check(placeholders, problems));
        });
    }
    checks
}

/// Reads a template or the defaults by themselves, so that errors are reported even if nothing uses them.
pub(crate) fn read_alone(
    section: &'static Section,
    own: &[&Table],
    path: KeyPath<'_>,
    around: &ReadContext<'_>,
    problems: &mut Problems,
) {
    let reader = Reader { section, layers: own, path, placeholders: Placeholders::Later };
    let _ = Timing::read(&reader, own, around, problems);
    reader.labels(&mut BTreeMap::new(), problems);
    if let Some(entry) = section.find("plugin").and_then(|_| reader.entry("plugin")) {
        let _ = plugin(&reader, entry.key, PluginKind::Check, around, problems);
    }
    for key in ["run_hours", "notify_hours", "site"] {
        if section.find(key).is_some() {
            let _ = reader.name(key, around.names, problems);
        }
    }
    let _ = reader.text("runbook", problems);
    if section.find("config").is_some() {
        let _ = reader.allow(around.names, problems);
        let _ = reader.flag("enabled", problems);
        let _ = Parents::read(&reader, problems);
        let _ = JudgingOptions::read(&reader, problems);
        let _ = remedies::read(&reader, around.names, problems);
    }
}

struct Reading<'r, 'a> {
    element: Element<'a>,
    extent: Span,
    /// The check's own table and those of its templates; the first wins.
    layers: Vec<&'a Table>,
    around: &'r ReadContext<'a>,
    validators: &'r mut Validators,
    given: &'r mut KnownNames,
    outlines: &'r mut Vec<Outline>,
}

impl Reading<'_, '_> {
    fn whole(&self) -> Span {
        self.element.table.get("config").map_or(self.element.span, |entry| entry.key)
    }

    fn check(&mut self, placeholders: Placeholders<'_>, problems: &mut Problems) -> Option<ParsedCheck> {
        let around = self.around;
        let entry = match placeholders {
            Placeholders::Fill(entry) => Some(entry),
            Placeholders::Literal | Placeholders::Later | Placeholders::Forbidden => None,
        };
        let root = KeyPath::Root;
        let all = root.key("check");
        let unnamed = Reader { section: &CHECK, layers: &self.layers[..1], path: all.key(""), placeholders };
        let name = unnamed.own_name(self.element.span, problems);
        let shown = name.as_ref().map_or("", |name| name.value.as_str()).to_owned();
        let layers = self.layers.clone();
        let own = Reader { section: &CHECK, layers: &layers, path: all.key(&shown), placeholders };
        let is_first = match &name {
            Some(name) => self.given.is_first(name, entry, &own.path.key("name"), problems),
            None => false,
        };
        let below = [around.defaults];
        let defaults = Reader { section: &CHECK, layers: &below, path: root.key("defaults"), placeholders };
        let mut with_defaults = layers.clone();
        with_defaults.push(around.defaults);
        let all_layers = Reader { layers: &with_defaults, ..own.clone() };

        let site = own.name("site", around.names, problems).and_then(|site| around.sites.get(&site.value));
        let timing = Timing::read(&all_layers, &with_defaults, around, problems);
        let mut labels = around.host_labels.clone();
        defaults.labels(&mut labels, problems);
        labels.extend(site.into_iter().flat_map(|site| site.labels.clone()));
        own.labels(&mut labels, problems);

        let plugin = plugin(&own, self.element.span, PluginKind::Check, around, problems);
        let config = self.config(&own, plugin, &shown, problems);
        let mut hours = |key: &str, of_site: Option<&String>| {
            let own = own.name(key, around.names, problems).map(|name| name.value);
            let below = || defaults.name(key, around.names, problems).map(|name| name.value);
            let name = own.or_else(|| of_site.cloned()).or_else(below)?;
            if name == ALWAYS { None } else { around.calendars.get(&name).map(Arc::clone) }
        };
        let run_hours = hours("run_hours", site.and_then(|site| site.run_hours.as_ref()));
        let notify_hours = hours("notify_hours", site.and_then(|site| site.notify_hours.as_ref()));
        let allow = own.allow(around.names, problems);
        let parents = Parents::read(&own, problems);
        if is_first {
            self.outlines.push(Outline::new("check", shown.clone(), &parents));
        }
        let watching = JudgingOptions::read(&own, problems);
        let remedies = remedies::read(&own, around.names, problems);
        let runbook = all_layers.text("runbook", problems).map(|text| text.value);
        let display = own.text("display", problems).map(|text| text.value);
        let renamed_from = own.text("renamed_from", problems);
        let enabled = own.flag("enabled", problems).unwrap_or(true);

        let (name, facts, timing, config) = (name?, plugin?, timing?, config?);
        let spec = CheckSpec {
            name: CheckName::from(name.value.as_str()),
            plugin: facts.name.clone(),
            work: Work::Plugin,
            config: config.json,
            schedule: timing.schedule,
            missed: timing.missed,
            timeout: timing.timeout,
            retry_interval: timing.retry_interval,
            firing: timing.firing,
            success_threshold: timing.success_threshold,
            run_hours,
            notify_hours,
            labels: labels.into_iter().collect(),
            display,
            depends_on: parents.into_core(),
            beyond_witness: watching.beyond_witness,
            absent: watching.absent,
            flapping: watching.flapping,
            event_memory: watching.event_memory,
            runbook,
            renamed_from: renamed_from.map(|name| CheckName::from(name.value.as_str())),
            send_short: timing.send_short,
            enabled,
            grace: timing.grace,
            location: this_host(),
            remedies,
        };
        is_first.then_some(ParsedCheck {
            spec,
            allow,
            targets: config.targets,
            secrets: config.secrets,
            server_names: config.server_names,
            place: self.whole(),
            schedule: own.entry("schedule").map(|entry| entry.node.span),
        })
    }
}

/// Reports an unknown plugin. Only plugins of the wanted kind are suggested: a notifier does not help a check.
fn unknown_plugin(
    name: &Placed<String>,
    reader: &Reader<'_>,
    kind: PluginKind,
    around: &ReadContext<'_>,
    problems: &mut Problems,
) {
    if let Some(why) = around.absent.get(name.value.as_str()) {
        let (why, hint) =
            why.split_once("; hint: ").unwrap_or((why, "`watchkeep plugin list` shows when it is there"));
        let message = format!("plugin `{}` is not there yet: its file {why}", name.value);
        let draft = Draft::error(name.span, &reader.path.key("plugin"), message).may_follow();
        problems.push(draft.hint(hint));
        return;
    }
    let known =
        || around.plugins.values().filter(|facts| facts.kind == kind).map(|facts| facts.name.as_str());
    let message = format!("unknown plugin `{}`", name.value);
    let draft = Draft::error(name.span, &reader.path.key("plugin"), message).may_follow();
    let kind = kind.as_str();
    problems.push(match (nearest(&name.value, known()), known().collect::<Vec<_>>()) {
        (Some(near), _) => draft.hint(format!("did you mean `{near}`?")),
        (None, all) if all.is_empty() => {
            draft.hint(format!("no {kind} plugin is loaded; put its file into `plugin_dir`"))
        }
        (None, all) => draft.hint(format!(
            "put its file into `plugin_dir`; {kind} plugins there are: `{}`",
            all.join("`, `")
        )),
    });
}

/// The plugin of a check, a receiver or an action; reports if it does not exist or is of another kind.
pub(crate) fn plugin<'p>(
    reader: &Reader<'_>,
    whole: Span,
    kind: PluginKind,
    around: &ReadContext<'p>,
    problems: &mut Problems,
) -> Option<&'p PluginFacts> {
    if reader.entry("plugin").is_none() {
        let draft = Draft::error(whole, &reader.path, format!("{} names no `plugin`", reader.section.noun));
        let known = around.plugins.values().filter(|facts| facts.kind == kind);
        let known: Vec<&str> = known.map(|facts| facts.name.as_str()).collect();
        let hint = match known[..] {
            [] => "add `plugin = \"NAME\"`".to_owned(),
            [first, ..] => format!("add `plugin = \"{first}\"`; there are `{}`", known.join("`, `")),
        };
        problems.push(draft.hint(hint).may_follow());
        return None;
    }
    if let Some(name) = reader.text("plugin", problems)
        && RESERVED.contains(&name.value.as_str())
    {
        let message = format!("`{}` is not a plugin: the host does it itself", name.value);
        let draft = Draft::error(name.span, &reader.path.key("plugin"), message);
        problems.push(draft.hint(format!("write a [[{}]]", name.value)));
        return None;
    }
    let name = reader.text("plugin", problems)?;
    let Some(facts) = around.plugins.get(name.value.as_str()) else {
        unknown_plugin(&name, reader, kind, around, problems);
        return None;
    };
    if facts.kind == kind {
        return Some(facts);
    }
    let message = format!(
        "`{}` is a plugin of kind {}, and {} wants one of kind {}",
        name.value,
        facts.kind.as_str(),
        reader.section.noun,
        kind.as_str()
    );
    let draft = Draft::error(name.span, &reader.path.key("plugin"), message);
    let fitting = around.plugins.values().filter(|facts| facts.kind == kind).map(|facts| facts.name.as_str());
    let there_are = match fitting.collect::<Vec<_>>()[..] {
        [] => String::new(),
        ref all => format!("; plugins of kind {} are `{}`", kind.as_str(), all.join("`, `")),
    };
    problems.push(match facts.kind {
        PluginKind::Check => draft.hint(format!("use it in a [[check]]{there_are}")),
        PluginKind::Notifier => draft.hint(format!("use it in a [[receiver]]{there_are}")),
        PluginKind::Action => draft.hint(format!("use it in an [[action]]{there_are}")),
    });
    None
}
