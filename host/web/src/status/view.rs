//! A page as the public may know it: titles, states, moments and texts that were meant for it. Everything that is written
//! (the page, the feed, badges) is written from this alone, so that nothing else can leak.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::alert::AlertRecord;
use watchkeep_core::commit::Transition;
use watchkeep_core::ids::CheckName;
use watchkeep_core::note::Note;
use watchkeep_core::rollup::Series;
use watchkeep_core::setup::Setup;
use watchkeep_core::status::{
    Announcement, Component, Problem, PublicState, Span, announcements, components, is_announced, page_state,
    problems, public_state, since, spans, standing,
};
use watchkeep_core::status_page::{Latencies, StatusPageSpec};
use watchkeep_core::subscription::Shown;
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;

use super::days::{DAYS, Day, Record};
use crate::host::{HistoryQuery, Host, HostError, PageRequest, TransitionQuery};

/// For how long notes, problems and maintenance that are over are shown.
pub(super) const HISTORY: Duration = Duration::from_secs(14 * 86_400);
const HOUR: Duration = Duration::from_secs(3600);
/// The most transitions that are read of one check.
const TRANSITIONS_MAX: usize = 500;
/// Of how many checks the past is read: the first ones of a page that has more.
const CHECKS_MAX: usize = 1000;

pub(super) struct PageView {
    pub(super) spec: Arc<StatusPageSpec>,
    pub(super) now: Wall,
    pub(super) state: PublicState,
    pub(super) components: Vec<ComponentView>,
    pub(super) announcements: Vec<Announcement>,
    /// Newest first: those that have not ended, and those that ended lately.
    pub(super) notes: Vec<Arc<Note>>,
}

pub(super) struct ComponentView {
    pub(super) title: String,
    pub(super) slug: String,
    pub(super) state: PublicState,
    pub(super) since: Option<Wall>,
    pub(super) days: Vec<Day>,
    /// The part of the last ninety days in which it was not down; `None` without data.
    pub(super) uptime: Option<f64>,
    /// How long its checks took in the last 24 hours: half of them at most the first, 95 % at most the second.
    pub(super) latency: Option<(Duration, Duration)>,
    /// Oldest first.
    pub(super) problems: Vec<Problem>,
}

/// What was read of the past of a page's components.
pub(super) struct History {
    components: Vec<Component>,
    records: Vec<Record>,
    transitions: HashMap<CheckName, Vec<Transition>>,
}

impl History {
    /// Where nothing of the past is asked for.
    fn none() -> Self {
        Self { components: Vec::new(), records: Vec::new(), transitions: HashMap::new() }
    }

    /// Reads it. What cannot be read counts as not known; the log says why.
    pub(super) async fn read(host: &dyn Host, spec: &StatusPageSpec) -> Self {
        let (now, components) = (host.now(), components(spec, &host.setup()));
        let mut records = Vec::with_capacity(components.len());
        let mut transitions = HashMap::new();
        let mut left = CHECKS_MAX;
        for component in &components {
            let mut record = Record::new(spec.zone, now);
            for check in component.checks.iter().take(left) {
                match of_check(host, check, now).await {
                    Ok((periods, rows)) => {
                        record.add(&periods);
                        transitions.insert(check.clone(), rows);
                    }
                    Err(error) => {
                        tracing::error!(%check, %error, "its past cannot be shown on a status page")
                    }
                }
            }
            left = left.saturating_sub(component.checks.len());
            records.push(record);
        }
        Self { components, records, transitions }
    }

    /// Whether it is that of the page as it is now.
    pub(super) fn is_of(&self, spec: &StatusPageSpec, host: &dyn Host) -> bool {
        self.components == components(spec, &host.setup())
    }

    fn spans(&self, view: &CheckView, alerts: &[Arc<AlertRecord>], scene: &Scene) -> Vec<Span> {
        let rows = self.transitions.get(&view.spec.name).map_or(&[][..], Vec::as_slice);
        spans(view, rows, alerts, &scene.windows)
    }
}

/// Hours of ninety days, and transitions of the last two weeks, oldest first.
async fn of_check(
    host: &dyn Host,
    check: &CheckName,
    now: Wall,
) -> Result<(Vec<watchkeep_core::rollup::Period>, Vec<Transition>), HostError> {
    // One day more, because a zone's days begin before or after those of UTC.
    let between = now - (DAYS + 1) * 24 * HOUR..now;
    let query = HistoryQuery { check: check.clone(), series: Series::Runs, between, step: HOUR };
    let periods = host.history(query).await?;
    let query = TransitionQuery {
        check: Some(check.clone()),
        from: Some(now - HISTORY),
        to: None,
        page: PageRequest { after: None, limit: TRANSITIONS_MAX },
    };
    let mut rows = host.transitions(query).await?.items;
    rows.reverse();
    Ok((periods, rows))
}

