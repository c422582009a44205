//! One event, and the days that it covers.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Days, NaiveDate, NaiveTime};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use super::line::{Line, parse_date};
use super::{Budget, DAYS_MAX, Holiday, IcsError, RULES_MAX, too_much};

/// The last year for which an event without an end is followed.
const LAST_YEAR: i32 = 2100;
/// The longest event, longer than any holiday: a typing error in a year must not fill the memory.
const DAYS_OF_AN_EVENT_MAX: u64 = 366;
/// The most instances of one event: daily for a dozen years.
const INSTANCES_MAX: u16 = 5_000;

#[derive(Debug)]
pub(super) struct Event {
    line: usize,
    uid: Option<String>,
    start: Option<NaiveDate>,
    /// The first day that is no longer a holiday.
    end: Option<NaiveDate>,
    days: Option<u64>,
    rule: Option<Rule>,
    more: Vec<NaiveDate>,
    except: BTreeSet<NaiveDate>,
    /// The day of the series that it replaces.
    instead_of: Option<NaiveDate>,
    is_cancelled: bool,
    summary: String,
}

#[derive(Debug)]
struct Rule {
    line: usize,
    text: String,
    until: Option<NaiveDate>,
    parsed: RRule<Unvalidated>,
}

impl Event {
    pub(super) fn new(line: usize) -> Self {
        Self {
            line,
            uid: None,
            start: None,
            end: None,
            days: None,
            rule: None,
            more: Vec::new(),
            except: BTreeSet::new(),
            instead_of: None,
            is_cancelled: false,
            summary: String::new(),
        }
    }

    pub(super) fn error(&self, problem: &str, hint: &str) -> IcsError {
        let of = if self.summary.is_empty() { String::new() } else { format!(" (`{}`)", self.summary) };
        IcsError { line: self.line, problem: format!("{problem}{of}"), hint: hint.to_owned() }
    }
    pub(super) fn uid(&self) -> Option<&str> {
        self.uid.as_deref()
    }
    pub(super) fn holiday(&self) -> Holiday {
        Holiday { line: self.line, summary: self.summary.clone() }
    }

    pub(super) fn take_in(&mut self, line: &Line) -> Result<(), IcsError> {
        match line.name.as_str() {
            "SUMMARY" => self.summary = line.value.replace("\\,", ",").chars().take(80).collect(),
            "STATUS" => self.is_cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "UID" => self.uid = Some(line.value.clone()),
            "DTSTART" => self.start = Some(line.date()?),
            "DTEND" => self.end = Some(line.date()?),
            "DURATION" => self.days = Some(line.days()?),
            "RRULE" if self.rule.is_some() => {
                return Err(line.refusal("the event has a second `RRULE`".to_owned(), "make it two events"));
            }
            "RRULE" => self.rule = Some(Rule::read(line)?),
            "RDATE" => self.more.extend(line.dates()?),
            "EXDATE" => self.except.extend(line.dates()?),
            "RECURRENCE-ID" => {
                if let Some(range) = line.parameters.iter().find(|one| one.starts_with("RANGE=")) {
                    let problem = format!("`RECURRENCE-ID` with `{range}` is not understood");
                    return Err(line.refusal(problem, "write an event for each day that is moved"));
                }
                self.instead_of = Some(line.date()?);
            }
            "EXRULE" => {
                let problem = "`EXRULE` is not understood".to_owned();
                return Err(line.refusal(problem, "write the days that are left out as `EXDATE`"));
            }
            _ => {}
        }
        Ok(())
    }

    /// The identifier of the series, and the day of it that this event replaces.
    pub(super) fn stands_for(&self) -> Result<Option<(&str, NaiveDate)>, IcsError> {
        match (self.instead_of, self.uid()) {
            (None, _) => Ok(None),
            (Some(day), Some(uid)) => Ok(Some((uid, day))),
            (Some(_), None) => Err(self.error(
                "the event has a `RECURRENCE-ID` and no `UID`",
                "give it the `UID` of the event that it is an instance of",
            )),
        }
    }

