use chrono::NaiveDateTime;
use proptest::prelude::*;

use super::*;

fn calendar(zone: Tz, hours: &[(&str, &[&str])], exceptions: &[(&str, &[&str])]) -> Calendar {
    let mut weekly: [Vec<Opening>; 7] = Default::default();
    for (days, openings) in hours {
        for day in parse_days(days).unwrap() {
            weekly[day.num_days_from_monday() as usize]
                .extend(openings.iter().map(|text| Opening::parse(text).unwrap()));
        }
    }
    let exceptions = exceptions
        .iter()
        .map(|(date, openings)| {
            (date.parse().unwrap(), openings.iter().map(|text| Opening::parse(text).unwrap()).collect())
        })
        .collect();
    Calendar::new(CalendarName::from("office"), zone, weekly, exceptions).unwrap()
}

fn utc(text: &str) -> Wall {
    NaiveDateTime::parse_from_str(text, "%F %H:%M").unwrap().and_utc().into()
}

/// The next `count` changes from `from` (UTC) on, in local time.
fn changes(calendar: &Calendar, from: &str, count: usize) -> String {
    let mut at = utc(from);
    let mut lines = vec![if calendar.is_open(at) { "open" } else { "closed" }.to_owned()];
    for _ in 0..count {
        let Some(next) = calendar.next_change(at) else {
            lines.push("for ever".to_owned());
            break;
        };
        at = next;
        let word = if calendar.is_open(at) { "opens" } else { "closes" };
        lines.push(format!(
            "{word} {}",
            at.utc().unwrap().with_timezone(&calendar.zone()).format("%a %F %H:%M %z")
        ));
    }
    lines.join("\n")
}

