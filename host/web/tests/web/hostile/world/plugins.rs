//! Plugins in each stage of their lives, and what a reload says.

use watchkeep_core::ids::Digest;
use watchkeep_web::{
    ConfigProblem, GenerationView, PluginEvent, PluginKind, PluginLife, PluginView, Severity,
};

use super::super::canary::Canaries;
use crate::support::{Board, seconds_ago};

fn generation(texts: &Canaries) -> GenerationView {
    GenerationView {
        digest: Digest::of(b"live"),
        kind: PluginKind::Check,
        version: texts.text("a plugin's version"),
        summary: texts.text("a plugin's description"),
        source: texts.text("where a plugin comes from"),
        size_bytes: 9,
        since: seconds_ago(900),
        requests: vec![texts.text("what a plugin asks for")],
        grants: vec![texts.text("what a plugin is granted")],
        reads_snapshots: true,
    }
}

pub(super) fn put(board: &mut Board, texts: &Canaries) {
    let source = || texts.text("a plugin's file");
    let live = || generation(texts);
    let lives = [
        PluginLife::Compiling { live: Some(live()), source: source() },
        PluginLife::Live(live()),
        PluginLife::Canary { live: live(), previous: Digest::of(b"previous") },
        PluginLife::PendingGrant {
            live: Some(live()),
            source: source(),
            digest: Digest::of(b"new"),
            asks: vec![texts.text("what a pending plugin asks for")],
        },
        PluginLife::Disabled,
        PluginLife::Kept { live: live(), problem: texts.text("why a plugin was kept") },
        PluginLife::Failed { source: source(), problem: texts.text("why a plugin failed") },
    ];
    let named = |life| PluginView { name: texts.text("a plugin's name").as_str().into(), life };
    board.plugins = lives.map(named).into();
    board.plugin_events = vec![PluginEvent {
        at: seconds_ago(30),
        file: texts.text("the file of an event"),
        digest: Some(Digest::of(b"bad")),
        stage: "inspect",
        message: texts.text("the message of an event"),
        hint: Some(texts.text("the hint of an event")),
    }];
    let problem = |severity| ConfigProblem {
        severity,
        file: texts.text("a config's file"),
        line: Some(3),
        column: Some(4),
        key: Some(texts.text("a config's key")),
        message: texts.text("what is wrong with a config"),
        hint: Some(texts.text("the hint of a config's problem")),
    };
    board.problems = vec![problem(Severity::Warning), problem(Severity::Error)];
}
