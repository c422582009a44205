//! The deciding part alone: `step` with 100,000 checks, over one simulated minute in which each of them runs
//! once and one in a hundred fails. No sandbox, no disk, no network; clocks are numbers.

use std::collections::{BTreeMap, BinaryHeap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use watchkeep_core::effect::{Effect, StartRun};
use watchkeep_core::ids::{CheckName, Digest, PluginName, ReceiverName};
use watchkeep_core::input::{Input, PluginStatus, RunFinished};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Report, State as Judged};
use watchkeep_core::restore::Restored;
use watchkeep_core::setup::{CheckSpec, GroupBy, Grouping, ReceiverSpec, Route, Schedule, Setup};
use watchkeep_core::state::State;
use watchkeep_core::step::step;
use watchkeep_core::time::{Mono, Now, Wall};

use crate::report::{Section, quantile, say};

const CHECKS: usize = 100_000;
const INTERVAL: Duration = Duration::from_secs(60);
const RUN_TAKES: Duration = Duration::from_millis(20);
const FAILS_ONE_IN: usize = 100;
/// A Thursday in November 2026, in milliseconds.
const BEGINS: i64 = 1_795_000_000_000;

pub(crate) fn measure() -> Result<Section> {
    say(&format!("step: {CHECKS} checks"));
    let mut world = World::new()?;
    // The first minute spreads the starts; the second is the steady state.
    world.run_until(INTERVAL);
    world.spent.clear();
    world.run_until(INTERVAL * 2);
    // A core that did nothing would be quick.
    ensure!(world.finished > CHECKS && world.committed >= world.finished, "every run was committed");
    ensure!(world.deliveries > 0, "somebody was told");

    let mut row = |what: &str, kind: Kind| {
        let nanos = world.spent.remove(&kind).unwrap_or_default();
        let mut spent: Vec<f64> = nanos.into_iter().map(|nanos| nanos as f64 / 1e3).collect();
        spent.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| quantile(&spent, share).unwrap_or(f64::NAN);
        let mean = spent.iter().sum::<f64>() / spent.len().max(1) as f64;
        vec![
            what.to_owned(),
            spent.len().to_string(),
            format!("{mean:.1} µs"),
            format!("{:.1} µs", at(0.99)),
            format!("{:.0} µs", at(1.0)),
        ]
    };
    Ok(Section {
        name: "step",
        columns: vec!["input", "how many", "mean", "99 of 100", "longest"],
        rows: vec![row("tick that starts runs", Kind::Tick), row("run finished", Kind::RunFinished)],
        notes: vec![format!(
            "{CHECKS} checks at 60 s in the second simulated minute; one in {FAILS_ONE_IN} is critical and alerts"
        )],
        ..Section::default()
    })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Tick,
    RunFinished,
}

/// A daemon without a daemon: it performs effects by noting when their answers are due.
struct World {
    state: State,
    now: Duration,
    wake: Option<Duration>,
    /// Ends of runs, soonest first.
    running: BinaryHeap<std::cmp::Reverse<(Duration, usize)>>,
    runs: Vec<Option<StartRun>>,
    effects: Vec<Effect>,
    outcomes: [Outcome; 2],
    finished: usize,
    committed: usize,
    deliveries: usize,
    /// Nanoseconds of each call.
    spent: BTreeMap<Kind, Vec<u64>>,
}

impl World {
    fn new() -> Result<World> {
        let mut world = World {
            state: State::restore(Arc::new(setup()?), Restored::default(), at(Duration::ZERO)),
            now: Duration::ZERO,
            wake: None,
            running: BinaryHeap::new(),
            runs: Vec::new(),
            effects: Vec::new(),
            outcomes: [outcome(Judged::Ok), outcome(Judged::Critical)],
            finished: 0,
            committed: 0,
            deliveries: 0,
            spent: BTreeMap::new(),
        };
        let live = PluginStatus::Live(Digest::of(b"http"));
        for plugin in ["http", "console"] {
            world.give(Kind::Tick, Input::PluginChanged { plugin: PluginName::from(plugin), status: live });
        }
        world.give(Kind::Tick, Input::Tick);
        Ok(world)
    }