/// What the host knows at one moment.
struct Scene {
    now: Wall,
    views: HashMap<CheckName, CheckView>,
    alerts: HashMap<CheckName, Vec<Arc<AlertRecord>>>,
    windows: Vec<Arc<watchkeep_core::window::Window>>,
}

impl Scene {
    fn of(host: &dyn Host, components: &[Component]) -> Self {
        let named = components.iter().flat_map(|component| &component.checks);
        let views = named.filter_map(|name| Some((name.clone(), host.check(name)?))).collect();
        let mut alerts: HashMap<CheckName, Vec<Arc<AlertRecord>>> = HashMap::new();
        for alert in host.alerts() {
            if let Some(check) = alert.key.check() {
                alerts.entry(check.clone()).or_default().push(alert);
            }
        }
        Self { now: host.now(), views, alerts, windows: host.windows() }
    }
    fn alerts(&self, check: &CheckName) -> &[Arc<AlertRecord>] {
        self.alerts.get(check).map_or(&[], Vec::as_slice)
    }
    fn component(
        &self,
        component: &Component,
        history: &History,
        place: usize,
        shown: Latencies,
    ) -> ComponentView {
        let views: Vec<&CheckView> =
            component.checks.iter().filter_map(|name| self.views.get(name)).collect();
        let standings: Vec<_> = views
            .iter()
            .map(|view| {
                let alerts = self.alerts(&view.spec.name).iter().map(|alert| &**alert);
                standing(view, alerts, is_announced(&self.windows, view, self.now))
            })
            .collect();
        let past: Vec<Vec<Span>> =
            views.iter().map(|view| history.spans(view, self.alerts(&view.spec.name), self)).collect();
        let state = public_state(component.down_at, &standings);
        let record = history.records.get(place);
        ComponentView {
            title: component.title.clone(),
            slug: component.slug.clone(),
            state,
            since: since(state, &standings),
            days: record.map(|record| record.days(self.now)).unwrap_or_default(),
            uptime: record.and_then(Record::uptime),
            latency: match shown {
                Latencies::Shown => record.and_then(Record::latency),
                Latencies::Hidden => None,
            },
            problems: problems(component.down_at, &past, self.now),
        }
    }
}

impl PageView {
    pub(super) fn of(host: &dyn Host, spec: Arc<StatusPageSpec>, history: &History) -> Self {
        let scene = Scene::of(host, &history.components);
        let shown: Vec<ComponentView> = history
            .components
            .iter()
            .enumerate()
            .map(|(place, component)| scene.component(component, history, place, spec.latencies))
            .collect();
        let from = scene.now - HISTORY;
        let mut notes = host.notes().of(&spec.name);
        notes.retain(|note| !note.has_ended() || note.changed_at() > from);
        Self {
            now: scene.now,
            state: page_state(shown.iter().map(|component| component.state)),
            components: shown,
            announcements: announcements(
                &scene.windows,
                &history.components,
                |name| scene.views.get(name),
                (from, scene.now),
            ),
            notes,
            spec,
        }
    }
}

/// What a page shows now, as far as letters tell of it.
pub fn shown(host: &dyn Host, spec: &StatusPageSpec) -> Shown {
    let components = components(spec, &host.setup());
    let scene = Scene::of(host, &components);
    let none = History::none();
    let state = |component: &Component| {
        (component.title.clone(), scene.component(component, &none, 0, Latencies::Hidden).state)
    };
    let span = (scene.now - HISTORY, scene.now);
    Shown {
        title: spec.title.clone(),
        zone: spec.zone,
        components: components.iter().map(state).collect(),
        notes: host.notes().of(&spec.name),
        announcements: announcements(&scene.windows, &components, |name| scene.views.get(name), span),
    }
}

/// The state of each component of a page and since when, for those inside who look after it.
pub(crate) fn states(
    host: &dyn Host,
    spec: &StatusPageSpec,
    setup: &Setup,
) -> Vec<(Component, PublicState, Option<Wall>)> {
    let components = components(spec, setup);
    let scene = Scene::of(host, &components);
    let none = History::none();
    let states = components.into_iter().map(|component| {
        let shown = scene.component(&component, &none, 0, Latencies::Hidden);
        (component, shown.state, shown.since)
    });
    states.collect()
}
