//! Setups in the words of scenario files. See `tests/scenarios/README.md`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use watchkeep_core::calendar::{Calendar, Opening, parse_days};
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::heartbeat::{Expects, HeartbeatSpec};
use watchkeep_core::ids::{
    ActionName, CalendarName, CheckName, EscalationName, FindingKey, PersonName, PluginName, ReceiverName,
    RouteName, WindowId,
};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::recovery::{ActionSpec, Approval, Mode, Most, Occurs, Remedy};
use watchkeep_core::reply::{Person, Readers};
use watchkeep_core::report::{Judgement, Severity};
use watchkeep_core::route;
use watchkeep_core::rule::{Aggregate, Bound, RuleSpec};
use watchkeep_core::setup::{
    Absent, CheckSpec, Escalation, EscalationStep, GroupBy, Grouping, Missed, Parent, ReceiverSpec, Route,
    Schedule, Setup, Threshold, Witness, Work,
};
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, Window, WindowKind};

/// A setup as written: one entry per line, so that a reload can add and take away entries.
#[derive(Clone, Default, Debug)]
pub(crate) struct Written {
    calendars: BTreeMap<String, Vec<String>>,
    checks: BTreeMap<String, Vec<String>>,
    receivers: BTreeMap<String, Vec<String>>,
    people: BTreeMap<String, Vec<String>>,
    actions: BTreeMap<String, Vec<String>>,
    plugins: BTreeMap<String, Vec<String>>,
    escalations: BTreeMap<String, Vec<String>>,
    maintenance: BTreeMap<String, Vec<String>>,
    witness: Option<Vec<String>>,
    beat: Option<String>,
    /// Depth, and the words after `route`.
    routes: Vec<(usize, Vec<String>)>,
}

/// Splits at spaces, except within quotes and brackets.
pub(crate) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut bracketed) = (Vec::new(), String::new(), false, false);
    let mut closes = ' ';
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            '[' | '{' | '<' if !quoted && !bracketed => {
                (bracketed, closes) = (true, closing(letter));
            }
            _ if bracketed && !quoted && letter == closes => bracketed = false,
            ' ' if !quoted && !bracketed => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(letter);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn closing(letter: char) -> char {
    match letter {
        '{' => '}',
        '<' => '>',
        _ => ']',
    }
}

pub(crate) fn unquote(word: &str) -> &str {
    word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word)
}

pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let mut total = Duration::ZERO;
    let mut number = String::new();
    let mut unit = String::new();
    let mut add = |number: &str, unit: &str| -> Result<(), String> {
        let count: u64 = number.parse().map_err(|_| format!("`{text}` is no span"))?;
        total += match unit {
            "ms" => Duration::from_millis(count),
            "s" => Duration::from_secs(count),
            "m" => Duration::from_secs(60 * count),
            "h" => Duration::from_secs(3600 * count),
            "d" => Duration::from_secs(86_400 * count),
            _ => return Err(format!("`{text}` is no span: unit `{unit}`")),
        };
        Ok(())
    };
    for letter in text.chars() {
        if letter.is_ascii_digit() && !unit.is_empty() {
            add(&number, &unit)?;
            number.clear();
            unit.clear();
        }
        if letter.is_ascii_digit() { number.push(letter) } else { unit.push(letter) }
    }
    add(&number, &unit)?;
    Ok(total)
}

impl Written {
    /// Takes one line, `indent` spaces in. `false`: it is no line of a setup.
    pub(crate) fn take(&mut self, indent: usize, line: &str) -> Result<bool, String> {
        let mut words = words(line);
        let kind = words.remove(0);
        if kind == "route" {
            if indent == 0 {
                self.routes.clear();
            }
            self.routes.push((indent / 2, words));
            return Ok(true);
        }
        match kind.as_str() {
            "witness" => {
                self.witness = Some(words);
                return Ok(true);
            }
            "beat" => {
                self.beat = words.first().cloned();
                return Ok(true);
            }
            _ => {}
        }
        let entries = match kind.as_str() {
            "calendar" => &mut self.calendars,
            "check" => &mut self.checks,
            "receiver" => &mut self.receivers,
            "person" => &mut self.people,
            "action" => &mut self.actions,
            "plugin" => &mut self.plugins,
            "escalation" => &mut self.escalations,
            "maintenance" => &mut self.maintenance,
            _ => return Ok(false),
        };
        if words.is_empty() {
            return Err(format!("`{kind}` needs a name"));
        }
        entries.insert(words.remove(0), words);
        Ok(true)
    }
    pub(crate) fn without(&mut self, kind: &str, name: &str) -> Result<(), String> {
        let gone = match kind {
            "check" => self.checks.remove(name).is_some(),
            "receiver" => self.receivers.remove(name).is_some(),
            "person" => self.people.remove(name).is_some(),
            "action" => self.actions.remove(name).is_some(),
            "plugin" => self.plugins.remove(name).is_some(),
            "escalation" => self.escalations.remove(name).is_some(),
            "maintenance" => self.maintenance.remove(name).is_some(),
            "witness" => self.witness.take().is_some(),
            _ => false,
        };
        if gone { Ok(()) } else { Err(format!("there is no {kind} `{name}`")) }
    }

