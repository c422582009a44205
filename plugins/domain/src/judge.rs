//! What is known of each domain, held against what the operator expects.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{clipped, wording};

use crate::answer::{Date, Registration};
use crate::ask::{Asker, PAUSE_MAX};
use crate::config::{Domain, Name, NoExpiry};
use crate::kept::{Found, Memory};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How often somebody looks whether what was wrong was put right.
const AGAIN_WHILE_WRONG: Duration = Duration::from_secs(60 * 60);

/// One domain in one run.
pub(crate) struct Look<'c> {
    /// The registry is to be asked, and was not yet.
    pub(crate) is_due: bool,
    name: &'c Name,
    pub(crate) kept: Memory,
    now: u64,
    /// In this run.
    event: Option<Event>,
}

impl<'c> Look<'c> {
    pub(crate) fn begin(config: &Domain, name: &'c Name, now: u64) -> Self {
        let mut kept = Memory::of(name);
        // A clock that was put back makes no answer that is never asked for again, and no pause without an end.
        if kept.answered_at() > now {
            let due = now.saturating_sub(millis(config.refresh));
            kept.answer = kept.answer.map(|(_, found)| (due, found));
        }
        kept.wait = kept.wait.filter(|(until, _)| *until <= now + millis(PAUSE_MAX));
        let mut look = Self { is_due: false, name, kept, now, event: None };
        look.is_due = look.is_due(config);
        look
    }

    /// The last part of its name, by which registries differ.
    pub(crate) fn registry(&self) -> &'c str {
        let name = self.name.as_str();
        name.rsplit_once('.').map_or(name, |(_, last)| last)
    }

    fn is_due(&self, config: &Domain) -> bool {
        if self.kept.wait.as_ref().is_some_and(|(until, _)| *until > self.now) {
            return false;
        }
        let Some((_, found)) = &self.kept.answer else { return true };
        let age = self.age();
        let is_wrong = || judged(config, self.name, found, self.now).state() != State::Ok;
        age >= config.refresh || (age >= AGAIN_WHILE_WRONG && is_wrong())
    }

    /// A denial ends the run: its sentence says what to grant.
    pub(crate) fn ask(&mut self, asker: &mut Asker<'_>) -> Result<(), Fault> {
        self.is_due = false;
        match asker.ask(self.name, &mut self.kept)? {
            Ok(found) => {
                self.event = self.change(&found);
                self.kept.answer = Some((self.now, found));
                self.kept.wait = None;
            }
            Err(unasked) => self.kept.wait = Some((self.now + millis(unasked.pause), unasked.why)),
        }
        self.kept.keep(self.name);
        Ok(())
    }

    fn age(&self) -> Duration {
        Duration::from_millis(self.now.saturating_sub(self.kept.answered_at()))
    }

    /// That it was changed at its registry since it was asked last: the owner did it, or should know.
    fn change(&self, found: &Found) -> Option<Event> {
        let (Some((_, Found::Registered(before))), Found::Registered(after)) = (&self.kept.answer, found)
        else {
            return None;
        };
        let at = after.changed.filter(|at| before.changed.is_some_and(|before| before < *at))?;
        let name = self.name.as_str();
        let body = format!("Before: {}\nNow: {}", published(before), published(after));
        let event = Event::new(format!("{name} changed {at}"), format!("{name} was changed at its registry"));
        Some(event.at(at).thread(name).body(body).label("domain", name))
    }

    fn finding(&self, config: &Domain) -> Finding {
        let name = self.name.as_str();
        let why = self.kept.wait.as_ref().map(|(_, why)| why.as_str());
        let finding = match &self.kept.answer {
            None => Finding::unknown(
                name,
                format!("{name} is not judged: {}", why.unwrap_or("no registry was asked yet")),
            ),
            Some((_, found)) => self.of(config, found, why),
        };
        finding.label("domain", name)
    }

    fn of(&self, config: &Domain, found: &Found, why: Option<&str>) -> Finding {
        let (name, age) = (self.name.as_str(), self.age());
        // A registry that was asked in time, or is not due yet, has nothing to explain.
        let why = why.filter(|_| age >= config.refresh);
        if let (Some(why), true) = (why, age > config.answer_age_max) {
            let summary = format!(
                "{name} is not judged: {why}; the last answer is older than {}",
                wording::span(config.answer_age_max)
            );
            return Finding::unknown(name, summary);
        }
        let complaints = judged(config, self.name, found, self.now);
        let state = if complaints.fault().is_some() { State::Unknown } else { complaints.state() };
        let opening = self.opening(config, found, state);
        let mut summary = complaints.report(state, &*opening).summary;
        if opening.is_empty() {
            summary = format!("{name}: {summary}");
        }
        if let Some(why) = why {
            summary = format!("{summary}; judged by an answer of {} ago: {why}", wording::span(age));
        }
        let mut finding = Finding::new(name, state, summary);
        if let Found::Registered(registration) = found {
            finding.metrics.extend(days_metric(config, registration, self.now));
        }
        finding.metric("domain_answer_age_seconds", age)
    }

    /// What is well, before what is not.
    fn opening(&self, config: &Domain, found: &Found, state: State) -> String {
        let name = self.name.as_str();
        let Found::Registered(registration) = found else { return String::new() };
        match registration.expires {
            Date::At(at) if days_left(at, self.now).is_some_and(|days| is_well(config, days)) => {
                format!("{name} {}", expiry(at, self.now))
            }
            Date::Unpublished if state == State::Ok => format!("{name} is registered"),
            Date::At(_) | Date::Unreadable(_) | Date::Unpublished => String::new(),
        }
    }

    fn line(&self) -> String {
        let name = self.name.as_str();
        match &self.kept.answer {
            None => format!("{name}: nothing is known"),
            Some((_, Found::NotRegistered)) => format!("{name}: not registered"),
            Some((_, Found::Registered(registration))) => format!("{name}: {}", published(registration)),
        }
    }
}

