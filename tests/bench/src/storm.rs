//! Ten thousand alerts that begin at once and 200 routes: when the first and the last of them reach their receivers, and
//! what a receiver that hangs does to others. Beside it Alertmanager, which is handed the same alerts.

use std::time::Duration;

use anyhow::Result;
use watchkeep_end_to_end::within;

use crate::crowd::{ALERTS, Crowd, Grouped, ROUTES, alertmanager, fall_at};
use crate::machine;
use crate::report::{Section, median, say};
use crate::sink::{Arrival, Sink};

const LONGEST: Duration = Duration::from_secs(180);

/// Milliseconds from the first alert's beginning.
#[derive(Default)]
struct Spans {
    first: Vec<f64>,
    last: Vec<f64>,
    /// The times of the route that also notifies the receiver that hangs.
    beside: Vec<f64>,
}

pub(crate) async fn measure(turns: usize) -> Result<Section> {
    let mut rows = Vec::new();
    for (grouped, what) in [(Grouped::Single, "each by itself"), (Grouped::ByCheck, "by check")] {
        let (mut ours, mut theirs) = (Spans::default(), Spans::default());
        for number in 1..=turns {
            say(&format!("storm, {what}, turn {number} of {turns}"));
            theirs.add(&peer(grouped).await?);
            ours.add(&watchkeep(grouped).await?);
        }
        rows.push(row(&format!("Watchkeep, {what}"), &mut ours, Some(&mut theirs)));
        rows.push(row(&format!("Alertmanager, {what}"), &mut theirs, None));
    }
    Ok(Section {
        name: "storm",
        columns: vec!["contender", "first notice", "last notice", "beside a receiver that hangs", "Alertmanager's last to it"],
        rows,
        notes: vec![
            format!("{ALERTS} alerts, {ROUTES} routes and receivers; milliseconds from the first alert's beginning to the notice's arrival, medians of {turns}"),
            "Watchkeep's alerts come from 200 checks that are asked to run, and each notice is on the disk before it is sent; Alertmanager is handed its alerts in one request".to_owned(),
            machine::version("prometheus-alertmanager", &["--version"]),
        ],
        ..Section::default()
    })
}

async fn watchkeep(grouped: Grouped) -> Result<Vec<Arrival>> {
    let sink = Sink::start().await;
    let crowd = Crowd::start(grouped, &sink).await?;
    crowd.fall().await?;
    let arrived = all(&sink).await;
    crowd.stop().await;
    Ok(arrived)
}

async fn peer(grouped: Grouped) -> Result<Vec<Arrival>> {
    let sink = Sink::start().await;
    let alertmanager = alertmanager(grouped, &sink).await;
    fall_at(&alertmanager).await?;
    Ok(all(&sink).await)
}

async fn all(sink: &Sink) -> Vec<Arrival> {
    within(LONGEST, "every alert is told", async || (sink.count() == ALERTS).then_some(())).await;
    sink.take()
}

impl Spans {
    fn add(&mut self, arrived: &[Arrival]) {
        let Some(began) = arrived.iter().map(|it| it.since).min() else { return };
        let spans = |path: Option<&str>| -> Vec<f64> {
            let of_path = arrived.iter().filter(|it| path.is_none_or(|path| it.path == path));
            of_path.map(|it| (it.at - began).num_microseconds().unwrap_or(0) as f64 / 1e3).collect()
        };
        self.first.push(spans(None).into_iter().fold(f64::INFINITY, f64::min));
        self.last.push(spans(None).into_iter().fold(0.0, f64::max));
        self.beside.push(spans(Some("/r0")).into_iter().fold(0.0, f64::max));
    }
}

fn row(what: &str, spans: &mut Spans, peer: Option<&mut Spans>) -> Vec<String> {
    let last = median(&mut spans.last);
    let (beside, ratio) = match peer {
        Some(peer) => {
            (format!("{:.0} ms", median(&mut spans.beside)), format!("{:.2}", median(&mut peer.last) / last))
        }
        None => (String::new(), String::new()),
    };
    vec![
        what.to_owned(),
        format!("{:.0} ms", median(&mut spans.first)),
        format!("{last:.0} ms"),
        beside,
        ratio,
    ]
}
