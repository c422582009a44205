//! Runs every file in `tests/scenarios`; `tests/scenarios/README.md` says how to read and write one. All failing
//! files are listed, not only the first.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the scenarios are files; only what decides must know none"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use support::setup::{Written, span, unquote, words};
use support::world::World;
use watchkeep_core::commit::{Change, Commit, TransitionKind, Urgency};
use watchkeep_core::delivery::{AttemptResult, Ended, Notification};
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::{CheckName, DeliveryId, Digest, PluginName, ReceiverName};
use watchkeep_core::input::{Command, Input, PluginStatus};
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::{Report, State};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckStatus;

const BEGINS: &str = "2026-01-05T12:00:00Z";

#[test]
fn every_scenario_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let only = std::env::var("SCENARIO").unwrap_or_default();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no scenario in {}", folder.display());
    let mut failures = String::new();
    for path in &files {
        let text = std::fs::read_to_string(path).expect("a readable scenario");
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let played = std::panic::catch_unwind(|| Play::run(&text));
        let problem = match played {
            Ok(Ok(())) => continue,
            Ok(Err(problem)) => problem,
            Err(panic) => panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_else(|| "panicked".into()),
        };
        let _ = writeln!(failures, "\n--- {name}\n{problem}");
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Something that a scenario has to expect.
struct Seen {
    at: Duration,
    watch: &'static str,
    text: String,
}

struct Play {
    written: Written,
    begins: Wall,
    watched: Vec<String>,
    world: Option<World>,
    elapsed: Duration,
    seen: Vec<Seen>,
    answers: BTreeMap<CheckName, Outcome>,
    results: BTreeMap<ReceiverName, Option<AttemptResult>>,
    /// Every notification sent, by receiver.
    sent: BTreeMap<ReceiverName, Vec<Arc<Notification>>>,
    previous: BTreeMap<ReceiverName, Option<String>>,
    reloading: Option<Written>,
}

impl Play {
    fn run(text: &str) -> Result<(), String> {
        let mut play = Self {
            written: Written::default(),
            begins: wall(BEGINS)?,
            watched: ["alerts", "deliveries"].map(str::to_owned).to_vec(),
            world: None,
            elapsed: Duration::ZERO,
            seen: Vec::new(),
            answers: BTreeMap::new(),
            results: BTreeMap::new(),
            sent: BTreeMap::new(),
            previous: BTreeMap::new(),
            reloading: None,
        };
        for (number, full) in text.lines().enumerate() {
            let line = full.split(" # ").next().unwrap_or_default();
            let indent = line.len() - line.trim_start().len();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            play.line(indent, line).map_err(|problem| format!("line {}: `{line}`\n{problem}", number + 1))?;
        }
        play.end_block()
    }

    fn line(&mut self, indent: usize, line: &str) -> Result<(), String> {
        if let Some(setup) = &mut self.reloading {
            match line.split_once(' ') {
                Some(("+", entry)) => {
                    let depth = if entry.starts_with("route") { indent.saturating_sub(4) } else { 0 };
                    return setup.take(depth, entry)?.then_some(()).ok_or("no entry of a setup".into());
                }
                Some(("-", entry)) => {
                    let (kind, name) = entry.split_once(' ').ok_or("write `- check NAME`")?;
                    return setup.without(kind, name);
                }
                _ => self.apply_reload()?,
            }
        }
        if self.world.is_none() && self.head(indent, line)? {
            return Ok(());
        }
        if let Some(expected) = line.strip_prefix("> ") {
            return self.expect(expected);
        }
        if let Some(question) = line.strip_prefix("? ") {
            return self.ask(question);
        }
        if let Some(moment) = line.strip_prefix("at ") {
            return self.at(moment);
        }
        self.input(line)
    }

    fn head(&mut self, indent: usize, line: &str) -> Result<bool, String> {
        if let Some(moment) = line.strip_prefix("begins ") {
            self.begins = wall(moment)?;
            return Ok(true);
        }
        if let Some(watched) = line.strip_prefix("watch ") {
            self.watched = watched.split(' ').map(str::to_owned).collect();
            return Ok(true);
        }
        self.written.take(indent, line)
    }

    fn world(&mut self) -> Result<&mut World, String> {
        self.world.as_mut().ok_or_else(|| "begin the timeline with `at 0s`".into())
    }

    /// Nothing watched may be left over.
    fn end_block(&mut self) -> Result<(), String> {
        if self.reloading.is_some() {
            self.apply_reload()?;
        }
        let left: String = self.seen.drain(..).fold(String::new(), |mut text, seen| {
            let _ = writeln!(text, "unexpected at {:?}: {}", seen.at, seen.text);
            text
        });
        if std::env::var_os("SCENARIO_TRACE").is_some() {
            eprint!("{}", left.replace("unexpected ", ""));
            return Ok(());
        }
        if left.is_empty() { Ok(()) } else { Err(left) }
    }

    fn at(&mut self, moment: &str) -> Result<(), String> {
        self.end_block()?;
        let (moment, stalled) = match moment.strip_suffix(" after a stall") {
            Some(moment) => (moment, true),
            None => (moment, false),
        };
        let to = span(moment)?;
        if self.world.is_none() {
            self.world = Some(World::new(self.written.setup()?, self.begins));
        }
        if to < self.elapsed {
            return Err(format!("time runs forward only, it is {:?}", self.elapsed));
        }
        if stalled {
            let gap = to - self.elapsed;
            self.world()?.pass(gap);
            self.elapsed = to;
        }
        loop {
            let left = to - self.elapsed;
            let world = self.world()?;
            let wait = world.wake.map(|wake| wake.since(world.now.mono)).filter(|wait| *wait <= left);
            let Some(wait) = wait else {
                world.pass(left);
                self.elapsed = to;
                return Ok(());
            };
            world.pass(wait);
            self.elapsed += wait;
            let effects = self.world()?.tick();
            self.took(effects)?;
        }
    }

    fn take(&mut self, input: Input) -> Result<(), String> {
        let effects = self.world()?.take(input);
        self.took(effects)
    }

    /// Notes what was asked for, then lets checks and receivers answer that answer by themselves.
    fn took(&mut self, effects: Vec<Effect>) -> Result<(), String> {
        for effect in effects {
            self.see(effect);
        }
        loop {
            let world = self.world.as_mut().ok_or("no world")?;
            let answered = world
                .running
                .keys()
                .find_map(|check| Some((check.clone(), self.answers.get(check)?.clone())));
            if let Some((check, outcome)) = answered {
                let effects = world.finish_run(&check, outcome).unwrap_or_default();
                effects.into_iter().for_each(|effect| self.see(effect));
                continue;
            }
            let sent = world.sending.iter().find_map(|(id, start)| {
                let result = self.results.get(&start.delivery.notification.receiver);
                Some((*id, result.cloned().unwrap_or(Some(AttemptResult::Delivered(None)))?))
            });
            if let Some((id, result)) = sent {
                let effects = world.finish_delivery(id, result).unwrap_or_default();
                effects.into_iter().for_each(|effect| self.see(effect));
                continue;
            }
            if world.wake.is_none_or(|wake| wake > world.now.mono) {
                return Ok(());
            }
            let effects = world.tick();
            effects.into_iter().for_each(|effect| self.see(effect));
        }
    }

    fn see(&mut self, effect: Effect) {
        match effect {
            Effect::StartRun(start) => {
                let text = format!("start {} for {}", start.run.check, time(start.run.scheduled_at));
                self.note("starts", text);
            }
            Effect::Commit(commit) => self.see_commit(&commit),
            Effect::StartDelivery(start) => {
                let notification = &start.delivery.notification;
                let mut text = format!("deliver {} {}", notification.receiver, notification.kind.as_str());
                let alerts: Vec<String> = notification
                    .alerts
                    .iter()
                    .map(|notice| format!("{}={}", notice.key, notice.state.as_str()))
                    .collect();
                if !alerts.is_empty() {
                    let _ = write!(text, " {}", alerts.join(", "));
                }
                if notification.omitted > 0 {
                    let _ = write!(text, " omitted {}", notification.omitted);
                }
                if start.attempt > 1 {
                    let _ = write!(text, " attempt {}", start.attempt);
                }
                if notification.told_before {
                    text.push_str(" again");
                }
                let receiver = notification.receiver.clone();
                self.sent.entry(receiver.clone()).or_default().push(Arc::clone(notification));
                self.previous.insert(receiver, start.delivery.previous_id.clone());
                self.note("deliveries", text);
            }
            Effect::WakeAt(_) | Effect::Publish(_) => {}
        }
    }

    fn see_commit(&mut self, commit: &Commit) {
        let mut kinds = Vec::new();
        for change in &commit.changes {
            kinds.push(match change {
                Change::Result(_) => "result",
                Change::Transition(transition) => {
                    let what = match transition.kind {
                        TransitionKind::Pending => "pending",
                        TransitionKind::Firing => "firing",
                        TransitionKind::LevelChanged => "changed",
                        TransitionKind::Recovering => "recovering",
                        TransitionKind::Resolved => "resolved",
                        TransitionKind::Calmed => "calmed",
                        TransitionKind::Removed => "removed",
                    };
                    let text = match transition.kind {
                        TransitionKind::Pending | TransitionKind::Firing | TransitionKind::LevelChanged => {
                            format!("{} {what} {}", transition.key, transition.state.as_str())
                        }
                        TransitionKind::Recovering
                        | TransitionKind::Resolved
                        | TransitionKind::Calmed
                        | TransitionKind::Removed => format!("{} {what}", transition.key),
                    };
                    self.note("alerts", text);
                    "transition"
                }
                Change::PutAlert(_) => "put-alert",
                Change::RemoveAlert(_) => "remove-alert",
                Change::PutGroup(_) => "put-group",
                Change::AcceptSnapshot(_) => "accept-snapshot",
                Change::RemoveGroup(_) => "remove-group",
                Change::PutDelivery(_) => "put-delivery",
                Change::EndDelivery { id, ended } => {
                    self.see_end(*id, ended);
                    "end-delivery"
                }
                Change::PutPaused { .. } => "put-paused",
                Change::Decision(decision) => {
                    self.note("reasons", format!("because {}: {}", decision.key, decision.reason));
                    "decision"
                }
                Change::Kv(_) => "kv",
            });
        }
        let urgency = match commit.urgency {
            Urgency::Batch => "batch",
            Urgency::AtOnce => "at-once",
        };
        self.note("commits", format!("commit {urgency}: {}", kinds.join(" ")));
    }

    fn see_end(&mut self, id: DeliveryId, ended: &Ended) {
        let text = match ended {
            Ended::Delivered { .. } => format!("{id} delivered"),
            Ended::Dead { error, .. } => format!("{id} dead: {error}"),
            Ended::Superseded { .. } => format!("{id} superseded"),
        };
        self.note("ends", text);
    }

    fn note(&mut self, watch: &'static str, text: String) {
        if self.watched.iter().any(|watched| watched == watch) {
            self.seen.push(Seen { at: self.elapsed, watch, text });
        }
    }

    fn expect(&mut self, expected: &str) -> Result<(), String> {
        let now = self.elapsed;
        let fits = |seen: &Seen| {
            seen.at == now
                && (seen.text == expected
                    || (seen.watch == "starts" && seen.text.starts_with(&format!("{expected} for ")))
                    || (seen.watch == "reasons"
                        && seen.text.starts_with(&format!("{expected} (notification "))))
        };
        match self.seen.iter().position(fits) {
            Some(place) => {
                self.seen.remove(place);
                Ok(())
            }
            None => {
                let seen: Vec<String> =
                    self.seen.iter().map(|seen| format!("  at {:?}: {}", seen.at, seen.text)).collect();
                Err(format!(
                    "did not happen at {now:?}; what did, and is not yet expected:\n{}",
                    seen.join("\n")
                ))
            }
        }
    }

    fn ask(&mut self, question: &str) -> Result<(), String> {
        let words = words(question);
        let parts: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = match parts.as_slice() {
            ["skipped", check, _] => {
                let view = self.world()?.state.check(&CheckName::from(*check)).ok_or("no such check")?;
                format!("skipped {check} {}", view.skipped)
            }
            ["status", check, _] => {
                let view = self.world()?.state.check(&CheckName::from(*check)).ok_or("no such check")?;
                let status = match view.status {
                    CheckStatus::Active => "active",
                    CheckStatus::Running { .. } => "running",
                    CheckStatus::Paused => "paused",
                    CheckStatus::Closed => "closed",
                    CheckStatus::NoPlugin => "no-plugin",
                };
                format!("status {check} {status}")
            }
            ["since", check, _] => {
                let view = self.world()?.state.check(&CheckName::from(*check)).ok_or("no such check")?;
                let since = view.since.ok_or("it has not run yet")?;
                format!("since {check} {}", time(since))
            }
            ["outbox", _] => format!("outbox {}", self.world()?.store.outbox.len()),
            ["groups", _] => format!("groups {}", self.world()?.store.groups.len()),
            ["open", ..] => {
                let keys: Vec<String> =
                    self.world()?.state.alerts().map(|alert| alert.key.to_string()).collect();
                if keys.is_empty() { "open nothing".into() } else { format!("open {}", keys.join(" ")) }
            }
            ["told", check, ..] => {
                let world = self.world()?;
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == *check);
                let told: Vec<&str> = alert
                    .into_iter()
                    .flat_map(|alert| &alert.told)
                    .map(|told| told.receiver.as_str())
                    .collect();
                format!("told {check} {}", if told.is_empty() { "nobody".into() } else { told.join(" ") })
            }
            ["labels", check, _] => {
                let world = self.world()?;
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == *check);
                let labels: Vec<String> = alert
                    .into_iter()
                    .flat_map(|alert| alert.labels.iter())
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!("labels {check} {}", labels.join(","))
            }
            ["dedup-keys", receiver, _] => {
                let sent = self.sent.get(&ReceiverName::from(*receiver));
                let mut keys: Vec<&str> =
                    sent.into_iter().flatten().map(|sent| sent.dedup_key.as_str()).collect();
                keys.sort_unstable();
                keys.dedup();
                format!("dedup-keys {receiver} {}", keys.len())
            }
            ["previous", receiver, _] => {
                let previous = self.previous.get(&ReceiverName::from(*receiver)).cloned().flatten();
                format!("previous {receiver} {}", previous.as_deref().unwrap_or("nothing"))
            }
            ["reason", receiver, _] => {
                let last = self.sent.get(&ReceiverName::from(*receiver)).and_then(|sent| sent.last());
                format!("reason {receiver} \"{}\"", last.map_or("", |sent| sent.reason.as_str()))
            }
            ["summary", check, _] => {
                let world = self.world()?;
                let key = unquote(check);
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == key);
                format!("summary {check} \"{}\"", alert.map_or("", |alert| alert.summary.as_str()))
            }
            _ => return Err("no such question".into()),
        };
        if found == question { Ok(()) } else { Err(format!("found: {found}")) }
    }

    fn input(&mut self, line: &str) -> Result<(), String> {
        let words = words(line);
        let parts: Vec<&str> = words.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["crash"] => self.restart(Duration::ZERO),
            ["down", text] => self.restart(span(text)?),
            ["reload"] => {
                self.reloading = Some(self.written.clone());
                Ok(())
            }
            ["wall", jump] => {
                let (sign, text) = jump.split_at(1);
                let world = self.world()?;
                world.now.wall = match sign {
                    "+" => world.now.wall + span(text)?,
                    _ => world.now.wall - span(text)?,
                };
                let effects = world.tick();
                self.took(effects)
            }
            ["plugin", name, what] => {
                let status = match *what {
                    "gone" => PluginStatus::Gone,
                    _ => PluginStatus::Live(Digest([0; 32])),
                };
                self.take(Input::PluginChanged { plugin: PluginName::from(*name), status })
            }
            ["run", check] => self.take(Input::Command(Command::RunNow(CheckName::from(*check)))),
            ["pause", check] => self.take(Input::Command(Command::Pause(CheckName::from(*check)))),
            ["resume", check] => self.take(Input::Command(Command::Resume(CheckName::from(*check)))),
            ["test", receiver] => {
                self.take(Input::Command(Command::TestReceiver(ReceiverName::from(*receiver))))
            }
            [receiver, "attempts", result @ ..] => {
                let result = attempt_result(result)?;
                self.results.insert(ReceiverName::from(*receiver), result);
                self.took(Vec::new())
            }
            [check, "answers", "nothing"] => {
                self.answers.remove(&CheckName::from(*check));
                Ok(())
            }
            [check, "answers", outcome_words @ ..] => {
                self.answers.insert(CheckName::from(*check), outcome(outcome_words)?);
                self.took(Vec::new())
            }
            [check, "is", outcome_words @ ..] => {
                let check = CheckName::from(*check);
                let outcome = outcome(outcome_words)?;
                if !self.world()?.running.contains_key(&check) {
                    self.take(Input::Command(Command::RunNow(check.clone())))?;
                }
                let effects = self.world()?.finish_run(&check, outcome).ok_or("it does not run")?;
                self.took(effects)
            }
            _ => Err("nothing of that kind can happen".into()),
        }
    }

    fn restart(&mut self, down: Duration) -> Result<(), String> {
        self.elapsed += down;
        self.world()?.restart(down);
        let effects = self.world()?.tick();
        self.took(effects)
    }

    fn apply_reload(&mut self) -> Result<(), String> {
        if let Some(written) = self.reloading.take() {
            let setup = written.setup()?;
            self.written = written;
            let effects = self.world()?.reload(setup);
            self.took(effects)?;
        }
        Ok(())
    }
}