pub(crate) fn report(config: &Domain, looks: &[Look<'_>]) -> Report {
    let findings: Vec<Finding> = looks.iter().map(|look| look.finding(config)).collect();
    // For a single domain, its own summary is shown, well or not.
    let only = if let [only] = &*findings { Some(only.summary.clone()) } else { None };
    let mut report = Report::worst_of(findings);
    if let Some(said) = only {
        report = report.summary(said);
    }
    let lines: Vec<String> = looks.iter().map(Look::line).collect();
    report.events.extend(looks.iter().filter_map(|look| look.event.clone()));
    report.metric("domain_count", looks.len()).details(lines.join("\n"))
}

fn judged(config: &Domain, name: &Name, found: &Found, now: u64) -> Complaints {
    let mut complaints = Complaints::default();
    match found {
        Found::NotRegistered => {
            let hint = match name.as_str().matches('.').count() {
                1 => "",
                _ => "; hint: write the domain as it is registered, without what stands before it",
            };
            complaints.critical(format!("is not registered{hint}"));
        }
        Found::Registered(registration) => {
            when(config, registration, now, &mut complaints);
            who(config, registration, &mut complaints);
            where_to(config, registration, &mut complaints);
            flags(config, registration, &mut complaints);
        }
    }
    complaints
}

fn when(config: &Domain, registration: &Registration, now: u64, complaints: &mut Complaints) {
    let at = match (&registration.expires, config.no_expiry) {
        (Date::At(at), _) => *at,
        (Date::Unreadable(text), _) => {
            complaints.open(format!("the date when it expires cannot be read: `{text}`"));
            return;
        }
        (Date::Unpublished, NoExpiry::Ok) => return,
        (Date::Unpublished, NoExpiry::Warning) => {
            complaints.warning("its registry publishes no date when it expires");
            return;
        }
        (Date::Unpublished, NoExpiry::Unknown) => {
            complaints.open(
                "its registry publishes no date when it expires; hint: `no_expiry = \"ok\"` judges the rest",
            );
            return;
        }
    };
    let said = expiry(at, now);
    match days_left(at, now) {
        None => complaints.critical(said),
        Some(days) if days < u64::from(config.expiry_critical_days) => {
            complaints.critical(format!("{said}, less than {} days", config.expiry_critical_days));
        }
        Some(days) if days < u64::from(config.expiry_warning_days) => {
            complaints.warning(format!("{said}, less than {} days", config.expiry_warning_days));
        }
        Some(_) => {}
    }
}

/// None: it has expired.
fn days_left(at: u64, now: u64) -> Option<u64> {
    (at > now).then(|| (at - now) / DAY_MS)
}

fn is_well(config: &Domain, days: u64) -> bool {
    days >= u64::from(config.expiry_warning_days.max(config.expiry_critical_days))
}

fn expiry(at: u64, now: u64) -> String {
    match days_left(at, now) {
        Some(0) => "expires in less than a day".to_owned(),
        Some(1) => "expires in 1 day".to_owned(),
        Some(days) => format!("expires in {days} days"),
        None => match (now - at) / DAY_MS {
            0 => "has expired today".to_owned(),
            1 => "expired 1 day ago".to_owned(),
            days => format!("expired {days} days ago"),
        },
    }
}

fn who(config: &Domain, registration: &Registration, complaints: &mut Complaints) {
    let expected = &config.registrar.0;
    if expected.is_empty() {
        return;
    }
    let Registration { registrar, registrar_id, .. } = registration;
    if registrar.is_none() && registrar_id.is_none() {
        complaints.open("its registry names no registrar");
        return;
    }
    let is_it = |wanted: &String| {
        registrar_id.as_ref() == Some(wanted)
            || registrar
                .as_ref()
                .is_some_and(|name| name.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase()))
    };
    if !expected.iter().any(is_it) {
        complaints.critical(format!(
            "its registrar is {}; expected `{}`",
            registrar_of(registration),
            expected.join("` or `")
        ));
    }
}

