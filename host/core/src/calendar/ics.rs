//! Holidays from an iCalendar text (RFC 5545): the dates of all-day events, as holiday calendars publish them, each
//! with the event that closes it.
//!
//! Recurrence rules are expanded by the crate `rrule`. An instance that was moved or cancelled (`RECURRENCE-ID`) takes
//! the place of the day that the rule gives. Anything else that would change the dates is refused with its line: a
//! holiday that is silently left out means a page on a day off, and one too many means a day on which nobody is told.

mod event;
mod line;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use self::event::Event;
use self::line::unfold;

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line} of the iCalendar text: {problem}; hint: {hint}")]
pub struct IcsError {
    /// The line in the text as it was given, from 1.
    pub line: usize,
    pub problem: String,
    pub hint: String,
}

/// What closes a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// The line where its event begins, from 1.
    pub line: usize,
    /// The name of the event; may be empty.
    pub summary: String,
}

/// The most bytes of a text; the calendar of a country for a decade has a few KiB.
const BYTES_MAX: usize = 4 << 20;
/// The most days that are looked at, over all events: a few lines can ask for any number of years.
const DAYS_MAX: usize = 1_000_000;
/// The most events that recur, because each is followed for decades.
const RULES_MAX: usize = 1_000;

/// How much more a text may ask for.
struct Budget {
    days: usize,
    rules: usize,
}

/// Every date that an all-day event covers, in order. If two events fall on one day, the first in the text closes it;
/// cancelled ones do not count.
pub fn holidays_from_ics(text: &str) -> Result<BTreeMap<NaiveDate, Holiday>, IcsError> {
    if text.len() > BYTES_MAX {
        return Err(too_much(1, format!("it has more than {BYTES_MAX} bytes")));
    }
    let events = events(text)?;
    let mut left = Budget { days: DAYS_MAX, rules: RULES_MAX };
    // Days that have an event of their own, by the identifier of the series.
    let mut instead: BTreeMap<&str, BTreeSet<NaiveDate>> = BTreeMap::new();
    for event in &events {
        if let Some((uid, day)) = event.stands_for()? {
            instead.entry(uid).or_default().insert(day);
        }
    }
    let none = BTreeSet::new();
    let mut holidays = BTreeMap::new();
    for event in &events {
        let replaced = event.uid().and_then(|uid| instead.get(uid)).unwrap_or(&none);
        for day in event.days(replaced, &mut left)? {
            holidays.entry(day).or_insert_with(|| event.holiday());
        }
    }
    Ok(holidays)
}

fn too_much(line: usize, problem: String) -> IcsError {
    IcsError { line, problem, hint: "name a calendar of holidays alone".to_owned() }
}