fn wall(text: &str) -> Result<Wall, String> {
    let at = chrono::DateTime::parse_from_rfc3339(text).map_err(|error| format!("`{text}`: {error}"))?;
    Ok(Wall::from_millis(at.timestamp_millis()))
}

fn time(at: Wall) -> String {
    let utc = at.utc().expect("a moment within chrono's years");
    let form = if at.millis() % 1000 == 0 { "%H:%M:%S" } else { "%H:%M:%S%.3f" };
    utc.format(form).to_string()
}

fn outcome(words: &[&str]) -> Result<Outcome, String> {
    let (what, rest) = words.split_first().ok_or("say what it answers")?;
    let state = match *what {
        "ok" => State::Ok,
        "warning" => State::Warning,
        "critical" => State::Critical,
        "unknown" => State::Unknown,
        "failing" => return failure(rest),
        other => return Err(format!("`{other}` is no outcome")),
    };
    let summary = rest.iter().find(|word| word.starts_with('"')).map_or(*what, |word| unquote(word));
    let labels = rest.iter().filter(|word| !word.starts_with('"')).filter_map(|word| word.split_once('='));
    Ok(Outcome::Report(Arc::new(Report {
        state,
        summary: summary.to_owned(),
        details: None,
        metrics: Vec::new(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: labels.collect(),
    })))
}

fn failure(words: &[&str]) -> Result<Outcome, String> {
    let reason = match words.first() {
        Some(&"trap") => FailureReason::Trap,
        Some(&"timeout") => FailureReason::WallTime,
        Some(&"memory") => FailureReason::Memory,
        Some(&"denied") => FailureReason::Denied,
        Some(&"inconclusive") => FailureReason::Inconclusive,
        Some(&"invalid-report") => FailureReason::InvalidReport,
        Some(&"host") => FailureReason::Host,
        _ => return Err("say how it fails".into()),
    };
    let message = words.get(1).map_or(reason.as_str(), |word| unquote(word)).to_owned();
    let stage = Stage::Call;
    Ok(Outcome::Failed(Arc::new(Failure { reason, stage, message, hint: None, backtrace: None })))
}

fn attempt_result(words: &[&str]) -> Result<Option<AttemptResult>, String> {
    Ok(Some(match words {
        ["nothing"] => return Ok(None),
        ["delivered"] => AttemptResult::Delivered(None),
        ["delivered", id] => AttemptResult::Delivered(Some(unquote(id).to_owned())),
        ["retryable"] => AttemptResult::Retryable("refused".into()),
        ["unsure"] => AttemptResult::Unsure("no answer".into()),
        ["rejected"] => AttemptResult::Rejected("bad request".into()),
        ["retry-after", text] => AttemptResult::RetryAfter(span(text)?, "slow down".into()),
        other => return Err(format!("`{}` is no result", other.join(" "))),
    }))
}