    /// All days that it covers. `replaced` are days that have an event of their own.
    pub(super) fn days(
        &self,
        replaced: &BTreeSet<NaiveDate>,
        left: &mut Budget,
    ) -> Result<BTreeSet<NaiveDate>, IcsError> {
        let mut days = BTreeSet::new();
        if self.is_cancelled {
            return Ok(days);
        }
        let Some(start) = self.start else {
            return Err(self
                .error("the event has no `DTSTART`", "give it the date, as `DTSTART;VALUE=DATE:20261225`"));
        };
        let length = match (self.end, self.days) {
            (Some(end), _) => end.signed_duration_since(start).num_days(),
            (None, Some(days)) => days as i64,
            (None, None) => 1,
        };
        let Some(length) =
            u64::try_from(length).ok().filter(|days| (1..=DAYS_OF_AN_EVENT_MAX).contains(days))
        else {
            let hint = "`DTEND` is the day after the last, and at most a year after `DTSTART`";
            return Err(self.error("the event has no length that a holiday has", hint));
        };
        let is_one = self.instead_of.is_some();
        let firsts = match &self.rule {
            Some(_) if is_one => {
                return Err(self.error(
                    "the event stands for one day and has an `RRULE`",
                    "take the rule out, or the `RECURRENCE-ID`",
                ));
            }
            Some(rule) => {
                left.rules = left.rules.checked_sub(1).ok_or_else(|| {
                    too_much(self.line, format!("more than {RULES_MAX} of the events so far recur"))
                })?;
                rule.days_from(start)?
            }
            None => vec![start],
        };
        let steps = (firsts.len() + self.more.len()).saturating_mul(length as usize);
        left.days = left.days.checked_sub(steps).ok_or_else(|| {
            too_much(self.line, format!("the events so far cover more than {DAYS_MAX} days"))
        })?;
        let is_left_out =
            |first: &NaiveDate| !is_one && (replaced.contains(first) || self.except.contains(first));
        for first in firsts.into_iter().chain(self.more.iter().copied()).filter(|first| !is_left_out(first)) {
            days.extend((0..length).filter_map(|day| first.checked_add_days(Days::new(day))));
        }
        Ok(days)
    }
}

/// The parts that a rule for whole days may have.
const PARTS: [&str; 11] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYMONTHDAY",
    "BYDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYSETPOS",
    "WKST",
];
const FREQUENCIES: [&str; 4] = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY"];

impl Rule {
    fn read(line: &Line) -> Result<Self, IcsError> {
        let refuse = |what: String| {
            let problem = format!("the rule `{}` is not understood: {what}", line.value);
            Err(line.refusal(problem, "correct it, or write an event for each date"))
        };
        let mut parts = Vec::new();
        let mut until = None;
        for part in line.value.split(';').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let (key, value) = (key.trim().to_ascii_uppercase(), value.trim().to_ascii_uppercase());
            let is_known = PARTS.contains(&key.as_str());
            let is_daily = key != "FREQ" || FREQUENCIES.contains(&value.as_str());
            if !is_known || !is_daily {
                return refuse(format!("`{part}`, where whole days repeat"));
            }
            parts.push(match key.as_str() {
                // The days of a holiday have no zone, so the last day is included as a whole.
                "UNTIL" => match value.get(..8).and_then(parse_date) {
                    Some(date) => {
                        until = Some(date);
                        format!("UNTIL={}T235959Z", &value[..8])
                    }
                    None => return refuse(format!("`{part}` is not a date")),
                },
                _ => format!("{key}={value}"),
            });
        }
        match parts.join(";").parse() {
            Ok(parsed) => Ok(Self { line: line.number, text: line.value.clone(), until, parsed }),
            Err(error) => refuse(error.to_string().trim_start_matches("RRule parsing error: ").to_owned()),
        }
    }

    /// The first days of all instances.
    fn days_from(&self, start: NaiveDate) -> Result<Vec<NaiveDate>, IcsError> {
        let refuse = |problem: String, hint: &str| {
            Err(IcsError {
                line: self.line,
                problem: format!("the rule `{}` {problem}", self.text),
                hint: hint.to_owned(),
            })
        };
        if self.until.is_some_and(|until| until < start) {
            return refuse(
                "ends before its event begins".to_owned(),
                "correct `UNTIL`, or take the event out",
            );
        }
        let at = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc().with_timezone(&Tz::UTC);
        let set: RRuleSet = match self.parsed.clone().build(at(start)) {
            Ok(set) => set,
            Err(error) => return refuse(format!("does not fit its event: {error}"), "correct the rule"),
        };
        let last = NaiveDate::from_ymd_opt(LAST_YEAR.max(start.year()), 12, 31).unwrap_or(start);
        let found = set.limit().before(at(last)).all(INSTANCES_MAX);
        let days: Vec<NaiveDate> = found.dates.iter().map(|date| date.date_naive()).collect();
        if found.limited {
            let hint = "give it `UNTIL` or `COUNT`; days of the week that are closed belong into `hours`";
            return refuse(format!("comes more than {INSTANCES_MAX} times"), hint);
        }
        if days.first() != Some(&start) {
            let hint = "begin the event on the first day of its rule";
            return refuse("repeats on another date than the event's own".to_owned(), hint);
        }
        Ok(days)
    }
}
