//! `/config`: what a reload would change, and the reload.

use askama::Template;
use axum::response::Response;
use watchkeep_core::setup::Difference;

use super::acts::Form;
use super::layout::{Here, Layout};
use super::render;
use super::words::{Part, counted, prose, shortened};
use crate::api::query::Params;
use crate::problem::Problem;
use crate::reload::{ConfigProblem, ReloadMode, Reloaded, Severity};
use crate::router::{App, State};

/// The most lines of each list; the command line shows all.
const LINES_MAX: usize = 200;

#[derive(Template)]
#[template(path = "config.html")]
struct ConfigPage {
    layout: Layout,
    answer: Option<Answer>,
}

/// What a reload would change or has changed.
struct Answer {
    title: String,
    /// Whether there is something that a button can apply.
    may_apply: bool,
    is_refused: bool,
    changes: Vec<Change>,
    problems: Vec<ProblemLine>,
    left_out: usize,
}

struct Change {
    word: &'static str,
    what: Vec<Part>,
}

struct ProblemLine {
    look: &'static str,
    word: &'static str,
    place: String,
    message: Vec<Part>,
    hint: Option<Vec<Part>>,
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    render(&ConfigPage { layout: Layout::new(&app, Here::Config), answer: None })
}

/// A look at what would change, unless the form says that it is to be applied.
pub(crate) async fn reload(State(app): State<App>, form: Form) -> Result<Response, Problem> {
    let mode = if form.one("apply").is_some() { ReloadMode::Apply } else { ReloadMode::DryRun };
    let answer = Answer::of(mode, app.host.reload(mode).await?);
    render(&ConfigPage { layout: Layout::new(&app, Here::Config), answer: Some(answer) })
}

impl Answer {
    fn of(mode: ReloadMode, reloaded: Reloaded) -> Self {
        let (mut changes, problems, is_refused) = match reloaded {
            Reloaded::Accepted { difference, closes, altered, warnings } => {
                let mut changes = changes(&difference);
                let closing = closes.iter().map(|key| change("closes", &format!("the alert `{key}`")));
                changes.extend(closing);
                changes.extend(altered.iter().map(|what| change("changes", what)));
                (changes, warnings, false)
            }
            Reloaded::Refused { problems } => (Vec::new(), problems, true),
        };
        let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        let left_out = changes.len().saturating_sub(LINES_MAX) + problems.len().saturating_sub(LINES_MAX);
        let count = changes.len();
        changes.truncate(LINES_MAX);
        Self {
            title: match (mode, is_refused, count) {
                (_, true, _) => {
                    format!("The config on the disk has {}; what runs is as it was", counted(errors, "error"))
                }
                (ReloadMode::Apply, false, _) => "The config on the disk is in force".to_owned(),
                (ReloadMode::DryRun, false, 0) => "A reload would change nothing".to_owned(),
                (ReloadMode::DryRun, false, count) => {
                    format!("A reload would change {}", counted(count, "thing"))
                }
            },
            may_apply: mode == ReloadMode::DryRun && !is_refused && count > 0,
            is_refused,
            changes,
            problems: problems.iter().take(LINES_MAX).map(line).collect(),
            left_out,
        }
    }
}

fn change(word: &'static str, what: &str) -> Change {
    Change { word, what: prose(&shortened(what, 400)) }
}

fn changes(difference: &Difference) -> Vec<Change> {
    let mut changes = Vec::new();
    let check = |name: &watchkeep_core::ids::CheckName| format!("the check `{name}`");
    changes.extend(difference.added.iter().map(|name| change("adds", &check(name))));
    changes.extend(difference.changed.iter().map(|name| change("changes", &check(name))));
    changes.extend(difference.removed.iter().map(|name| change("removes", &check(name))));
    changes.extend(
        difference
            .renamed
            .iter()
            .map(|(to, from)| change("renames", &format!("the check `{from}` to `{to}`"))),
    );
    let receivers = difference.receivers_removed.iter();
    changes.extend(receivers.map(|name| change("removes", &format!("the receiver `{name}`"))));
    changes.extend(difference.routes_changed.then(|| change("changes", "routes, escalations or windows")));
    changes.extend(difference.actions_changed.then(|| change("changes", "actions")));
    changes
}

fn line(problem: &ConfigProblem) -> ProblemLine {
    let number = |number: Option<u32>| number.map(|number| format!(":{number}")).unwrap_or_default();
    ProblemLine {
        look: match problem.severity {
            Severity::Error => "critical",
            Severity::Warning => "warning",
        },
        word: match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        place: format!("{}{}{}", problem.file, number(problem.line), number(problem.column)),
        message: prose(&shortened(&problem.message, 1000)),
        hint: problem.hint.as_ref().map(|hint| prose(&shortened(hint, 1000))),
    }
}
