//! A host on which each text that a plugin, a target, a person or a config can give is a script. Structures are spelt out
//! field by field: whoever gives one a new text has to say here what it is.

mod alerts;
mod checks;
mod people;
mod plugins;

pub(super) use people::SCOPED;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use watchkeep_core::labels::Labels;
use watchkeep_core::report::Metric;
use watchkeep_web::{AdminToken, NotReady};

use super::canary::Canaries;
use crate::support::{Board, FakeHost, labels};

/// The host, and its texts.
pub(super) struct World {
    pub(super) host: Arc<FakeHost>,
    pub(super) router: Router,
    pub(super) texts: Canaries,
}

impl World {
    pub(super) fn new() -> Self {
        let texts = Canaries::default();
        let mut board = Board::default();
        board.access.admin_token = Some(AdminToken::new("s3cret"));
        board.not_ready = vec![NotReady { part: "store", message: texts.text("what is not well") }];
        checks::put(&mut board, &texts);
        alerts::put(&mut board, &texts);
        plugins::put(&mut board, &texts);
        let host = FakeHost::new(board);
        people::put(&host, &texts);
        let router = watchkeep_web::router(host.clone());
        Self { host, router, texts }
    }
}

/// One label, hostile in name and value.
fn label(texts: &Canaries, name: &'static str, value: &'static str) -> Labels {
    labels(&[(&texts.text(name), &texts.text(value))])
}

fn number(texts: &Canaries) -> Metric {
    Metric {
        name: texts.text("a metric's name"),
        value: 7.0,
        unit: texts.text("a metric's unit"),
        bounds: None,
        labels: label(texts, "a metric's label", "a metric's label's value"),
    }
}

const HOUR: Duration = Duration::from_secs(3600);