    pub(crate) fn setup(&self) -> Result<Setup, String> {
        let mut calendars = BTreeMap::new();
        for (name, words) in &self.calendars {
            calendars.insert(name.clone(), Arc::new(calendar(name, words)?));
        }
        let mut setup = Setup { external_url: "https://watch.example.com".into(), ..Setup::default() };
        for (name, words) in &self.checks {
            let spec = check(name, words, &calendars)?;
            setup.checks.insert(spec.name.clone(), Arc::new(spec));
        }
        for (name, words) in &self.receivers {
            let (people, words): (Vec<String>, Vec<String>) =
                words.iter().cloned().partition(|word| word.starts_with("people="));
            if let Some(people) = people.first() {
                setup.readers.insert(ReceiverName::from(name.as_str()), readers(people));
            }
            let spec = receiver(name, &words)?;
            setup.receivers.insert(spec.name.clone(), Arc::new(spec));
        }
        for (name, words) in &self.people {
            let person = person(name, words);
            setup.people.insert(person.name.clone(), Arc::new(person));
        }
        for (name, words) in &self.actions {
            let spec = action(name, words, &calendars)?;
            setup.actions.insert(spec.name.clone(), Arc::new(spec));
        }
        let mut at = 0;
        if !self.routes.is_empty() {
            setup.root = Some(Arc::new(self.route(&mut at, None, &calendars)?));
        }
        for (name, words) in &self.escalations {
            let escalation = escalation(name, words)?;
            setup.escalations.insert(escalation.name.clone(), Arc::new(escalation));
        }
        for (name, words) in &self.maintenance {
            setup.windows.push(Arc::new(maintenance(name, words)?));
        }
        setup.witness = self.witness.as_deref().map(witness).transpose()?;
        setup.dead_man_signal = self.beat.as_deref().map(span).transpose()?;
        for (name, words) in &self.plugins {
            let name = PluginName::from(name.as_str());
            let words = words.iter().filter_map(|word| word.split_once('='));
            let (owners, labels): (Vec<_>, Vec<_>) = words.partition(|(key, _)| *key == "owner");
            setup.plugin_labels.insert(name.clone(), labels.into_iter().collect());
            if let Some((_, owners)) = owners.first() {
                let receivers = owners.split(',').map(ReceiverName::from).collect();
                let bare = bare_route();
                let route = route::of_owner(&name, receivers, setup.root.as_deref().unwrap_or(&bare));
                setup.owner_routes.insert(name, Arc::new(route));
            }
        }
        Ok(setup)
    }

    fn route(
        &self,
        at: &mut usize,
        parent: Option<&Route>,
        calendars: &BTreeMap<String, Arc<Calendar>>,
    ) -> Result<Route, String> {
        let (depth, words) = &self.routes[*at];
        let mut route = match parent {
            Some(parent) => {
                Route { matchers: Vec::new(), continues: false, children: Vec::new(), ..parent.clone() }
            }
            None => bare_route(),
        };
        route.name = RouteName::from(words[0].as_str());
        for word in &words[1..] {
            route_word(&mut route, word, calendars)?;
        }
        *at += 1;
        while self.routes.get(*at).is_some_and(|(deeper, _)| deeper > depth) {
            let child = self.route(at, Some(&route), calendars)?;
            route.children.push(child);
        }
        Ok(route)
    }
}

/// `people=anna,ben`, or `people=*`.
fn readers(word: &str) -> Readers {
    match word.trim_start_matches("people=") {
        "*" => Readers::Everybody,
        names => Readers::These(names.split(',').map(PersonName::from).collect()),
    }
}

/// `pager=U1`: what the service of that plugin calls this person.
fn person(name: &str, words: &[String]) -> Person {
    let ids = words.iter().filter_map(|word| word.split_once('='));
    let ids = ids.map(|(plugin, id)| (PluginName::from(plugin), [id.to_owned()].into())).collect();
    Person { name: PersonName::from(name), shown: name.to_owned(), ids }
}