fn where_to(config: &Domain, registration: &Registration, complaints: &mut Complaints) {
    let expected = &config.name_servers.0;
    if expected.is_empty() {
        return;
    }
    let Some(found) = &registration.name_servers else {
        complaints.open("its registry tells of no name servers");
        return;
    };
    let expected: Vec<String> = expected.iter().map(|name| name.as_str().to_owned()).collect();
    let without = |of: &[String], those: &[String]| {
        let others = of.iter().filter(|name| !those.contains(name)).cloned();
        clipped(&others.collect::<Vec<String>>().join(", "))
    };
    let (missing, others) = (without(&expected, found), without(found, &expected));
    if !missing.is_empty() {
        complaints.critical(format!("{missing} is not among its name servers"));
    }
    if !others.is_empty() {
        complaints.critical(format!("{others} is among its name servers, and not expected"));
    }
}

fn flags(config: &Domain, registration: &Registration, complaints: &mut Complaints) {
    let bears =
        |status: &crate::status::Status| registration.status.iter().any(|published| status.is(published));
    for status in config.status_critical.0.iter().filter(|status| bears(status)) {
        complaints.critical(format!("its status is `{}`", status.as_str()));
    }
    for status in config.status_warning.0.iter().filter(|status| bears(status)) {
        complaints.warning(format!("its status is `{}`", status.as_str()));
    }
    for status in config.status_expected.0.iter().filter(|status| !bears(status)) {
        complaints.warning(format!("its status is not `{}`", status.as_str()));
    }
}

fn days_metric(config: &Domain, registration: &Registration, now: u64) -> Option<Metric> {
    let Date::At(at) = registration.expires else { return None };
    let left = (at as f64 - now as f64) / DAY_MS as f64;
    let at_least = |days: u32| Range::at_least(f64::from(days));
    let metric =
        Metric::new("domain_expiry_days", left, "days").critical(at_least(config.expiry_critical_days));
    Some(match config.expiry_warning_days {
        0 => metric,
        days => metric.warning(at_least(days)),
    })
}

fn registrar_of(registration: &Registration) -> String {
    match (&registration.registrar, &registration.registrar_id) {
        (Some(name), Some(id)) => format!("`{name}` ({id})"),
        (Some(name), None) => format!("`{name}`"),
        (None, Some(id)) => format!("the one with the IANA ID `{id}`"),
        (None, None) => "not published".to_owned(),
    }
}

/// All that a registry says, in a line.
fn published(registration: &Registration) -> String {
    let day = |at: u64| wording::rfc3339(at).chars().take(10).collect::<String>();
    let known = |what: &str, at: Option<u64>| at.map(|at| format!("{what} {}", day(at)));
    let expires = match &registration.expires {
        Date::At(at) => Some(*at),
        Date::Unreadable(_) | Date::Unpublished => None,
    };
    let servers = registration.name_servers.as_ref().filter(|servers| !servers.is_empty());
    let parts = [
        known("expires", expires),
        known("last changed", registration.changed),
        known("registered", registration.registered),
        Some(format!("registrar {}", registrar_of(registration))),
        servers.map(|servers| format!("name servers {}", servers.join(", "))),
        (!registration.status.is_empty()).then(|| format!("status {}", registration.status.join(", "))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
