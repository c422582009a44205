//! What one input costs `step` at 100,000 checks: `cargo bench -p watchkeep-core`. Medians over many inputs, each
//! timed by itself; nothing is performed, so effects are only built and dropped.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a bench reads a clock and prints; what it measures does neither"
)]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_core::delivery::AttemptResult;
use watchkeep_core::effect::{Effect, StartRun};
use watchkeep_core::ids::{CheckName, PluginName, ReceiverName, RouteName};
use watchkeep_core::input::{DeliveryFinished, Input, RunFinished};
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Report, State as CheckState};
use watchkeep_core::restore::Restored;
use watchkeep_core::setup::{CheckSpec, GroupBy, Grouping, ReceiverSpec, Route, Schedule, Setup};
use watchkeep_core::state::State;
use watchkeep_core::step::step;
use watchkeep_core::time::{Mono, Now, Wall};

const CHECKS: usize = 100_000;
const INTERVAL: Duration = Duration::from_secs(60);

fn main() {
    let setup = Arc::new(setup());
    let mut bench = Bench {
        now: Now { wall: Wall::from_millis(1_767_614_400_000), mono: Mono::from_nanos(0) },
        state: State::restore(
            Arc::clone(&setup),
            Restored::default(),
            Now { wall: Wall::from_millis(1_767_614_400_000), mono: Mono::from_nanos(0) },
        ),
        effects: Vec::new(),
    };
    println!("{CHECKS} checks every {} s", INTERVAL.as_secs());
    let began = Instant::now();
    bench.take(Input::Tick);
    println!("first tick, plans everything: {:?}", began.elapsed());

    // Everything runs twice, so that states are steady.
    let good = outcome(CheckState::Ok);
    for _ in 0..2 * INTERVAL.as_millis() / 20 {
        bench.pass(Duration::from_millis(20));
        for start in bench.tick() {
            bench.finish(start, &good);
        }
    }

    let (mut steady, mut ticks) = (Samples::default(), Samples::default());
    for _ in 0..1500 {
        bench.pass(Duration::from_millis(20));
        let began = Instant::now();
        let starts = bench.tick();
        let took = began.elapsed();
        if !starts.is_empty() {
            ticks.add(took / u32::try_from(starts.len()).expect("a few starts"));
        }
        for start in starts {
            let began = Instant::now();
            bench.finish(start, &good);
            steady.add(began.elapsed());
        }
    }
    steady.print("run finished, steady ok");
    ticks.print("tick, per start");

    let bad = outcome(CheckState::Critical);
    let (mut fires, mut resolves, mut delivered) =
        (Samples::default(), Samples::default(), Samples::default());
    bench.alternate(500, &bad, &mut fires, &mut delivered);
    // An interval on the same checks are due again, and are well.
    while bench.now.mono < Mono::from_nanos(0) + 4 * INTERVAL {
        bench.pass(Duration::from_millis(20));
        for start in bench.tick() {
            let is_open = bench.is_firing(&start);
            let began = Instant::now();
            bench.finish(start, &good);
            if is_open {
                resolves.add(began.elapsed());
                bench.deliver_all(&mut delivered);
            }
        }
    }
    fires.print("run finished, fires and tells");
    resolves.print("run finished, resolves and tells");
    delivered.print("delivery finished");
}

struct Bench {
    now: Now,
    state: State,
    effects: Vec<Effect>,
}

