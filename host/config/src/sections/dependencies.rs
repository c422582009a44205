//! `depends_on`: the checks must exist, and none may depend on itself, whether through others or through members of a
//! redundancy group.

use std::collections::BTreeMap;

use super::checks::Outline;
use crate::keys::Named;
use crate::names::Names;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::Placed;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Checks all dependencies. `names` has all checks.
pub(crate) fn check(checks: &[Outline], names: &Names, problems: &mut Problems) {
    let places: BTreeMap<&str, usize> =
        checks.iter().enumerate().map(|(at, check)| (check.name.as_str(), at)).collect();
    for check in checks {
        for name in &check.depends_on {
            with_path(check, |path| names.check(Named::Check, name, path, problems));
        }
    }
    let mut marks = vec![Mark::New; checks.len()];
    for start in 0..checks.len() {
        if marks[start] == Mark::New {
            walk(start, checks, &places, &mut marks, problems);
        }
    }
}

/// Walks depth first, on a stack of its own: a chain may be as long as there are checks.
fn walk(
    start: usize,
    checks: &[Outline],
    places: &BTreeMap<&str, usize>,
    marks: &mut [Mark],
    problems: &mut Problems,
) {
    let mut way = vec![(start, 0)];
    marks[start] = Mark::Open;
    while let Some((at, next)) = way.last_mut() {
        let Some(parent) = checks[*at].depends_on.get(*next) else {
            marks[*at] = Mark::Done;
            way.pop();
            continue;
        };
        *next += 1;
        let Some(&to) = places.get(parent.value.as_str()) else { continue };
        match marks[to] {
            Mark::New => {
                marks[to] = Mark::Open;
                way.push((to, 0));
            }
            Mark::Open => tell_circle(&way, to, checks, parent, problems),
            Mark::Done => {}
        }
    }
}

fn tell_circle(
    way: &[(usize, usize)],
    to: usize,
    checks: &[Outline],
    at: &Placed<String>,
    problems: &mut Problems,
) {
    const SHOWN_MAX: usize = 50;
    let from = way.iter().position(|(at, _)| *at == to).unwrap_or(0);
    let circle = way[from..].iter().map(|(at, _)| *at).chain([to]);
    let mut circle: Vec<String> = circle.map(|at| format!("`{}`", checks[at].name)).collect();
    if circle.len() > SHOWN_MAX {
        let left_out = circle.len() - SHOWN_MAX;
        circle.splice(SHOWN_MAX / 2..SHOWN_MAX / 2 + left_out, [format!("{left_out} more")]);
    }
    let last = way.last().map_or(to, |(at, _)| *at);
    with_path(&checks[last], |path| {
        let message = format!("checks depend on each other: {}", circle.join(" -> "));
        problems.push(Draft::error(at.span, path, message).hint("take one of them out of `depends_on`"));
    });
}

fn with_path<T>(check: &Outline, tell: impl FnOnce(&KeyPath<'_>) -> T) -> T {
    let root = KeyPath::Root;
    let all = root.key(check.section);
    let own = all.key(check.name.as_str());
    tell(&own.key("depends_on"))
}