/// What a root has that says nothing.
fn bare_route() -> Route {
    Route {
        name: RouteName::from("root"),
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::Labels(vec!["check".into()]),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_secs(300),
        repeat_interval: Duration::from_secs(4 * 3600),
        notify_hours: None,
        receivers: Vec::new(),
        escalation: None,
        children: Vec::new(),
    }
}

fn route_word(
    route: &mut Route,
    word: &str,
    calendars: &BTreeMap<String, Arc<Calendar>>,
) -> Result<(), String> {
    if let Some(matcher) = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
        route.matchers.push(Matcher::parse(matcher).map_err(|error| error.to_string())?);
        return Ok(());
    }
    match word.split_once('=') {
        None if word == "continue" => route.continues = true,
        Some(("to", receivers)) => {
            route.escalation = None;
            route.receivers =
                receivers.split(',').filter(|name| !name.is_empty()).map(ReceiverName::from).collect();
        }
        Some(("escalation", name)) => {
            route.escalation = Some(EscalationName::from(name));
            route.receivers = Vec::new();
        }
        Some(("wait", text)) => route.group_wait = span(text)?,
        Some(("interval", text)) => route.group_interval = span(text)?,
        Some(("repeat", text)) => route.repeat_interval = span(text)?,
        Some(("by", "...")) => route.group_by = GroupBy::Nothing,
        Some(("by", names)) => {
            route.group_by = GroupBy::Labels(
                names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            );
        }
        Some(("hours", name)) => route.notify_hours = Some(lookup(calendars, name)?),
        _ => return Err(format!("a route knows no `{word}`")),
    }
    Ok(())
}

fn lookup(calendars: &BTreeMap<String, Arc<Calendar>>, name: &str) -> Result<Arc<Calendar>, String> {
    calendars.get(name).cloned().ok_or_else(|| format!("there is no calendar `{name}`"))
}

fn calendar(name: &str, words: &[String]) -> Result<Calendar, String> {
    let mut weekly: [Vec<Opening>; 7] = Default::default();
    let mut zone = Tz::UTC;
    for word in words {
        match word.split_once('=') {
            Some(("zone", text)) => zone = text.parse().map_err(|_| format!("`{text}` is no zone"))?,
            Some((days, hours)) => {
                for day in parse_days(days).map_err(|error| error.to_string())? {
                    let opening = Opening::parse(hours).map_err(|error| error.to_string())?;
                    weekly[day.num_days_from_monday() as usize].push(opening);
                }
            }
            None => return Err(format!("a calendar knows no `{word}`")),
        }
    }
    Calendar::new(CalendarName::from(name), zone, weekly, BTreeMap::new()).map_err(|error| error.to_string())
}

fn count(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| format!("`{text}` is no count"))
}