    fn run_until(&mut self, end: Duration) {
        loop {
            let ends = self.running.peek().map(|next| next.0.0);
            let next = [ends, self.wake].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { return };
            self.now = self.now.max(next);
            if ends == Some(next) {
                self.finish_run();
            } else {
                self.wake = None;
                self.give(Kind::Tick, Input::Tick);
            }
        }
    }

    fn finish_run(&mut self) {
        let number = self.running.pop().map(|next| next.0.1);
        let start = number.and_then(|number| self.runs[number].take());
        let Some(start) = start else { return };
        self.finished += 1;
        let failing = start.run.check.as_str().ends_with(&format!("{:02}", FAILS_ONE_IN - 1));
        let finished = RunFinished {
            run: start.run,
            outcome: self.outcomes[usize::from(failing)].clone(),
            took: RUN_TAKES,
            late: Duration::ZERO,
            generation: None,
            kv: Vec::new(),
        };
        self.give(Kind::RunFinished, Input::RunFinished(finished));
    }

    fn give(&mut self, kind: Kind, input: Input) {
        let now = at(self.now);
        let began = Instant::now();
        step(&mut self.state, input, now, &mut self.effects);
        let spent = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.spent.entry(kind).or_default().push(spent);
        for effect in self.effects.drain(..) {
            match effect {
                Effect::StartRun(start) => {
                    self.running.push(std::cmp::Reverse((self.now + RUN_TAKES, self.runs.len())));
                    self.runs.push(Some(start));
                }
                Effect::WakeAt(moment) => self.wake = Some(Duration::from_nanos(moment.nanos())),
                Effect::Commit(_) => self.committed += 1,
                Effect::StartDelivery(_) => self.deliveries += 1,
                // Deliveries stay under way: what is measured is what checks cost.
                Effect::Publish(_) | Effect::StartAction(_) | Effect::SendDeadManSignal => {}
            }
        }
    }
}

fn at(now: Duration) -> Now {
    let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    Now { wall: Wall::from_millis(BEGINS) + now, mono: Mono::from_nanos(nanos) }
}

fn outcome(state: Judged) -> Outcome {
    Outcome::Report(Arc::new(Report {
        state,
        summary: "answered in 12 ms".to_owned(),
        details: None,
        metrics: Vec::new(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    }))
}

fn setup() -> Result<Setup> {
    let three = NonZeroU32::new(3).context("3 is not 0")?;
    let (labels, config): (Labels, Arc<str>) = ([("team", "web")].into_iter().collect(), "{}".into());
    let check = |number: usize| {
        let name = CheckName::new(format!("site-{number:06}"));
        let spec = CheckSpec {
            config: config.clone(),
            success_threshold: three,
            labels: labels.clone(),
            ..CheckSpec::plain(name.clone(), PluginName::from("http"), Schedule::Interval(INTERVAL))
        };
        (name, Arc::new(spec))
    };
    let receiver = ReceiverName::from("people");
    let spec = ReceiverSpec {
        name: receiver.clone(),
        plugin: PluginName::from("console"),
        config: config.clone(),
        fallback: None,
        timeout: Duration::from_secs(30),
        concurrency: three,
        rate_per_minute: None,
        grouping: Grouping::PerGroup,
    };
    let root = Route {
        name: "root".into(),
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::Labels(vec!["check".to_owned()]),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_secs(300),
        repeat_interval: Duration::from_secs(4 * 3600),
        notify_hours: None,
        receivers: vec![receiver.clone()],
        escalation: None,
        children: Vec::new(),
    };
    Ok(Setup {
        checks: (0..CHECKS).map(check).collect(),
        receivers: [(receiver, Arc::new(spec))].into(),
        root: Some(Arc::new(root)),
        external_url: "http://127.0.0.1:8686".to_owned(),
        ..Setup::default()
    })
}
