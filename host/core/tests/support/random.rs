//! Random worlds, as scripts in the words of scenarios.

use std::fmt;
use std::time::Duration;

/// What happens, and how long after what happened before it.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    after: Duration,
    line: String,
    /// Time that passes by it.
    down: Duration,
}

#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) happenings: Vec<Happening>,
    pub(crate) days: u64,
}

const SETUP: &str = "\
calendar day mon-fri=08:00-20:00 sat=10:00-16:00
check gateway every=1h retry=1m fail=2 ok=2 grace=2h team=net
check behind every=1h grace=2h team=net depends_on=gateway flapping=yes on_pending=restart:2m
check shop every=1h retry=5m fail=2 grace=2h team=web depends_on=gateway flapping=yes on_pending=restart:1m on_firing=reboot:30m
check blog every=2h fail=2of3 grace=5h team=web run_hours=day notify_hours=day depends_on=gateway|probe
check disks every=3h grace=7h team=data absent=resolve
check docker every=3h grace=7h team=data absent=critical fail=2 flapping=yes on_pending=container on_firing=look
check deploys every=4h grace=9h team=web
check backup ping_every=12h grace=1h lasts=2h team=data
check probe every=1h grace=3h
check far every=2h grace=5h beyond=yes team=net on_firing=restart,reboot
witness checks=probe quorum=1
maintenance nightly cron=\"0 2 * * *\" zone=Europe/Oslo lasts=1h [team=\"data\"]
receiver chat grouped fallback=mail
receiver mail grouped concurrency=1 rate=6
receiver pager single concurrency=2 fallback=spare
receiver spare single
receiver lead single fallback=mail
escalation on-call 0s:pager 20m:lead*1 1h:spare,chat
plugin http owner=mail
action restart attempts=2 cool=40m most=4in1d settle=2m
action reboot approval=yes attempts=3 hours=day taken=yes
action container attempts=2 cool=10m overall=3in6h level=warning settle=30s
action look dry=yes
route root to=mail by=team wait=30s interval=5m repeat=6h
  route data [team=\"data\"] continue to=pager,chat by=check
  route events [kind=\"event\"] to=chat by=
  route urgent [severity=\"error\"] [kind=~\"check|finding\"] escalation=on-call
  route web [team=\"web\"] to=chat hours=day by=team
";

const CHECKS: [&str; 9] = ["gateway", "behind", "shop", "blog", "disks", "docker", "deploys", "probe", "far"];
const ACTIONS: [&str; 4] = ["restart", "reboot", "container", "look"];
const RECEIVERS: [&str; 5] = ["chat", "mail", "pager", "spare", "lead"];

/// Every reload begins from the first setup.
const RELOADS: [&[&str]; 6] = [
    &[
        "- action reboot",
        "+ action restart attempts=1 cool=5h approval=yes",
        "+ check blog every=1h fail=1 grace=5h team=web on_firing=container,restart",
    ],
    &["+ check shop every=1h retry=5m fail=2 grace=2h team=web depends_on=gateway flapping=yes"],
    &["- check blog", "- check disks"],
    &[
        "- receiver lead",
        "+ escalation on-call 0s:pager 5m:mail",
        "+ check blog every=1h fail=1 grace=5h team=press",
    ],
    &["- check shop", "+ check store every=1h fail=1 grace=2h team=web renamed_from=shop on_firing=restart"],
    &[
        "+ route root to=chat by=check wait=10s interval=1m repeat=12h",
        "  + route all [team=~\".+\"] continue to=mail,pager by=",
        "  + route own [kind=\"host\"] to=mail",
    ],
];

impl Script {
    pub(crate) fn random(seed: u64, days: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66);
        let mut happenings = Vec::new();
        let (mut passed, mut window) = (Duration::ZERO, 0);
        let whole = Duration::from_secs(days * 86_400);
        while passed < whole {
            let after = Duration::from_secs(match dice.upto(10) {
                0..3 => dice.upto(120),
                3..8 => dice.upto(4 * 3_600),
                _ => dice.upto(20 * 3_600),
            });
            passed += after;
            let line = happening(&mut dice, &mut window);
            let minutes = line.strip_prefix("down ").and_then(|span| span.trim_end_matches('m').parse().ok());
            let down = Duration::from_secs(60 * minutes.unwrap_or(0));
            passed += down;
            happenings.push(Happening { after, line, down });
        }
        Script { happenings, days }
    }
}

fn happening(dice: &mut Dice, window: &mut u32) -> String {
    let check = |dice: &mut Dice| CHECKS[dice.upto(CHECKS.len() as u64) as usize];
    let receiver = |dice: &mut Dice| RECEIVERS[dice.upto(RECEIVERS.len() as u64) as usize];
    match dice.upto(78) {
        66..71 => {
            let acts =
                ["done \"restarted\"", "unchanged", "fails \"refused\"", "unknown \"cut off\"", "nothing"];
            let action = ACTIONS[dice.upto(ACTIONS.len() as u64) as usize];
            format!("{action} acts {}", acts[dice.upto(acts.len() as u64) as usize])
        }
        71..74 => format!("try approve {}", ACTIONS[dice.upto(2) as usize]),
        74 => format!("try decline {}", ACTIONS[dice.upto(2) as usize]),
        75..77 => {
            let dry = ["", " dry"][dice.upto(2) as usize];
            format!("try act {} {}{dry}", ACTIONS[dice.upto(4) as usize], check(dice))
        }
        77 => "far answers critical\n  run far".to_owned(),
        // What lies behind the gateway goes down and comes back with it, found before it or after it.
        60..62 => "gateway answers critical\n  behind answers critical\n  run behind".to_owned(),
        62..64 => "behind answers critical\n  gateway answers critical\n  run gateway".to_owned(),
        64..66 => "gateway answers ok\n  behind answers ok\n  run gateway\n  run behind".to_owned(),
        0..24 => format!("{} answers {}", check(dice), answer(dice)),
        24..27 => format!("{} answers nothing", check(dice)),
        27..36 => {
            let results = [
                "delivered",
                "delivered \"ts\"",
                "retryable",
                "unsure",
                "rejected",
                "retry-after 10m",
                "nothing",
            ];
            format!("{} attempts {}", receiver(dice), results[dice.upto(results.len() as u64) as usize])
        }
        36..38 => {
            *window += 1;
            let kinds = ["silence", "maintain"];
            let kind = kinds[dice.upto(2) as usize];
            let teams = ["web", "data", "net"];
            let team = teams[dice.upto(3) as usize];
            format!("{kind} w{window} [team=\"{team}\"] in={}m for={}m", dice.upto(90), 1 + dice.upto(600))
        }
        38 => format!("end w{}", 1 + dice.upto(u64::from(*window) + 1)),
        39..41 => {
            let how = ["", " sticky", " for=30m", " for=5h"][dice.upto(4) as usize];
            format!("try ack {}{how}", check(dice))
        }
        41 => format!("try unack {}", check(dice)),
        42 => {
            let whom = ["web-team", "pager", "mail"][dice.upto(3) as usize];
            let due = [String::new(), format!(" due={}m", 1 + dice.upto(900))][dice.upto(2) as usize].clone();
            format!("try hand {whom} {}{due}", check(dice))
        }
        43 => "try ack group root".to_owned(),
        44..46 => "crash".to_owned(),
        46 => format!("lose {}", 1 + dice.upto(3)),
        47 => format!("down {}m", 1 + dice.upto(1_500)),
        48 => {
            let sign = if dice.upto(2) == 0 { '+' } else { '-' };
            format!("wall {sign}{}m", 1 + dice.upto(600))
        }
        49 => format!("pause {}", check(dice)),
        50..52 => format!("resume {}", check(dice)),
        52 => format!("run {}", check(dice)),
        53 => format!("plugin http {}", ["gone", "live", "live"][dice.upto(3) as usize]),
        54..56 => {
            let kinds = ["start", "success", "success", "fail", "3", "log"];
            format!("ping backup {}", kinds[dice.upto(kinds.len() as u64) as usize])
        }
        56 => "try retry".to_owned(),
        _ => {
            let entries = RELOADS[dice.upto(RELOADS.len() as u64) as usize];
            format!("afresh\n    {}", entries.join("\n    "))
        }
    }
}

fn answer(dice: &mut Dice) -> String {
    let state = |dice: &mut Dice| {
        ["ok", "ok", "ok", "warning", "critical", "critical", "unknown"][dice.upto(7) as usize]
    };
    match dice.upto(12) {
        0 => "failing trap".to_owned(),
        1 => "failing inconclusive".to_owned(),
        2..5 => {
            let mut text = state(dice).to_owned();
            for finding in ["a", "b", "c"] {
                if dice.upto(3) > 0 {
                    text += &format!(" {{{finding} {}}}", state(dice));
                }
            }
            text
        }
        5 => format!("ok <e{} info thread=t{}> <e{} error>", dice.upto(200), dice.upto(5), dice.upto(200)),
        _ => state(dice).to_owned(),
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SETUP)?;
        writeln!(f, "\nat 0s")?;
        let mut at = Duration::ZERO;
        for happening in &self.happenings {
            at += happening.after;
            writeln!(f, "at {}s\n  {}", at.as_secs(), happening.line)?;
            at += happening.down;
        }
        // From here on all is well.
        writeln!(f, "at {}s", at.as_secs().max(self.days * 86_400))?;
        writeln!(f, "  afresh\n  plugin http live")?;
        for receiver in RECEIVERS {
            writeln!(f, "  {receiver} attempts delivered")?;
        }
        for action in ACTIONS {
            writeln!(f, "  {action} acts done")?;
        }
        for check in CHECKS {
            writeln!(f, "  resume {check}\n  {check} answers ok {{a ok}} {{b ok}} {{c ok}}")?;
        }
        let end = at.as_secs().max(self.days * 86_400);
        for half_day in 1..20 {
            writeln!(f, "at {}s\n  ping backup success", end + half_day * 43_000)?;
        }
        Ok(())
    }
}

/// Numbers that look random and are the same for one seed (xorshift).
struct Dice(u64);

impl Dice {
    fn upto(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound.max(1)
    }
}