fn check(
    name: &str,
    words: &[String],
    calendars: &BTreeMap<String, Arc<Calendar>>,
) -> Result<CheckSpec, String> {
    let mut spec = CheckSpec {
        flapping: false,
        grace: Duration::from_secs(30 * 86_400),
        ..CheckSpec::plain(
            CheckName::from(name),
            PluginName::from("http"),
            Schedule::Interval(Duration::from_secs(60)),
        )
    };
    let mut zone = Tz::UTC;
    let mut cron = None;
    let (mut heartbeat, mut cron_ping, mut lasts, mut rule) = (None, None, Duration::from_secs(3_600), None);
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("a check knows no `{word}`"))?;
        let value = unquote(value);
        match key {
            "every" => spec.schedule = Schedule::Interval(span(value)?),
            "cron" => cron = Some(value.to_owned()),
            "zone" => zone = value.parse().map_err(|_| format!("`{value}` is no zone"))?,
            "missed" if value == "run_once" => spec.missed = Missed::RunOnce,
            "plugin" => spec.plugin = PluginName::from(value),
            "timeout" => spec.timeout = span(value)?,
            "grace" => spec.grace = span(value)?,
            "retry" => spec.retry_interval = Some(span(value)?),
            "fail" => {
                let (needed, of) = value.split_once("of").unwrap_or((value, value));
                spec.firing = Threshold::new(count(needed)?, count(of)?).ok_or("needed is above of")?;
            }
            "ok" => spec.success_threshold = count(value)?,
            "run_hours" => spec.run_hours = Some(lookup(calendars, value)?),
            "notify_hours" => spec.notify_hours = Some(lookup(calendars, value)?),
            "short" => spec.send_short = value == "yes",
            "enabled" => spec.enabled = value == "yes",
            "renamed_from" => spec.renamed_from = Some(CheckName::from(value)),
            "depends_on" => spec.depends_on = parents(value),
            "beyond" => spec.beyond_witness = value == "yes",
            "absent" => {
                spec.absent = match value {
                    "keep" => Absent::Keep,
                    "critical" => Absent::Critical,
                    _ => Absent::Resolve,
                };
            }
            "flapping" => spec.flapping = value == "yes",
            "memory" => spec.event_memory = span(value)?,
            "ping_every" => heartbeat = Some(Expects::Every(span(value)?)),
            "ping_at" => cron_ping = Some(value.to_owned()),
            "lasts" => lasts = span(value)?,
            "rule" => rule = Some(severity(value)?),
            "on_pending" => spec.remedies.extend(remedies(value, Occurs::Pending)?),
            "on_firing" => spec.remedies.extend(remedies(value, Occurs::Firing)?),
            "runbook" => spec.runbook = Some(value.to_owned()),
            label => spec.labels = spec.labels.with([(label, value)]),
        }
    }
    if let Some(text) = cron {
        spec.schedule = Schedule::Cron(CronSchedule::parse(&text, zone).map_err(|error| error.to_string())?);
    }
    if let Some(text) = cron_ping {
        let cron = CronSchedule::parse(&text, zone).map_err(|error| error.to_string())?;
        heartbeat = Some(Expects::At(cron));
    }
    if let Some(expects) = heartbeat {
        spec.plugin = PluginName::from("heartbeat");
        spec.work =
            Work::Heartbeat(Arc::new(HeartbeatSpec { key: name.to_owned(), expects, lasts_max: lasts }));
    }
    if let Some(severity) = rule {
        spec.plugin = PluginName::from("rule");
        spec.work = Work::Rule(Arc::new(RuleSpec {
            matchers: Vec::new(),
            metric: "m".into(),
            aggregate: Aggregate::Max,
            over: Duration::from_secs(300),
            bound: Bound::Above(1.0),
            by: Vec::new(),
            severity,
        }));
    }
    Ok(spec)
}

/// `restart:2m,reboot`: after what span.
fn remedies(text: &str, when: Occurs) -> Result<Vec<Remedy>, String> {
    let remedy = |word: &str| {
        let (action, after) = word.split_once(':').unwrap_or((word, "0s"));
        Ok(Remedy { action: ActionName::from(action), when, after: span(after)? })
    };
    text.split(',').map(remedy).collect()
}

fn action(
    name: &str,
    words: &[String],
    calendars: &BTreeMap<String, Arc<Calendar>>,
) -> Result<ActionSpec, String> {
    let mut spec = ActionSpec::plain(ActionName::from(name), PluginName::from("command"));
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("an action knows no `{word}`"))?;
        match (key, value) {
            ("attempts", text) => spec.attempts = count(text)?,
            ("cool", text) => spec.cool_down = span(text)?,
            ("most", text) => spec.most = Some(most(text)?),
            ("overall", text) => spec.most_overall = Some(most(text)?),
            ("settle", text) => spec.settle = span(text)?,
            ("hours", text) => spec.hours = Some(lookup(calendars, text)?),
            ("level", "warning") => spec.level = Judgement::Warning,
            ("taken", "yes") => spec.while_acknowledged = true,
            ("approval", "yes") => spec.approval = Approval::Needed,
            ("dry", "yes") => spec.mode = Mode::DryRun,
            _ => return Err(format!("an action knows no `{word}`")),
        }
    }
    Ok(spec)
}

/// `3in1h`
fn most(text: &str) -> Result<Most, String> {
    let (times, within) = text.split_once("in").ok_or_else(|| format!("`{text}` is not like `3in1h`"))?;
    Ok(Most { count: count(times)?, within: span(within)? })
}

/// `gateway,disks/sda1,link-a|link-b`: the last is a redundancy group.
fn parents(text: &str) -> Vec<Vec<Parent>> {
    let parent = |text: &str| match text.split_once('/') {
        Some((check, finding)) => Parent::Finding(CheckName::from(check), FindingKey::from(finding)),
        None => Parent::Check(CheckName::from(text)),
    };
    text.split(',').map(|group| group.split('|').map(parent).collect()).collect()
}

pub(crate) fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "info" => Ok(Severity::Info),
        "warning" => Ok(Severity::Warning),
        "error" => Ok(Severity::Error),
        other => Err(format!("`{other}` is no severity")),
    }
}

