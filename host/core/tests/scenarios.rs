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

use support::setup::{Written, severity, span, unquote, window, words};
use support::world::World;
use watchkeep_core::alert::{Acknowledgement, Assignment, Lasting};
use watchkeep_core::commit::{Change, Commit, TransitionKind, Urgency};
use watchkeep_core::delivery::{AttemptResult, Ended, Notification};
use watchkeep_core::effect::Effect;
use watchkeep_core::heartbeat::{Ping, PingKind};
use watchkeep_core::ids::{CheckName, DeliveryId, Digest, FindingKey, PluginName, ReceiverName, WindowId};
use watchkeep_core::input::{AlertsOf, Command, Input, PluginStatus, StoreHealth};
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::{Event, Finding, Report, State};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckStatus;
use watchkeep_core::window::WindowKind;

/// So much of what was not expected is shown.
const LEFT_MAX: usize = 20;
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
        if let Some((times, rest)) = line.strip_prefix("repeat ").and_then(|line| line.split_once(": ")) {
            return self.repeat(times, rest);
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

    /// `repeat 9: shop is ok; shop is critical`, with nothing watched in between that is not expected behind it.
    fn repeat(&mut self, times: &str, lines: &str) -> Result<(), String> {
        let times: u32 = times.parse().map_err(|_| format!("`{times}` is no count"))?;
        for _ in 0..times {
            for line in lines.split("; ") {
                match line.strip_prefix("at +") {
                    Some(later) => {
                        let to = self.elapsed + span(later)?;
                        self.pass_to(to)?;
                    }
                    None => self.input(line)?,
                }
            }
        }
        Ok(())
    }

    fn world(&mut self) -> Result<&mut World, String> {
        self.world.as_mut().ok_or_else(|| "begin the timeline with `at 0s`".into())
    }

    /// Nothing watched may be left over.
    fn end_block(&mut self) -> Result<(), String> {
        if self.reloading.is_some() {
            self.apply_reload()?;
        }
        let more = self.seen.len().saturating_sub(LEFT_MAX);
        let mut left: String = self.seen.drain(..).take(LEFT_MAX).fold(String::new(), |mut text, seen| {
            let _ = writeln!(text, "unexpected at {:?}: {}", seen.at, seen.text);
            text
        });
        if more > 0 {
            let _ = writeln!(left, "and {more} more");
        }
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
        self.pass_to(to)
    }

    fn pass_to(&mut self, to: Duration) -> Result<(), String> {
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
                if let Some(told) = &notification.event {
                    let _ = write!(text, " {} \"{}\"", told.event.severity.as_str(), told.event.title);
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
            Effect::Beat => self.note("beats", "beat".to_owned()),
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
                        TransitionKind::Flapping => "flapping",
                        TransitionKind::Steady => "steady",
                    };
                    let text = match transition.kind {
                        TransitionKind::Pending | TransitionKind::Firing | TransitionKind::LevelChanged => {
                            format!("{} {what} {}", transition.key, transition.state.as_str())
                        }
                        TransitionKind::Recovering
                        | TransitionKind::Resolved
                        | TransitionKind::Calmed
                        | TransitionKind::Removed
                        | TransitionKind::Flapping
                        | TransitionKind::Steady => format!("{} {what}", transition.key),
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
                Change::PutWindow(_) => "put-window",
                Change::RemoveWindow(_) => "remove-window",
                Change::PutHeartbeat { .. } => "put-heartbeat",
                Change::RemoveHeartbeat(_) => "remove-heartbeat",
                Change::KnowEvents { .. } => "know-events",
                Change::ForgetEvents { .. } => "forget-events",
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
            ["count", "open", _] => format!("count open {}", self.world()?.state.alerts().count()),
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
            ["holds", check, ..] => {
                let world = self.world()?;
                let key = unquote(check);
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == key);
                let holds: Vec<&str> =
                    alert.into_iter().flat_map(|alert| &alert.holds).map(|hold| hold.as_str()).collect();
                format!("holds {check} {}", if holds.is_empty() { "nothing".into() } else { holds.join(" ") })
            }
            ["taken", check, _] => {
                let world = self.world()?;
                let key = unquote(check);
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == key);
                let by = alert.and_then(|alert| alert.acknowledged.as_ref()).map(|taken| taken.by.as_str());
                format!("taken {check} {}", by.unwrap_or("nobody"))
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
            ["silence", id, rest @ ..] => self.open_window(WindowKind::Silence, id, rest),
            ["maintain", id, rest @ ..] => self.open_window(WindowKind::Maintenance, id, rest),
            ["end", id] => {
                let id = WindowId::from(*id);
                self.take(Input::Command(Command::EndWindow { id, by: "anna".into() }))
            }
            ["ack", what @ ..] => {
                let (of, rest) = self.alerts_named(what)?;
                let mut taken = Acknowledgement {
                    by: "anna".into(),
                    at: Wall::from_millis(0),
                    comment: String::new(),
                    until: None,
                    lasting: Lasting::UntilWorse,
                };
                for word in rest {
                    match word.split_once('=') {
                        None if word == "sticky" => taken.lasting = Lasting::Sticky,
                        Some(("for", text)) => {
                            taken.until = Some(self.world()?.now.wall + span(text)?);
                        }
                        _ if word.starts_with('"') => taken.comment = unquote(&word).to_owned(),
                        _ => return Err(format!("an acknowledgement knows no `{word}`")),
                    }
                }
                self.take(Input::Command(Command::Acknowledge(of, taken)))
            }
            ["unack", what @ ..] => {
                let (of, _) = self.alerts_named(what)?;
                self.take(Input::Command(Command::Unacknowledge { of, by: "anna".into() }))
            }
            ["hand", to, what @ ..] => {
                let (of, _) = self.alerts_named(what)?;
                let given = Assignment {
                    to: (*to).to_owned(),
                    by: "anna".into(),
                    at: Wall::from_millis(0),
                    comment: String::new(),
                };
                self.take(Input::Command(Command::HandOver(of, given)))
            }
            ["retry", id] => {
                let id = DeliveryId(id.trim_start_matches('d').parse().map_err(|_| "no such delivery")?);
                let dead = self.world()?.store.dead.get(&id).cloned().ok_or("it is no dead letter")?;
                self.take(Input::Command(Command::RetryDelivery(Box::new(dead))))
            }
            ["store", "fails"] => self.take(Input::StoreHealth(StoreHealth::Fails("disk full".into()))),
            ["store", "writes"] => self.take(Input::StoreHealth(StoreHealth::Writes)),
            ["ping", check, what @ ..] => {
                let ping = ping(what)?;
                self.take(Input::Pinged { check: CheckName::from(*check), ping })
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

    fn open_window(&mut self, kind: WindowKind, id: &str, words: &[&str]) -> Result<(), String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let now = self.world()?.now.wall;
        let window = window(WindowId::from(id), kind, &words, "anna", now)?;
        window.check(now).map_err(|error| error.to_string())?;
        self.take(Input::Command(Command::OpenWindow(Box::new(window))))
    }

    /// `shop`, `disks/sda1`, or `group ROUTE LABEL=VALUE`; and the words after it.
    fn alerts_named(&mut self, words: &[&str]) -> Result<(AlertsOf, Vec<String>), String> {
        let world = self.world()?;
        let rest = |from: usize| words[from..].iter().map(|word| (*word).to_owned()).collect();
        match words {
            ["group", route, ..] => {
                let key = world.store.groups.keys().find(|key| key.route.as_str() == *route);
                Ok((AlertsOf::Group(key.cloned().ok_or("no such group")?), rest(2)))
            }
            [name, ..] => {
                let alert = world.state.alerts().find(|alert| alert.key.to_string() == unquote(name));
                Ok((AlertsOf::Alert(alert.ok_or("no such alert is open")?.id.clone()), rest(1)))
            }
            [] => Err("say which alert".into()),
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
    let labels_and_findings = parts_of(rest)?;
    let summary = rest.iter().find(|word| word.starts_with('"')).map_or(*what, |word| unquote(word));
    let (findings, events, labels) = labels_and_findings;
    Ok(Outcome::Report(Arc::new(Report {
        state,
        summary: summary.to_owned(),
        details: None,
        metrics: Vec::new(),
        findings,
        events,
        attachments: Vec::new(),
        labels: labels.into_iter().collect(),
    })))
}

type Parts = (Vec<Finding>, Vec<Event>, Vec<(String, String)>);

/// `label=value`, `{sda1 critical "95 %" mount=/}` for a finding, `<deploy-7 info "v7 is live" thread=v7>` for an event.
fn parts_of(rest: &[&str]) -> Result<Parts, String> {
    let (mut findings, mut events, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for word in rest.iter().filter(|word| !word.starts_with('"')) {
        if let Some(inner) = word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
            findings.extend(finding(inner)?);
        } else if let Some(inner) = word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
            events.extend(event(inner)?);
        } else if let Some((name, value)) = word.split_once('=') {
            labels.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok((findings, events, labels))
}

/// `disk[1-600] critical` makes six hundred.
fn many(name: &str) -> Result<Vec<String>, String> {
    let Some((stem, range)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) else {
        return Ok(vec![name.to_owned()]);
    };
    let (from, to) = range.split_once('-').ok_or_else(|| format!("`{range}` is no range"))?;
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("`{text}` is no number"));
    Ok((number(from)?..=number(to)?).map(|place| format!("{stem}{place}")).collect())
}

fn finding(inner: &str) -> Result<Vec<Finding>, String> {
    let words = words(inner);
    let [name, state, rest @ ..] = words.as_slice() else { return Err(format!("`{inner}` is no finding")) };
    let state = match state.as_str() {
        "ok" => State::Ok,
        "warning" => State::Warning,
        "critical" => State::Critical,
        "unknown" => State::Unknown,
        other => return Err(format!("`{other}` is no state")),
    };
    let summary = rest.iter().find(|word| word.starts_with('"')).map_or(state.as_str(), |word| unquote(word));
    let labels: Vec<(String, String)> = rest
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let findings = many(name)?.into_iter().map(|key| Finding {
        key: FindingKey::from(key.as_str()),
        state,
        summary: summary.to_owned(),
        labels: labels.iter().cloned().collect(),
        metrics: Vec::new(),
        link: None,
    });
    Ok(findings.collect())
}

fn event(inner: &str) -> Result<Vec<Event>, String> {
    let words = words(inner);
    let [id, severity_word, rest @ ..] = words.as_slice() else {
        return Err(format!("`{inner}` is no event"));
    };
    let title = rest.iter().find(|word| word.starts_with('"')).map_or(id.as_str(), |word| unquote(word));
    let named: Vec<(&str, &str)> = rest.iter().filter_map(|word| word.split_once('=')).collect();
    let thread = named.iter().find(|(name, _)| *name == "thread").map_or("", |(_, value)| *value);
    let severity = severity(severity_word)?;
    let events = many(id)?.into_iter().map(|id| Event {
        title: if title == words[0] { id.clone() } else { title.to_owned() },
        id,
        thread: thread.to_owned(),
        severity,
        body: String::new(),
        link: None,
        at: Wall::from_millis(0),
        labels: named
            .iter()
            .filter(|(name, _)| *name != "thread")
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    });
    Ok(events.collect())
}

fn ping(words: &[&str]) -> Result<Ping, String> {
    let (kind, rest) = words.split_first().ok_or("say what is pinged")?;
    let kind = match *kind {
        "start" => PingKind::Start,
        "success" => PingKind::Success,
        "fail" => PingKind::Fail,
        "log" => PingKind::Log,
        status => PingKind::Exit(status.parse().map_err(|_| format!("`{status}` is no ping"))?),
    };
    let run_id = rest.iter().find_map(|word| word.strip_prefix("rid=")).map(str::to_owned);
    let body = rest.iter().find(|word| word.starts_with('"')).map_or("", |word| unquote(word)).to_owned();
    Ok(Ping { kind, run_id, body })
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
