//! `[[action]]`: automatic recovery.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::calendar::Calendar;
use watchkeep_core::grant::{Allow, Target};
use watchkeep_core::ids::{ActionName, SecretName};
use watchkeep_core::kind::PluginKind;
use watchkeep_core::recovery::{ActionSpec, Approval, Mode, Most};
use watchkeep_core::report::Judgement;

use super::checks::{ReadContext, plugin};
use super::plugin_use;
use crate::each::Placeholders;
use crate::gather::{Element, Gathered};
use crate::keys::{ACTION, MOST_WITHIN};
use crate::names::{ALWAYS, KnownNames};
use crate::plugin_config::Validators;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, as_text, refuse_unknown_keys};
use crate::source::Span;
use crate::text::{parse_span, write_span};

#[derive(Debug)]
pub(crate) struct ParsedAction {
    pub(crate) spec: ActionSpec,
    pub(crate) allow: Allow,
    pub(crate) targets: Vec<Target>,
    pub(crate) secrets: Vec<SecretName>,
    /// The place of the plugin's config, or of the header.
    pub(crate) place: Span,
}

pub(crate) fn read(
    gathered: &Gathered<'_>,
    around: &ReadContext<'_>,
    validators: &mut Validators,
    problems: &mut Problems,
) -> Vec<ParsedAction> {
    let mut given = KnownNames::new("action");
    let elements = gathered.many("action").iter();
    elements.filter_map(|element| action(element, around, validators, &mut given, problems)).collect()
}

fn action(
    element: &Element<'_>,
    around: &ReadContext<'_>,
    validators: &mut Validators,
    given: &mut KnownNames,
    problems: &mut Problems,
) -> Option<ParsedAction> {
    let root = KeyPath::Root;
    let all = root.key("action");
    let shown = element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("");
    let path = all.key(shown);
    refuse_unknown_keys(&ACTION, element.table, &path, problems);
    let layers = [element.table];
    let reader = Reader { section: &ACTION, layers: &layers, path, placeholders: Placeholders::Literal };
    let name = reader.own_name(element.span, problems);
    let is_first = name.as_ref().is_some_and(|name| given.is_first(name, None, &path.key("name"), problems));
    let facts = plugin(&reader, element.span, PluginKind::Action, around, problems);
    let user = format!("action `{shown}`");
    let config = plugin_use::config(element, &reader, facts, &user, around, validators, problems);
    let allow = reader.allow(around.names, problems);
    let span = |key: &str, problems: &mut Problems| {
        reader.span(key, problems).unwrap_or_else(|| {
            parse_span(ACTION.key(key).default).expect("defaults in the table of keys are spans")
        })
    };
    let (timeout, cool_down, settle) =
        (span("timeout", problems), span("cool_down", problems), span("settle", problems));
    let level = match reader.choice("level", problems) {
        Some("warning") => Judgement::Warning,
        Some(_) | None => Judgement::Critical,
    };
    let attempts = reader.nonzero("attempts", problems).unwrap_or(NonZeroU32::MIN);
    let (most, most_overall) = (most(&reader, "most", problems), most(&reader, "most_overall", problems));
    let hours = hours(&reader, around, problems);
    let flag = |key: &str, problems: &mut Problems| reader.flag(key, problems).unwrap_or(false);
    let while_acknowledged = flag("while_acknowledged", problems);
    let approval = if flag("needs_approval", problems) { Approval::Needed } else { Approval::NotNeeded };
    let mode = if flag("dry_run", problems) { Mode::DryRun } else { Mode::Act };
    let (name, facts, config) = (name?, facts?, config?);
    let spec = ActionSpec {
        name: ActionName::from(name.value.as_str()),
        plugin: facts.name.clone(),
        config: config.json,
        timeout,
        level,
        attempts,
        cool_down,
        most: Some(most),
        most_overall: Some(most_overall),
        hours,
        while_acknowledged,
        settle,
        approval,
        mode,
    };
    let place = element.table.get("config").map_or(element.span, |entry| entry.key);
    let (targets, secrets) = (config.targets, config.secrets);
    is_first.then_some(ParsedAction { spec, allow, targets, secrets, place })
}

fn hours(reader: &Reader<'_>, around: &ReadContext<'_>, problems: &mut Problems) -> Option<Arc<Calendar>> {
    let name = reader.name("hours", around.names, problems)?.value;
    if name == ALWAYS { None } else { around.calendars.get(&name).map(Arc::clone) }
}

/// Reads a value such as `"3 in 1h"`.
fn most(reader: &Reader<'_>, key: &str, problems: &mut Problems) -> Most {
    let default = parse_most(ACTION.key(key).default).expect("the defaults in the table of keys are such");
    let Some(text) = reader.text(key, problems) else { return default };
    let path = reader.path.key(key);
    let Some(most) = parse_most(&text.value) else {
        let message = format!("`{}` is not so many in so long", text.value);
        problems.push(Draft::error(text.span, &path, message).hint("write it as `\"3 in 1h\"`"));
        return default;
    };
    let (least, longest) = (Duration::from_millis(MOST_WITHIN.0), Duration::from_millis(MOST_WITHIN.1));
    if most.within < least || most.within > longest {
        let message = format!("`{key}` cannot look back {}", write_span(most.within));
        let hint = format!("it goes from {} to {}", write_span(least), write_span(longest));
        problems.push(Draft::error(text.span, &path, message).hint(hint));
        return default;
    }
    most
}

fn parse_most(text: &str) -> Option<Most> {
    const COUNT_MAX: u32 = 10_000;
    let (count, within) = text.split_once(" in ")?;
    let count = count.trim().parse::<NonZeroU32>().ok().filter(|count| count.get() <= COUNT_MAX)?;
    Some(Most { count, within: parse_span(within.trim())? })
}