#[test]
fn weekly_hours_open_and_close_in_local_time() {
    let office = calendar(Tz::Europe__Oslo, &[("mon-fri", &["08:00-18:00"]), ("sat", &["10:00-16:00"])], &[]);
    insta::assert_snapshot!(changes(&office, "2026-11-20 12:00", 5), @r#"
    open
    closes Fri 2026-11-20 18:00 +0100
    opens Sat 2026-11-21 10:00 +0100
    closes Sat 2026-11-21 16:00 +0100
    opens Mon 2026-11-23 08:00 +0100
    closes Mon 2026-11-23 18:00 +0100
    "#);
}

#[test]
fn a_moment_is_open_from_the_first_and_closed_from_the_last_on() {
    let office = calendar(Tz::UTC, &[("mon", &["08:00-09:00"])], &[]);
    assert!(!office.is_open(utc("2026-11-23 07:59")));
    assert!(office.is_open(utc("2026-11-23 08:00")));
    assert!(office.is_open(Wall::from_millis(utc("2026-11-23 09:00").millis() - 1)));
    assert!(!office.is_open(utc("2026-11-23 09:00")));
    assert!(!office.is_open(utc("2026-11-24 08:30")));
}

#[test]
fn overnight_hours_run_into_the_next_day() {
    let night = calendar(Tz::Europe__Oslo, &[("fri-sat", &["22:00-06:00"])], &[]);
    insta::assert_snapshot!(changes(&night, "2026-11-20 12:00", 5), @r#"
    closed
    opens Fri 2026-11-20 22:00 +0100
    closes Sat 2026-11-21 06:00 +0100
    opens Sat 2026-11-21 22:00 +0100
    closes Sun 2026-11-22 06:00 +0100
    opens Fri 2026-11-27 22:00 +0100
    "#);
}

#[test]
fn hours_that_touch_or_overlap_are_one_opening() {
    let all = calendar(
        Tz::UTC,
        &[("mon-wed", &["00:00-24:00"]), ("tue", &["08:00-12:00"]), ("thu", &["00:00-02:00", "01:00-03:00"])],
        &[],
    );
    insta::assert_snapshot!(changes(&all, "2026-11-22 12:00", 3), @r#"
    closed
    opens Mon 2026-11-23 00:00 +0000
    closes Thu 2026-11-26 03:00 +0000
    opens Mon 2026-11-30 00:00 +0000
    "#);
}

#[test]
fn a_holiday_takes_the_hours_that_begin_on_it() {
    let office = calendar(
        Tz::Europe__Oslo,
        &[("mon-sun", &["22:00-06:00"])],
        &[("2026-12-25", &[]), ("2026-12-26", &["12:00-13:00"])],
    );
    insta::assert_snapshot!(changes(&office, "2026-12-24 12:00", 6), @r#"
    closed
    opens Thu 2026-12-24 22:00 +0100
    closes Fri 2026-12-25 06:00 +0100
    opens Sat 2026-12-26 12:00 +0100
    closes Sat 2026-12-26 13:00 +0100
    opens Sun 2026-12-27 22:00 +0100
    closes Mon 2026-12-28 06:00 +0100
    "#);
}

#[test]
fn what_is_always_open_never_changes() {
    let always = calendar(Tz::Europe__Oslo, &[("mon-sun", &["00:00-24:00"])], &[]);
    for at in
        ["2026-03-29 00:59", "2026-03-29 01:00", "2026-10-25 00:30", "2026-10-25 01:30", "2026-11-20 12:00"]
    {
        assert!(always.is_open(utc(at)), "{at}");
        assert_eq!(always.next_change(utc(at)), None, "{at}");
        assert_eq!(always.next_open(utc(at)), None, "{at}");
    }
}

#[test]
fn what_is_always_open_but_for_a_far_holiday_closes_there() {
    let always = calendar(Tz::Europe__Oslo, &[("mon-sun", &["00:00-24:00"])], &[("2126-12-25", &[])]);
    insta::assert_snapshot!(changes(&always, "2026-11-20 12:00", 3), @r#"
    open
    closes Wed 2126-12-25 00:00 +0100
    opens Thu 2126-12-26 00:00 +0100
    for ever
    "#);
}

#[test]
fn what_is_open_by_many_short_hours_without_a_pause_never_changes() {
    let quarters: Vec<String> = (0..96)
        .map(|i| format!("{:02}:{:02}-{:02}:{:02}", i / 4, i % 4 * 15, (i + 1) / 4, (i + 1) % 4 * 15))
        .collect();
    let quarters: Vec<&str> = quarters.iter().map(String::as_str).collect();
    let always = calendar(Tz::UTC, &[("mon-sun", &quarters)], &[("2026-12-24", &["00:00-24:00"])]);
    assert_eq!(always.next_change(utc("2026-11-20 12:00")), None);
    let six_days = calendar(Tz::UTC, &[("mon-sat", &quarters)], &[]);
    assert_eq!(six_days.next_change(utc("2026-11-20 12:00")), Some(utc("2026-11-22 00:00")));
}

#[test]
fn hours_that_stand_in_exceptions_alone_end_with_them() {
    let days = calendar(Tz::UTC, &[], &[("2026-12-01", &["08:00-09:00"]), ("2926-12-01", &["22:00-01:00"])]);
    insta::assert_snapshot!(changes(&days, "2026-11-20 12:00", 9), @r#"
    closed
    opens Tue 2026-12-01 08:00 +0000
    closes Tue 2026-12-01 09:00 +0000
    opens Sun 2926-12-01 22:00 +0000
    closes Mon 2926-12-02 01:00 +0000
    for ever
    "#);
    assert_eq!(days.next_open(utc("2026-12-01 08:30")), Some(utc("2926-12-01 22:00")));
    assert_eq!(days.next_open(utc("2926-12-01 22:00")), None);
}

#[test]
fn next_open_while_open_is_the_opening_after_the_close() {
    let office = calendar(Tz::UTC, &[("mon-fri", &["08:00-12:00", "13:00-18:00"])], &[]);
    assert_eq!(office.next_open(utc("2026-11-20 09:00")), Some(utc("2026-11-20 13:00")));
    assert_eq!(office.next_open(utc("2026-11-20 12:00")), Some(utc("2026-11-20 13:00")));
    assert_eq!(office.next_open(utc("2026-11-20 13:00")), Some(utc("2026-11-23 08:00")));
}

#[test]
fn skipped_bounds_move_to_the_end_of_the_gap() {
    // 02:00 to 03:00 is skipped on 29 March.
    let begins = calendar(Tz::Europe__Oslo, &[("sun", &["02:30-05:00"])], &[]);
    insta::assert_snapshot!(changes(&begins, "2026-03-28 12:00", 2), @r#"
    closed
    opens Sun 2026-03-29 03:00 +0200
    closes Sun 2026-03-29 05:00 +0200
    "#);
    let ends = calendar(Tz::Europe__Oslo, &[("sun", &["01:00-02:30"])], &[]);
    insta::assert_snapshot!(changes(&ends, "2026-03-28 12:00", 2), @r#"
    closed
    opens Sun 2026-03-29 01:00 +0100
    closes Sun 2026-03-29 03:00 +0200
    "#);
    let within = calendar(Tz::Europe__Oslo, &[("sun", &["02:10-02:50"])], &[]);
    insta::assert_snapshot!(changes(&within, "2026-03-28 12:00", 1), @r#"
    closed
    opens Sun 2026-04-05 02:10 +0200
    "#);
}

#[test]
fn repeated_bounds_make_one_unbroken_opening() {
    // 02:00 to 03:00 is read twice on 25 October.
    let begins = calendar(Tz::Europe__Oslo, &[("sun", &["02:30-05:00"])], &[]);
    insta::assert_snapshot!(changes(&begins, "2026-10-24 12:00", 2), @r#"
    closed
    opens Sun 2026-10-25 02:30 +0200
    closes Sun 2026-10-25 05:00 +0100
    "#);
    let ends = calendar(Tz::Europe__Oslo, &[("sun", &["01:00-02:30"])], &[]);
    insta::assert_snapshot!(changes(&ends, "2026-10-24 12:00", 2), @r#"
    closed
    opens Sun 2026-10-25 01:00 +0200
    closes Sun 2026-10-25 02:30 +0100
    "#);
    // Cairo reads 23:00 to 24:00 of Thursday twice.
    let day = calendar(Tz::Africa__Cairo, &[("thu", &["08:00-24:00"])], &[]);
    insta::assert_snapshot!(changes(&day, "2026-10-29 00:00", 2), @r#"
    closed
    opens Thu 2026-10-29 08:00 +0300
    closes Fri 2026-10-30 00:00 +0200
    "#);
}

#[test]
fn a_calendar_that_is_never_open_is_refused() {
    let refused = Calendar::new(
        CalendarName::from("office"),
        Tz::UTC,
        Default::default(),
        BTreeMap::from([("2026-12-25".parse().unwrap(), vec![])]),
    );
    insta::assert_snapshot!(refused.unwrap_err(), @r#"calendar `office` is never open; hint: give it `hours`, such as `mon-fri = ["08:00-18:00"]`"#);
}

#[test]
fn moments_outside_the_known_years_are_closed() {
    let office = calendar(Tz::UTC, &[("mon-sun", &["00:00-24:00"])], &[]);
    for at in [i64::MIN, i64::MAX] {
        assert!(!office.is_open(Wall::from_millis(at)));
        assert_eq!(office.next_change(Wall::from_millis(at)), None);
    }
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    let opening = (0_u16..1440, 1_u16..1440).prop_map(|(from, length)| Opening { from, to: from + length });
    let day = prop::collection::vec(opening, 0..3);
    let zone = prop::sample::select(vec![
        Tz::UTC,
        Tz::Europe__Oslo,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::Africa__Cairo,
        Tz::America__Havana,
    ]);
    let exceptions = prop::collection::btree_map(0_u64..730, day.clone(), 0..6).prop_map(|days| {
        let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        days.into_iter().map(|(day, hours)| (start + Days::new(day), hours)).collect::<BTreeMap<_, _>>()
    });
    (zone, prop::array::uniform7(day), exceptions)
        .prop_filter_map("never open", |(zone, weekly, exceptions)| {
            Calendar::new(CalendarName::from("any"), zone, weekly, exceptions).ok()
        })
}

proptest! {
    /// The moments are in 2026 and 2027.
    #[test]
    fn it_is_open_or_closed_alike_until_the_next_change_and_not_beyond(
        calendar in any_calendar(),
        at in 1_767_225_600_000_i64..1_830_297_600_000,
        share in 0.0..1.0_f64,
    ) {
        let at = Wall::from_millis(at);
        let is_open = calendar.is_open(at);
        let change = calendar.next_change(at);
        let until = change.unwrap_or(Wall::from_millis(1_900_000_000_000));
        prop_assert!(until > at);
        let between = at.millis() + ((until.millis() - at.millis() - 1) as f64 * share) as i64;
        prop_assert_eq!(calendar.is_open(Wall::from_millis(between)), is_open);
        if let Some(change) = change {
            prop_assert_ne!(calendar.is_open(change), is_open);
        }
    }

    #[test]
    fn it_is_open_when_it_opens_and_was_closed_just_before(
        calendar in any_calendar(),
        at in 1_767_225_600_000_i64..1_830_297_600_000,
    ) {
        let at = Wall::from_millis(at);
        if let Some(open) = calendar.next_open(at) {
            prop_assert!(open > at);
            prop_assert!(calendar.is_open(open));
            prop_assert!(!calendar.is_open(Wall::from_millis(open.millis() - 1)));
        }
    }
}