/// `0s:pager 10m:lead,boss*2`: after, receivers, how often more.
fn escalation(name: &str, words: &[String]) -> Result<Escalation, String> {
    let steps = words.iter().map(|word| {
        let (after, rest) = word.split_once(':').ok_or_else(|| format!("`{word}` is no step"))?;
        let (receivers, repeat) = rest.split_once('*').unwrap_or((rest, "0"));
        Ok(EscalationStep {
            after: span(after)?,
            receivers: receivers.split(',').map(ReceiverName::from).collect(),
            repeat: repeat.parse().map_err(|_| format!("`{repeat}` is no count"))?,
        })
    });
    let steps: Result<Vec<_>, String> = steps.collect();
    Ok(Escalation { name: EscalationName::from(name), steps: steps? })
}

/// `[team="web"] cron="0 2 * * *" zone=Europe/Oslo lasts=2h` or `from=... until=...`.
fn maintenance(name: &str, words: &[String]) -> Result<Window, String> {
    let id = WindowId::from(format!("config:{name}").as_str());
    window(id, WindowKind::Maintenance, words, "config", Wall::from_millis(0))
}

/// `now` is where spans count from.
pub(crate) fn window(
    id: WindowId,
    kind: WindowKind,
    words: &[String],
    author: &str,
    now: Wall,
) -> Result<Window, String> {
    let (mut matchers, mut zone, mut cron, mut lasts) = (Vec::new(), Tz::UTC, None, None);
    let (mut from, mut until, mut comment) = (now, None, String::new());
    for word in words {
        if let Some(matcher) = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
            matchers.push(Matcher::parse(matcher).map_err(|error| error.to_string())?);
            continue;
        }
        if word.starts_with('"') {
            comment = unquote(word).to_owned();
            continue;
        }
        let (key, value) = word.split_once('=').ok_or_else(|| format!("a window knows no `{word}`"))?;
        match (key, unquote(value)) {
            ("zone", text) => zone = text.parse().map_err(|_| format!("`{text}` is no zone"))?,
            ("cron", text) => cron = Some(text.to_owned()),
            ("lasts", text) => lasts = Some(span(text)?),
            ("in", text) => from = now + span(text)?,
            ("for", text) => until = Some(from + span(text)?),
            _ => return Err(format!("a window knows no `{word}`")),
        }
    }
    let when = match (cron, lasts, until) {
        (Some(cron), Some(lasts), None) => {
            let starts = CronSchedule::parse(&cron, zone).map_err(|error| error.to_string())?;
            When::Recurring { starts, lasts, ended: None }
        }
        (None, None, Some(until)) => When::Once { from, until },
        _ => return Err("say `for=2h`, or `cron=... lasts=2h`".into()),
    };
    Ok(Window {
        id,
        kind,
        matchers,
        when,
        author: author.to_owned(),
        comment,
        announcement: None,
        made_at: now,
    })
}

fn witness(words: &[String]) -> Result<Witness, String> {
    let mut witness = Witness { checks: Vec::new(), quorum: NonZeroU32::MIN };
    for word in words {
        match word.split_once('=') {
            Some(("quorum", text)) => witness.quorum = count(text)?,
            Some(("checks", names)) => witness.checks = names.split(',').map(CheckName::from).collect(),
            _ => return Err(format!("a witness knows no `{word}`")),
        }
    }
    Ok(witness)
}

fn receiver(name: &str, words: &[String]) -> Result<ReceiverSpec, String> {
    let mut spec = ReceiverSpec {
        name: ReceiverName::from(name),
        plugin: PluginName::from("console"),
        config: Arc::from("{}"),
        fallback: None,
        timeout: Duration::from_secs(10),
        concurrency: NonZeroU32::MIN.saturating_add(9),
        rate_per_minute: None,
        grouping: Grouping::PerGroup,
    };
    for word in words {
        match word.split_once('=') {
            None if word == "single" => spec.grouping = Grouping::PerAlert,
            None if word == "grouped" => spec.grouping = Grouping::PerGroup,
            Some(("concurrency", text)) => spec.concurrency = count(text)?,
            Some(("rate", text)) => spec.rate_per_minute = Some(count(text)?),
            Some(("fallback", name)) => spec.fallback = Some(ReceiverName::from(name)),
            Some(("config", text)) => spec.config = Arc::from(text),
            _ => return Err(format!("a receiver knows no `{word}`")),
        }
    }
    Ok(spec)
}
