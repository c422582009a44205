//! Markers in charts as people and their tools set them: read, refused with a sentence, or written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::ids::{MarkerId, short_hash};
use watchkeep_core::labels::Labels;
use watchkeep_core::marker::{Marker, MarkerChange};

use crate::api::body::{by, moment, public_line};
use crate::caller::Writer;
use crate::host::Write;
use crate::pages::web_link;
use crate::problem::Problem;
use crate::router::App;

/// The most characters of a text, of a link, and of a label's name or value.
const TEXT_MAX: usize = 200;
const LINK_MAX: usize = 1000;
const LABEL_MAX: usize = 200;
const LABELS_MAX: usize = 16;
/// How far ahead a marker may be: what is planned is a maintenance.
const AHEAD_MAX: Duration = Duration::from_hours(1);

/// A marker that is asked for.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MarkerRequest {
    pub(crate) text: Option<String>,
    /// When it was; now, if it is not said.
    pub(crate) at: Option<String>,
    /// Where there is more about it.
    pub(crate) link: Option<String>,
    /// The labels of the checks that it concerns; `check` and `plugin` are among them.
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) by: Option<String>,
}

impl MarkerRequest {
    fn marker(&self, app: &App, writer: &Writer) -> Result<Marker, Problem> {
        let now = app.host.now();
        let text = public_line("text", self.text.as_deref().unwrap_or_default(), TEXT_MAX)?;
        let at = self.at.as_deref().map(|at| moment("at", at)).transpose()?.unwrap_or(now);
        if at > now + AHEAD_MAX {
            return Err(Problem::invalid(
                "`at` lies ahead; hint: a marker is for what was done, a maintenance for what is planned",
            ));
        }
        let link = match self.link.as_deref().filter(|link| !link.trim().is_empty()) {
            None => String::new(),
            Some(link) => {
                let link = public_line("link", link, LINK_MAX)?;
                web_link(&link).ok_or_else(|| {
                    Problem::invalid("`link` is no web address; hint: it begins with `https://`")
                })?
            }
        };
        let (labels, by) = (labels(&self.labels)?, by(self.by.as_deref(), writer)?);
        let mut parts = vec![at.millis().to_string(), text.clone(), link.clone()];
        parts.extend(labels.iter().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]));
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        let id = MarkerId::new(format!("m-{}", short_hash(&parts)));
        Ok(Marker { id, at, text, link, labels, by })
    }
}

fn labels(asked: &BTreeMap<String, String>) -> Result<Labels, Problem> {
    if asked.len() > LABELS_MAX {
        return Err(Problem::invalid(format!("`labels` has more than {LABELS_MAX} labels")));
    }
    let label = |(name, value): (&String, &String)| {
        let name = public_line("labels", name, LABEL_MAX)?;
        if value.chars().count() > LABEL_MAX || value.chars().any(char::is_control) {
            return Err(Problem::invalid(format!(
                "the label `{name}` has a value of more than {LABEL_MAX} characters, or with control characters"
            )));
        }
        Ok((name, value.clone()))
    };
    asked.iter().map(label).collect()
}

pub(crate) fn find(app: &App, id: &str) -> Result<Arc<Marker>, Problem> {
    let found = app.host.markers().find(&MarkerId::from(id)).cloned();
    found.ok_or_else(|| {
        let shown: String = id.chars().take(64).collect();
        Problem::not_found(&format!("marker `{shown}`"))
    })
}

/// The same marker set twice is one.
pub(crate) async fn set(app: &App, writer: &Writer, asked: &MarkerRequest) -> Result<Marker, Problem> {
    let marker = asked.marker(app, writer)?;
    let _turn = app.notes.lock().await;
    let changes = vec![MarkerChange::Put(marker.clone())];
    let entry = audit(app, "marker.set", &marker).to(marker.text.clone());
    app.host.write(Write::Markers(changes), entry).await?;
    Ok(marker)
}

pub(crate) async fn remove(app: &App, id: &str) -> Result<Arc<Marker>, Problem> {
    let _turn = app.notes.lock().await;
    let marker = find(app, id)?;
    let entry = audit(app, "marker.remove", &marker).from(marker.text.clone());
    app.host.write(Write::Markers(vec![MarkerChange::Remove(marker.id.clone())]), entry).await?;
    Ok(marker)
}

fn audit(app: &App, what: &str, marker: &Marker) -> AuditEntry {
    AuditEntry::new(app.host.now(), app.caller.author(), what, marker.id.as_str())
}
