//! `[[service]]`: several checks shown as one.

use std::num::NonZeroU32;
use std::sync::Arc;

use watchkeep_core::ids::ServiceName;
use watchkeep_core::service::{ServiceMetrics, ServiceSpec};

use crate::each::Placeholders;
use crate::gather::{Element, Gathered};
use crate::keys::SERVICE;
use crate::names::KnownNames;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, as_text, refuse_unknown_keys};

pub(crate) fn read(gathered: &Gathered<'_>, problems: &mut Problems) -> Vec<Arc<ServiceSpec>> {
    let mut given = KnownNames::new("service");
    let elements = gathered.many("service").iter();
    elements.filter_map(|element| service(element, &mut given, problems)).map(Arc::new).collect()
}

fn service(element: &Element<'_>, given: &mut KnownNames, problems: &mut Problems) -> Option<ServiceSpec> {
    let root = KeyPath::Root;
    let all = root.key("service");
    let shown = element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("");
    let path = all.key(shown);
    refuse_unknown_keys(&SERVICE, element.table, &path, problems);
    let layers = [element.table];
    let reader = Reader { section: &SERVICE, layers: &layers, path, placeholders: Placeholders::Literal };
    let name = reader.own_name(element.span, problems);
    let is_first = name.as_ref().is_some_and(|name| given.is_first(name, None, &path.key("name"), problems));
    let before = problems.len();
    let matchers = reader.matchers(problems);
    if matchers.is_empty() && problems.len() == before {
        let draft = Draft::error(element.span, &reader.path, "the service has no `match`");
        problems.push(draft.hint("say which checks it is made of, as in `match = ['service=\"api\"']`"));
    }
    let down_at = reader.count("down_at", problems).and_then(NonZeroU32::new);
    let display = reader.text("display", problems).map(|text| text.value);
    let mut metric = |key: &str| reader.text(key, problems).map(|text| text.value);
    let metrics = ServiceMetrics {
        average: metric("average"),
        p95: metric("p95"),
        p99: metric("p99"),
        request_rate: metric("request_rate"),
        error_rate: metric("error_rate"),
    };
    let name = ServiceName::from(name?.value.as_str());
    (is_first && !matchers.is_empty()).then_some(ServiceSpec { name, display, matchers, down_at, metrics })
}