impl Bench {
    fn take(&mut self, input: Input) {
        self.effects.clear();
        step(&mut self.state, input, self.now, &mut self.effects);
    }
    fn pass(&mut self, span: Duration) {
        self.now = Now { wall: self.now.wall + span, mono: self.now.mono + span };
    }
    fn tick(&mut self) -> Vec<StartRun> {
        self.take(Input::Tick);
        let starts = self.effects.iter().filter_map(|effect| match effect {
            Effect::StartRun(start) => Some(start.clone()),
            Effect::Commit(_)
            | Effect::StartDelivery(_)
            | Effect::WakeAt(_)
            | Effect::Publish(_)
            | Effect::StartAction(_)
            | Effect::SendDeadManSignal => None,
        });
        starts.collect()
    }
    fn finish(&mut self, start: StartRun, outcome: &Outcome) {
        self.take(Input::RunFinished(RunFinished {
            run: start.run,
            outcome: outcome.clone(),
            took: Duration::from_millis(3),
            late: Duration::ZERO,
            generation: None,
            kv: Vec::new(),
        }));
    }
    fn is_firing(&self, start: &StartRun) -> bool {
        let key = watchkeep_core::alert::AlertKey::Check(start.run.check.clone());
        self.state.alert(&key).is_some()
    }
    fn alternate(&mut self, ticks: usize, bad: &Outcome, fires: &mut Samples, delivered: &mut Samples) {
        for _ in 0..ticks {
            self.pass(Duration::from_millis(20));
            for start in self.tick() {
                let began = Instant::now();
                self.finish(start, bad);
                fires.add(began.elapsed());
                self.deliver_all(delivered);
            }
        }
    }
    fn deliver_all(&mut self, samples: &mut Samples) {
        let starts: Vec<_> = self
            .effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::StartDelivery(start) => Some((start.delivery.id, start.attempt)),
                Effect::StartRun(_)
                | Effect::Commit(_)
                | Effect::WakeAt(_)
                | Effect::Publish(_)
                | Effect::StartAction(_)
                | Effect::SendDeadManSignal => None,
            })
            .collect();
        for (delivery, attempt) in starts {
            let began = Instant::now();
            let result = AttemptResult::Delivered(None);
            self.take(Input::DeliveryFinished(DeliveryFinished {
                delivery,
                attempt,
                result,
                kv: Vec::new(),
            }));
            samples.add(began.elapsed());
        }
    }
}

#[derive(Default)]
struct Samples(Vec<Duration>);

impl Samples {
    fn add(&mut self, took: Duration) {
        self.0.push(took);
    }
    fn print(&mut self, what: &str) {
        self.0.sort_unstable();
        let at = |part: usize| self.0.get(self.0.len() * part / 100).map_or(0, Duration::as_nanos);
        let count = self.0.len();
        println!("{what}: median {} ns, p99 {} ns ({count} samples)", at(50), at(99));
    }
}

fn outcome(state: CheckState) -> Outcome {
    Outcome::Report(Arc::new(Report {
        state,
        summary: "200 OK in 12 ms".to_owned(),
        details: None,
        metrics: Vec::new(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: std::iter::empty::<(String, String)>().collect(),
    }))
}

fn setup() -> Setup {
    let mut setup = Setup { external_url: "https://watch.example.com".into(), ..Setup::default() };
    for number in 0..CHECKS {
        let spec = CheckSpec {
            labels: [("team", "web"), ("site", "oslo-12"), ("priority", "high")].into_iter().collect(),
            ..CheckSpec::plain(
                CheckName::new(format!("site-{number:06}")),
                PluginName::from("http"),
                Schedule::Interval(INTERVAL),
            )
        };
        setup.checks.insert(spec.name.clone(), Arc::new(spec));
    }
    let receiver = |name: &str, grouping: Grouping| {
        Arc::new(ReceiverSpec {
            name: ReceiverName::from(name),
            plugin: PluginName::from("console"),
            config: Arc::from("{}"),
            fallback: None,
            timeout: Duration::from_secs(10),
            concurrency: NonZeroU32::MIN.saturating_add(99),
            rate_per_minute: None,
            grouping,
        })
    };
    for (name, grouping) in [("pager", Grouping::PerAlert), ("chat", Grouping::PerGroup)] {
        setup.receivers.insert(ReceiverName::from(name), receiver(name, grouping));
    }
    setup.root = Some(Arc::new(Route {
        name: RouteName::from("root"),
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::Labels(vec!["check".into()]),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_secs(300),
        repeat_interval: Duration::from_secs(4 * 3600),
        notify_hours: None,
        receivers: vec![ReceiverName::from("pager"), ReceiverName::from("chat")],
        escalation: None,
        children: Vec::new(),
    }));
    setup
}
