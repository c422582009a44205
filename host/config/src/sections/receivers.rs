//! `[[receiver]]`.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono_tz::Tz;
use watchkeep_core::grant::{Allow, Target};
use watchkeep_core::ids::{ReceiverName, SecretName};
use watchkeep_core::reply::Readers;
use watchkeep_core::setup::{Grouping, ReceiverSpec};

use super::checks::{ReadContext, plugin};
use super::{people, plugin_use};
use crate::each::Placeholders;
use crate::gather::{Element, Gathered};
use crate::keys::RECEIVER;
use crate::names::KnownNames;
use crate::plugin_config::Validators;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, refuse_unknown_keys};
use crate::source::Span;
use watchkeep_core::kind::PluginKind;

#[derive(Debug)]
pub(crate) struct Reachable {
    pub(crate) spec: ReceiverSpec,
    /// Who reads its messages.
    pub(crate) readers: Option<Readers>,
    pub(crate) allow: Allow,
    pub(crate) zone: Tz,
    pub(crate) targets: Vec<Target>,
    pub(crate) secrets: Vec<SecretName>,
    pub(crate) name: Span,
    /// The place of the plugin's config, or of the header.
    pub(crate) place: Span,
}

pub(crate) fn read(
    gathered: &Gathered<'_>,
    around: &ReadContext<'_>,
    validators: &mut Validators,
    problems: &mut Problems,
) -> Vec<Reachable> {
    let mut given = KnownNames::new("receiver");
    let elements = gathered.many("receiver").iter();
    elements.filter_map(|element| receiver(element, around, validators, &mut given, problems)).collect()
}

fn receiver(
    element: &Element<'_>,
    around: &ReadContext<'_>,
    validators: &mut Validators,
    given: &mut KnownNames,
    problems: &mut Problems,
) -> Option<Reachable> {
    let root = KeyPath::Root;
    let all = root.key("receiver");
    let shown = element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("");
    let path = all.key(shown);
    refuse_unknown_keys(&RECEIVER, element.table, &path, problems);
    let layers = [element.table];
    let reader = Reader { section: &RECEIVER, layers: &layers, path, placeholders: Placeholders::Literal };
    let name = reader.own_name(element.span, problems);
    let is_first = name.as_ref().is_some_and(|name| given.is_first(name, None, &path.key("name"), problems));
    let facts = plugin(&reader, element.span, PluginKind::Notifier, around, problems);
    let user = format!("receiver `{shown}`");
    let config = plugin_use::config(element, &reader, facts, &user, around, validators, problems);
    let allow = reader.allow(around.names, problems);
    let timeout = reader.span("timeout", problems).unwrap_or(Duration::from_secs(30));
    let zone = reader.zone("time_zone", problems).unwrap_or(around.zone);
    let concurrency = reader.nonzero("concurrency", problems);
    let rate_per_minute = reader.nonzero("rate_per_minute", problems);
    let own = facts.and_then(|facts| facts.schema["x-watchkeep-grouping"].as_str());
    let grouping = match reader.choice("grouping", problems).or(own) {
        Some("per_alert") => Grouping::PerAlert,
        Some(_) | None => Grouping::PerGroup,
    };
    let fallback = fallback(&reader, name.as_ref(), around, problems);
    let readers = people::readers(&reader, around.names, problems);
    let (name, facts, config) = (name?, facts?, config?);
    let spec = ReceiverSpec {
        name: ReceiverName::from(name.value.as_str()),
        plugin: facts.name.clone(),
        config: config.json,
        fallback,
        timeout,
        concurrency: concurrency.unwrap_or(const { NonZeroU32::new(4).expect("4 is not zero") }),
        rate_per_minute,
        grouping,
    };
    let place = element.table.get("config").map_or(element.span, |entry| entry.key);
    let (targets, secrets) = (config.targets, config.secrets);
    is_first.then_some(Reachable { spec, readers, allow, zone, targets, secrets, name: name.span, place })
}

/// The fallback, which is another receiver. A fallback's own fallback is not used, so two receivers may be each
/// other's.
fn fallback(
    reader: &Reader<'_>,
    name: Option<&Placed<String>>,
    around: &ReadContext<'_>,
    problems: &mut Problems,
) -> Option<ReceiverName> {
    let fallback = reader.name("fallback", around.names, problems)?;
    if name.is_some_and(|name| name.value == fallback.value) {
        let message = format!("`{}` would be its own fallback", fallback.value);
        let draft = Draft::error(fallback.span, &reader.path.key("fallback"), message);
        problems.push(draft.hint("name another receiver, which works when this one does not"));
        return None;
    }
    Some(ReceiverName::from(fallback.value.as_str()))
}