fn events(text: &str) -> Result<Vec<Event>, IcsError> {
    let mut events = Vec::new();
    let mut open: Option<Event> = None;
    let mut seen_calendar = false;
    // Alarms and the like are inside events, and have properties of the same names.
    let mut inner = 0_u32;
    for line in unfold(text) {
        match (line.name.as_str(), line.value.to_ascii_uppercase().as_str(), &mut open) {
            ("BEGIN", "VCALENDAR", None) => seen_calendar = true,
            ("BEGIN", "VEVENT", None) => open = Some(Event::new(line.number)),
            ("BEGIN", _, Some(_)) => inner += 1,
            ("END", "VEVENT", Some(_)) if inner == 0 => events.extend(open.take()),
            ("END", _, Some(_)) => inner = inner.saturating_sub(1),
            (_, _, Some(event)) if inner == 0 => event.take_in(&line)?,
            (_, _, Some(_) | None) => {}
        }
    }
    if !seen_calendar {
        let problem = "there is no `BEGIN:VCALENDAR`".to_owned();
        return Err(IcsError { line: 1, problem, hint: "name an .ics file".to_owned() });
    }
    match open {
        None => Ok(events),
        Some(event) => Err(event.error("the event has no `END:VEVENT`", "is the file cut off?")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(events: &[&str]) -> String {
        let body: String =
            events.iter().map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n")).collect();
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n")
    }
    fn dates(events: &[&str]) -> String {
        let dates = holidays_from_ics(&calendar(events)).unwrap();
        dates.keys().map(NaiveDate::to_string).collect::<Vec<_>>().join(" ")
    }
    fn problem(event: &str) -> String {
        holidays_from_ics(&calendar(&[event])).unwrap_err().to_string()
    }

    #[test]
    fn an_event_covers_its_days_and_not_the_day_of_its_end() {
        assert_eq!(dates(&["DTSTART;VALUE=DATE:20261225"]), "2026-12-25");
        assert_eq!(
            dates(&["SUMMARY:Christmas\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227"]),
            "2026-12-25 2026-12-26"
        );
        assert_eq!(dates(&["DTSTART:20261231\r\nDURATION:P2D"]), "2026-12-31 2027-01-01");
        assert_eq!(dates(&["DTSTART:20270301\r\nDURATION:P1W"]).split(' ').count(), 7);
    }

    #[test]
    fn dates_come_in_order_and_once() {
        assert_eq!(dates(&["DTSTART:20261226", "DTSTART:20261225\r\nDURATION:P2D"]), "2026-12-25 2026-12-26");
        assert_eq!(dates(&[]), "");
    }

    #[test]
    fn folded_lines_quoted_parameters_alarms_and_cancelled_events_are_read_right() {
        assert_eq!(dates(&["DTSTART;X-NOTE=\"a:b\";VALUE=DA\r\n TE:2026\r\n\t1225"]), "2026-12-25");
        assert_eq!(
            dates(&["DTSTART:20261225\r\nBEGIN:VALARM\r\nDURATION:PT15M\r\nEND:VALARM"]),
            "2026-12-25"
        );
        assert_eq!(dates(&["DTSTART:20261225\r\nSTATUS:CANCELLED"]), "");
        assert_eq!(holidays_from_ics("\u{feff}BEGIN:VCALENDAR\nEND:VCALENDAR"), Ok(BTreeMap::new()));
    }

    #[test]
    fn yearly_events_repeat_on_their_date() {
        assert_eq!(
            dates(&["DTSTART:20260517\r\nRRULE:FREQ=YEARLY;COUNT=3"]),
            "2026-05-17 2027-05-17 2028-05-17"
        );
        assert_eq!(
            dates(&["DTSTART:20260517\r\nRRULE:FREQ=YEARLY;UNTIL=20280516T000000Z;BYMONTH=5;BYMONTHDAY=17"]),
            "2026-05-17 2027-05-17"
        );
        assert_eq!(
            dates(&["DTSTART:20240229\r\nRRULE:FREQ=YEARLY;COUNT=2\r\nEXDATE:20240229"]),
            "2028-02-29"
        );
        assert!(dates(&["DTSTART:20260101\r\nRRULE:FREQ=YEARLY"]).ends_with(" 2100-01-01"));
    }

    #[test]
    fn rules_by_day_of_the_week_and_dates_beside_them_are_followed() {
        assert_eq!(
            dates(&[
                "DTSTART:20261126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2\r\nRDATE:20270101,20270102"
            ]),
            "2026-11-26 2027-01-01 2027-01-02 2027-11-25"
        );
        assert_eq!(
            dates(&["DTSTART:20260525\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20270531"]),
            "2026-05-25 2027-05-31"
        );
        assert_eq!(
            dates(&["DTSTART:20260106\r\nRRULE:FREQ=MONTHLY;INTERVAL=6;COUNT=2"]),
            "2026-01-06 2026-07-06"
        );
        assert_eq!(dates(&["DTSTART:20260105\r\nRRULE:FREQ=WEEKLY;COUNT=2"]), "2026-01-05 2026-01-12");
    }

    /// A holiday that is moved in one year: its usual day is a working day in that year.
    #[test]
    fn an_instance_that_is_moved_or_cancelled_takes_the_place_of_its_day() {
        let may = "UID:may\r\nSUMMARY:May Day\r\nDTSTART:20250501\r\nRRULE:FREQ=YEARLY;COUNT=4";
        let moved = "UID:may\r\nRECURRENCE-ID;VALUE=DATE:20260501\r\nDTSTART:20260504\r\nDTEND:20260506";
        let cancelled = "UID:may\r\nRECURRENCE-ID:20270501\r\nDTSTART:20270501\r\nSTATUS:CANCELLED";
        let both = "2025-05-01 2026-05-04 2026-05-05 2028-05-01";
        assert_eq!(dates(&[may, moved, cancelled]), both);
        assert_eq!(dates(&[cancelled, moved, may]), both, "in whatever order");
        assert_eq!(dates(&[moved]), "2026-05-04 2026-05-05", "alone it is a day like others");
        let other = cancelled.replace("may", "other");
        assert_eq!(dates(&[may, &other]), "2025-05-01 2026-05-01 2027-05-01 2028-05-01");
        let within = "UID:may\r\nRECURRENCE-ID:20260501\r\nDTSTART:20270501";
        assert_eq!(dates(&[may, within]), "2025-05-01 2027-05-01 2028-05-01", "onto the day of another");
    }

    #[test]
    fn every_day_is_told_with_the_event_that_closes_it() {
        let text = calendar(&["SUMMARY:Christmas\r\nDTSTART:20261225\r\nDURATION:P2D", "DTSTART:20261226"]);
        let holidays = holidays_from_ics(&text).unwrap();
        let told: Vec<(&str, usize)> =
            holidays.values().map(|holiday| (holiday.summary.as_str(), holiday.line)).collect();
        assert_eq!(told, [("Christmas", 3), ("Christmas", 3)]);
    }

    #[test]
    fn a_rule_without_end_that_comes_too_often_is_refused() {
        let text = problem("DTSTART:20260101\r\nRRULE:FREQ=DAILY");
        assert!(text.contains("comes more than 5000 times") && text.contains("line 5"), "{text}");
    }

    #[test]
    fn a_calendar_that_asks_for_ages_is_refused() {
        let ages = "DTSTART:00010101\r\nDTEND:00020101\r\nRRULE:FREQ=YEARLY";
        let error = holidays_from_ics(&calendar(&[ages; 1_000])).unwrap_err().to_string();
        assert!(error.contains("more than"), "{error}");
        let long = format!("DTSTART:20261225\r\nX-NOTE:{}", "x".repeat(BYTES_MAX));
        assert!(problem(&long).contains("bytes"));
        let every = "DTSTART:20260101\r\nRRULE:FREQ=YEARLY";
        assert!(holidays_from_ics(&calendar(&[every; 1_000])).is_ok());
        let error = holidays_from_ics(&calendar(&[every; 1_001])).unwrap_err().to_string();
        assert!(error.contains("more than 1000 of the events so far recur"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn no_rule_is_too_much(
            rule in "(FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY);)?([A-Z]{2,10}=-?[0-9A-Z,+-]{0,8};){0,4}",
            by in "(BY(MONTH|MONTHDAY|DAY|YEARDAY|WEEKNO|SETPOS)=-?[0-9]{1,3}(MO|SU)?(,-?[0-9]{1,3})?;){0,3}",
            start in 20200101_u32..20991231,
        ) {
            let _ = holidays_from_ics(&calendar(&[&format!("DTSTART:{start}\r\nRRULE:{rule}{by}")]));
        }
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_the_line() {
        insta::assert_snapshot!(
            [
                "DTSTART:20261225T080000Z",
                "DTSTART:20261325",
                "SUMMARY:Nothing",
                "SUMMARY:Backwards\r\nDTSTART:20261225\r\nDTEND:20261225",
                "DTSTART:20261225\r\nDTEND:20361225",
                "DTSTART:20261225\r\nDURATION:PT8H",
                "DTSTART:20261225\r\nRRULE:FREQ=HOURLY",
                "DTSTART:20261225\r\nRRULE:COUNT=3",
                "DTSTART:20261125\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4XX",
                "SUMMARY:Moved\r\nDTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYMONTH=11",
                "DTSTART:20261225\r\nEXRULE:FREQ=YEARLY",
                "DTSTART:20261225\r\nRDATE:20261226T080000",
                "DTSTART:20261225\r\nRRULE:FREQ=YEARLY;BYHOUR=8",
                "DTSTART:20261225\r\nRRULE:FREQ=YEARLY;UNTIL=soon",
                "DTSTART:20261225\r\nRRULE:FREQ=YEARLY;UNTIL=20201225",
                "DTSTART:20261225\r\nRRULE:FREQ=YEARLY\r\nRRULE:FREQ=YEARLY",
                "DTSTART:20261225\r\nRECURRENCE-ID:20251225",
                "UID:a\r\nDTSTART:20261225\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20251225",
                "UID:a\r\nDTSTART:20261225\r\nRECURRENCE-ID:20251225T120000",
                "UID:a\r\nDTSTART:20261225\r\nRECURRENCE-ID:20251225\r\nRRULE:FREQ=YEARLY",
            ]
            .map(problem)
            .join("\n"),
            @r#"
line 4 of the iCalendar text: `DTSTART:20261225T080000Z` is not a date; hint: holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`
line 4 of the iCalendar text: `DTSTART:20261325` is not a date; hint: holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`
line 3 of the iCalendar text: the event has no `DTSTART` (`Nothing`); hint: give it the date, as `DTSTART;VALUE=DATE:20261225`
line 3 of the iCalendar text: the event has no length that a holiday has (`Backwards`); hint: `DTEND` is the day after the last, and at most a year after `DTSTART`
line 3 of the iCalendar text: the event has no length that a holiday has; hint: `DTEND` is the day after the last, and at most a year after `DTSTART`
line 5 of the iCalendar text: `DURATION:PT8H` is not a number of days; hint: holidays last whole days, such as `DURATION:P1D`
line 5 of the iCalendar text: the rule `FREQ=HOURLY` is not understood: `FREQ=HOURLY`, where whole days repeat; hint: correct it, or write an event for each date
line 5 of the iCalendar text: the rule `COUNT=3` is not understood: The property `FREQ` wasn't found, and it is required.; hint: correct it, or write an event for each date
line 5 of the iCalendar text: the rule `FREQ=YEARLY;BYMONTH=11;BYDAY=4XX` is not understood: `4XX` is not a valid weekday. Valid values are `MO`, `TU`, `WE`, `TH`, `FR`, `SA` and `SU`.; hint: correct it, or write an event for each date
line 6 of the iCalendar text: the rule `FREQ=YEARLY;BYMONTH=11` repeats on another date than the event's own; hint: begin the event on the first day of its rule
line 5 of the iCalendar text: `EXRULE` is not understood; hint: write the days that are left out as `EXDATE`
line 5 of the iCalendar text: `RDATE:20261226T080000` is not a date; hint: holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`
line 5 of the iCalendar text: the rule `FREQ=YEARLY;BYHOUR=8` is not understood: `BYHOUR=8`, where whole days repeat; hint: correct it, or write an event for each date
line 5 of the iCalendar text: the rule `FREQ=YEARLY;UNTIL=soon` is not understood: `UNTIL=soon` is not a date; hint: correct it, or write an event for each date
line 5 of the iCalendar text: the rule `FREQ=YEARLY;UNTIL=20201225` ends before its event begins; hint: correct `UNTIL`, or take the event out
line 6 of the iCalendar text: the event has a second `RRULE`; hint: make it two events
line 3 of the iCalendar text: the event has a `RECURRENCE-ID` and no `UID`; hint: give it the `UID` of the event that it is an instance of
line 6 of the iCalendar text: `RECURRENCE-ID` with `RANGE=THISANDFUTURE` is not understood; hint: write an event for each day that is moved
line 6 of the iCalendar text: `RECURRENCE-ID:20251225T120000` is not a date; hint: holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`
line 3 of the iCalendar text: the event stands for one day and has an `RRULE`; hint: take the rule out, or the `RECURRENCE-ID`
"#
        );
        insta::assert_snapshot!(holidays_from_ics("hello").unwrap_err(), @r#"line 1 of the iCalendar text: there is no `BEGIN:VCALENDAR`; hint: name an .ics file"#);
        insta::assert_snapshot!(
            holidays_from_ics("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\n").unwrap_err(),
            @r#"line 2 of the iCalendar text: the event has no `END:VEVENT`; hint: is the file cut off?"#
        );
    }
}
