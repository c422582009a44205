//! `[site.NAME]`.

use std::collections::BTreeMap;

use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::SITE;
use crate::names::Names;
use crate::problems::{KeyPath, Problems};
use crate::reader::{Reader, check_name, refuse_unknown_keys, wrong_kind};
use crate::tree::Value;

/// What a site gives its checks. Calendars are given by name; `always` is one of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Site {
    pub(crate) run_hours: Option<String>,
    pub(crate) notify_hours: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
}

pub(crate) fn read(
    gathered: &Gathered<'_>,
    names: &Names,
    problems: &mut Problems,
) -> BTreeMap<String, Site> {
    let root = KeyPath::Root;
    let all = root.key("site");
    let mut sites = BTreeMap::new();
    for (name, entry) in gathered.named("site") {
        let path = all.key(name);
        check_name(name, entry.key, &path, problems);
        let Value::Table(table) = &entry.node.value else {
            problems.push(wrong_kind(&entry.node, &path, "a table"));
            continue;
        };
        refuse_unknown_keys(&SITE, table, &path, problems);
        let layers = [table];
        let reader = Reader { section: &SITE, layers: &layers, path, placeholders: Placeholders::Literal };
        let mut labels = BTreeMap::from([("site".to_owned(), name.to_owned())]);
        reader.labels(&mut labels, problems);
        let site = Site {
            run_hours: reader.name("calendar", names, problems).map(|name| name.value),
            notify_hours: reader.name("notify_hours", names, problems).map(|name| name.value),
            labels,
        };
        sites.insert(name.to_owned(), site);
    }
    sites
}
