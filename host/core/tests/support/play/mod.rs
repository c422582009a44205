//! Plays the lines of a scenario: `tests/scenarios/README.md` says what they mean.

mod acts;
mod asks;
mod happens;
mod replies;
mod says;
mod sees;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::delivery::{AttemptResult, Notification};
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::{ActionName, CheckName, ReceiverName};
use watchkeep_core::input::Input;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::recovery::ActionResult;
use watchkeep_core::reply::Invitation;
use watchkeep_core::time::Wall;

use self::says::wall;
use self::sees::Observation;
use super::setup::{Written, span};
use super::world::World;

/// So much of what was not expected is shown.
const LEFT_MAX: usize = 20;
/// So many answers and ticks at one moment are no progress.
const IN_PLACE_MAX: usize = 20_000;
const BEGINS: &str = "2026-01-05T12:00:00Z";

/// Looks on: at the world after each input, and at what that input asked for.
pub(crate) type Onlooker = Box<dyn FnMut(&World, &[Effect])>;

pub(crate) struct Play {
    written: Written,
    begins: Wall,
    watched: Vec<String>,
    world: Option<World>,
    elapsed: Duration,
    seen: Vec<Observation>,
    answers: BTreeMap<CheckName, Outcome>,
    results: BTreeMap<ReceiverName, Option<AttemptResult>>,
    acts: BTreeMap<ActionName, Option<ActionResult>>,
    /// Every notification sent, by receiver.
    sent: BTreeMap<ReceiverName, Vec<Arc<Notification>>>,
    previous: BTreeMap<ReceiverName, Option<String>>,
    /// What a message to the receiver offered last, and what became of the last answer.
    offered: BTreeMap<ReceiverName, Invitation>,
    replied: String,
    reloading: Option<Written>,
    onlooker: Option<Onlooker>,
    /// The setup that it began with.
    first: Written,
}

impl Play {
    pub(crate) fn run(text: &str) -> Result<(), String> {
        let mut play = Self::new()?;
        play.lines(text)?;
        play.end_block()
    }

    fn new() -> Result<Self, String> {
        Ok(Self {
            written: Written::default(),
            begins: wall(BEGINS)?,
            watched: ["alerts", "deliveries"].map(str::to_owned).to_vec(),
            world: None,
            elapsed: Duration::ZERO,
            seen: Vec::new(),
            answers: BTreeMap::new(),
            results: BTreeMap::new(),
            acts: BTreeMap::new(),
            sent: BTreeMap::new(),
            previous: BTreeMap::new(),
            offered: BTreeMap::new(),
            replied: String::new(),
            reloading: None,
            onlooker: None,
            first: Written::default(),
        })
    }

    /// With somebody who looks on in place of what is watched.
    pub(crate) fn before(onlooker: Onlooker) -> Self {
        let mut play = Self::new().expect("a play begins at a moment that is one");
        play.watched.clear();
        play.onlooker = Some(onlooker);
        play
    }

    pub(crate) fn lines(&mut self, text: &str) -> Result<(), String> {
        for (number, full) in text.lines().enumerate() {
            let line = full.split(" # ").next().unwrap_or_default();
            let indent = line.len() - line.trim_start().len();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            self.line(indent, line).map_err(|problem| format!("line {}: `{line}`\n{problem}", number + 1))?;
        }
        Ok(())
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

    pub(crate) fn world(&mut self) -> Result<&mut World, String> {
        self.world.as_mut().ok_or_else(|| "begin the timeline with `at 0s`".into())
    }

    /// Nothing watched may be left over.
    pub(crate) fn end_block(&mut self) -> Result<(), String> {
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
            self.first = self.written.clone();
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

    pub(super) fn pass_to(&mut self, to: Duration) -> Result<(), String> {
        let mut in_place = 0;
        loop {
            let left = to - self.elapsed;
            let world = self.world()?;
            let wait = world.wake.map(|wake| wake.since(world.now.mono)).filter(|wait| *wait <= left);
            let Some(wait) = wait else {
                world.pass(left);
                self.elapsed = to;
                return Ok(());
            };
            in_place = if wait.is_zero() { in_place + 1 } else { 0 };
            if in_place > IN_PLACE_MAX {
                return Err(format!("it wants to be woken again and again at {:?}", self.elapsed));
            }
            world.pass(wait);
            self.elapsed += wait;
            let effects = self.world()?.tick();
            self.took(effects)?;
        }
    }

    pub(super) fn take(&mut self, input: Input) -> Result<(), String> {
        let effects = self.world()?.take(input);
        self.took(effects)
    }

    /// Notes what was asked for, then lets checks and receivers answer that answer by themselves.
    pub(super) fn took(&mut self, effects: Vec<Effect>) -> Result<(), String> {
        self.saw(effects);
        for _ in 0..IN_PLACE_MAX {
            let world = self.world.as_mut().ok_or("no world")?;
            let answered = world
                .running
                .keys()
                .find_map(|check| Some((check.clone(), self.answers.get(check)?.clone())));
            if let Some((check, outcome)) = answered {
                let effects = world.finish_run(&check, outcome).unwrap_or_default();
                self.saw(effects);
                continue;
            }
            let sent = world.sending.iter().find_map(|(id, start)| {
                let result = self.results.get(&start.delivery.notification.receiver);
                Some((*id, result.cloned().unwrap_or(Some(AttemptResult::Delivered(None)))?))
            });
            if let Some((id, result)) = sent {
                let effects = world.finish_delivery(id, result).unwrap_or_default();
                self.saw(effects);
                continue;
            }
            if let Some((id, result)) = acts::ended(world, &self.acts) {
                let effects = world.finish_action(&id, result).unwrap_or_default();
                self.saw(effects);
                continue;
            }
            if world.wake.is_none_or(|wake| wake > world.now.mono) {
                return Ok(());
            }
            let effects = world.tick();
            self.saw(effects);
        }
        Err(format!("it goes round and round at {:?}", self.elapsed))
    }

    fn saw(&mut self, effects: Vec<Effect>) {
        if let (Some(onlooker), Some(world)) = (&mut self.onlooker, &self.world) {
            onlooker(world, &effects);
        }
        for effect in effects {
            self.see(effect);
        }
    }
}
