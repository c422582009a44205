use chrono::NaiveDateTime;
use proptest::prelude::*;

use super::*;

fn utc(text: &str) -> Wall {
    let with_seconds = format!("{text}:00");
    NaiveDateTime::parse_from_str(text, "%F %T")
        .or_else(|_| NaiveDateTime::parse_from_str(&with_seconds, "%F %T"))
        .unwrap()
        .and_utc()
        .into()
}

/// The next starts after `from` (UTC), in local time with the offset.
fn starts(expression: &str, zone: Tz, from: &str, count: usize) -> String {
    let schedule = CronSchedule::parse(expression, zone).unwrap();
    let mut at = utc(from);
    let mut lines = Vec::new();
    for _ in 0..count {
        at = schedule.next_after(at).unwrap();
        lines.push(at.utc().unwrap().with_timezone(&zone).format("%a %F %T %z").to_string());
    }
    lines.join("\n")
}

fn first(expression: &str, from: &str) -> String {
    starts(expression, Tz::UTC, from, 1)
}

fn refusal(expression: &str) -> String {
    CronSchedule::parse(expression, Tz::UTC).unwrap_err().to_string()
}

#[test]
fn names_ranges_steps_and_lists_are_read() {
    insta::assert_snapshot!(starts("0,30 8-9 * * MON-fri", Tz::UTC, "2026-11-20 09:00", 4), @r#"
    Fri 2026-11-20 09:30:00 +0000
    Mon 2026-11-23 08:00:00 +0000
    Mon 2026-11-23 08:30:00 +0000
    Mon 2026-11-23 09:00:00 +0000
    "#);
    insta::assert_snapshot!(starts("*/20 */12 1 jan,JUL *", Tz::UTC, "2026-11-20 09:00", 3), @r#"
    Fri 2027-01-01 00:00:00 +0000
    Fri 2027-01-01 00:20:00 +0000
    Fri 2027-01-01 00:40:00 +0000
    "#);
    insta::assert_snapshot!(starts("10-50/20,55 6 * * *", Tz::UTC, "2026-11-20 06:20", 3), @r#"
    Fri 2026-11-20 06:30:00 +0000
    Fri 2026-11-20 06:50:00 +0000
    Fri 2026-11-20 06:55:00 +0000
    "#);
}

#[test]
fn six_fields_begin_with_seconds() {
    insta::assert_snapshot!(starts("*/25 59 23 31 12 *", Tz::UTC, "2026-12-31 23:59:10", 3), @r#"
    Thu 2026-12-31 23:59:25 +0000
    Thu 2026-12-31 23:59:50 +0000
    Fri 2027-12-31 23:59:00 +0000
    "#);
}

#[test]
fn nicknames_stand_for_their_fields() {
    for (nickname, fields) in [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@Weekly", "0 0 * * sun"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ] {
        let from = "2026-11-20 09:17";
        assert_eq!(starts(nickname, Tz::UTC, from, 5), starts(fields, Tz::UTC, from, 5), "{nickname}");
    }
}

#[test]
fn sunday_is_0_and_7_and_ends_a_range_of_names() {
    let from = "2026-11-20 09:00";
    let sundays = starts("0 6 * * 0", Tz::UTC, from, 8);
    assert_eq!(starts("0 6 * * 7", Tz::UTC, from, 8), sundays);
    assert_eq!(starts("0 6 * * sun", Tz::UTC, from, 8), sundays);
    let weekends = starts("0 6 * * 6,0", Tz::UTC, from, 8);
    assert_eq!(starts("0 6 * * 6-7", Tz::UTC, from, 8), weekends);
    assert_eq!(starts("0 6 * * sat-sun", Tz::UTC, from, 8), weekends);
    assert_eq!(starts("0 6 * * 0-7", Tz::UTC, from, 8), starts("0 6 * * *", Tz::UTC, from, 8));
    assert_eq!(starts("0 6 * * sun-tue", Tz::UTC, from, 8), starts("0 6 * * 0-2", Tz::UTC, from, 8));
    assert_eq!(starts("0 6 * * */2", Tz::UTC, from, 8), starts("0 6 * * 0,2,4,6", Tz::UTC, from, 8));
    assert_eq!(starts("0 6 * * 1-7/2", Tz::UTC, from, 8), starts("0 6 * * 0,1,3,5", Tz::UTC, from, 8));
}

#[test]
fn restricted_day_fields_are_one_or_the_other_and_a_star_is_no_restriction() {
    insta::assert_snapshot!(starts("0 0 13 * fri", Tz::UTC, "2026-11-10 00:00", 4), @r#"
    Fri 2026-11-13 00:00:00 +0000
    Fri 2026-11-20 00:00:00 +0000
    Fri 2026-11-27 00:00:00 +0000
    Fri 2026-12-04 00:00:00 +0000
    "#);
    insta::assert_snapshot!(starts("0 0 */2 * fri", Tz::UTC, "2026-11-10 00:00", 3), @r#"
    Fri 2026-11-13 00:00:00 +0000
    Fri 2026-11-27 00:00:00 +0000
    Fri 2026-12-11 00:00:00 +0000
    "#);
    insta::assert_snapshot!(starts("0 0 13 * */5", Tz::UTC, "2026-11-10 00:00", 3), @r#"
    Fri 2026-11-13 00:00:00 +0000
    Sun 2026-12-13 00:00:00 +0000
    Sun 2027-06-13 00:00:00 +0000
    "#);
    // A list that begins with a star counts as a star, as in Debian's cron.
    assert_eq!(
        starts("0 0 *,13 * fri", Tz::UTC, "2026-11-10 00:00", 5),
        starts("0 0 * * fri", Tz::UTC, "2026-11-10 00:00", 5)
    );
}

#[test]
fn rare_days_are_found_over_decades() {
    assert_eq!(first("0 0 29 2 *", "2026-11-20 00:00"), "Tue 2028-02-29 00:00:00 +0000");
    assert_eq!(first("0 0 29 2 */7", "2026-11-20 00:00"), "Sun 2032-02-29 00:00:00 +0000");
    assert_eq!(first("0 0 29 2 *", "2097-01-01 00:00"), "Fri 2104-02-29 00:00:00 +0000");
    assert_eq!(first("0 0 31 * *", "2026-11-20 00:00"), "Thu 2026-12-31 00:00:00 +0000");
    assert_eq!(
        starts("*/30 * 29 2 */7", Tz::Europe__Oslo, "2026-11-20 00:00", 1),
        "Sun 2032-02-29 00:00:00 +0100"
    );
}

#[test]
fn a_fixed_time_in_the_gap_runs_right_after_it_and_once() {
    let eve = "2026-03-28 12:00";
    insta::assert_snapshot!(starts("30 2 * * *", Tz::Europe__Oslo, eve, 2), @r#"
    Sun 2026-03-29 03:00:00 +0200
    Mon 2026-03-30 02:30:00 +0200
    "#);
    insta::assert_snapshot!(starts("0,15,30 2 * * *", Tz::Europe__Oslo, eve, 2), @r#"
    Sun 2026-03-29 03:00:00 +0200
    Mon 2026-03-30 02:00:00 +0200
    "#);
    insta::assert_snapshot!(starts("0,30 1-3 * * *", Tz::Europe__Oslo, eve, 5), @r#"
    Sun 2026-03-29 01:00:00 +0100
    Sun 2026-03-29 01:30:00 +0100
    Sun 2026-03-29 03:00:00 +0200
    Sun 2026-03-29 03:30:00 +0200
    Mon 2026-03-30 01:00:00 +0200
    "#);
    insta::assert_snapshot!(starts("15 2 * * *", Tz::Australia__Lord_Howe, "2026-10-03 00:00", 2), @r#"
    Sun 2026-10-04 02:30:00 +1100
    Mon 2026-10-05 02:15:00 +1100
    "#);
    insta::assert_snapshot!(starts("0 0 * * fri", Tz::Africa__Cairo, "2026-04-23 12:00", 2), @r#"
    Fri 2026-04-24 01:00:00 +0300
    Fri 2026-05-01 00:00:00 +0300
    "#);
    insta::assert_snapshot!(starts("0 30 2 * * *", Tz::Europe__Oslo, eve, 2), @r#"
    Sun 2026-03-29 03:00:00 +0200
    Mon 2026-03-30 02:30:00 +0200
    "#);
}

#[test]
fn a_fixed_time_in_the_repeated_hour_runs_once() {
    let eve = "2026-10-24 12:00";
    insta::assert_snapshot!(starts("30 2 * * *", Tz::Europe__Oslo, eve, 2), @r#"
    Sun 2026-10-25 02:30:00 +0200
    Mon 2026-10-26 02:30:00 +0100
    "#);
    insta::assert_snapshot!(starts("0,30 1-3 * * *", Tz::Europe__Oslo, eve, 7), @r#"
    Sun 2026-10-25 01:00:00 +0200
    Sun 2026-10-25 01:30:00 +0200
    Sun 2026-10-25 02:00:00 +0200
    Sun 2026-10-25 02:30:00 +0200
    Sun 2026-10-25 03:00:00 +0100
    Sun 2026-10-25 03:30:00 +0100
    Mon 2026-10-26 01:00:00 +0100
    "#);
    // Asked again in the middle of the second reading.
    insta::assert_snapshot!(starts("30 2 * * *", Tz::Europe__Oslo, "2026-10-25 01:10", 1), @r#"Mon 2026-10-26 02:30:00 +0100"#);
    insta::assert_snapshot!(starts("45 1 * * *", Tz::Australia__Lord_Howe, "2026-04-04 12:00", 2), @r#"
    Sun 2026-04-05 01:45:00 +1100
    Mon 2026-04-06 01:45:00 +1030
    "#);
}

#[test]
fn a_star_in_minute_or_hour_follows_the_clock() {
    insta::assert_snapshot!(starts("30 * * * *", Tz::Europe__Oslo, "2026-03-29 00:00", 2), @r#"
    Sun 2026-03-29 01:30:00 +0100
    Sun 2026-03-29 03:30:00 +0200
    "#);
    insta::assert_snapshot!(starts("*/30 2 * * *", Tz::Europe__Oslo, "2026-03-28 12:00", 2), @r#"
    Mon 2026-03-30 02:00:00 +0200
    Mon 2026-03-30 02:30:00 +0200
    "#);
    insta::assert_snapshot!(starts("0 */2 * * *", Tz::Europe__Oslo, "2026-03-28 22:59", 3), @r#"
    Sun 2026-03-29 00:00:00 +0100
    Sun 2026-03-29 04:00:00 +0200
    Sun 2026-03-29 06:00:00 +0200
    "#);
    insta::assert_snapshot!(starts("30 * * * *", Tz::Europe__Oslo, "2026-10-24 23:00", 4), @r#"
    Sun 2026-10-25 01:30:00 +0200
    Sun 2026-10-25 02:30:00 +0200
    Sun 2026-10-25 02:30:00 +0100
    Sun 2026-10-25 03:30:00 +0100
    "#);
    insta::assert_snapshot!(starts("*/30 2 * * *", Tz::Europe__Oslo, "2026-10-24 12:00", 5), @r#"
    Sun 2026-10-25 02:00:00 +0200
    Sun 2026-10-25 02:30:00 +0200
    Sun 2026-10-25 02:00:00 +0100
    Sun 2026-10-25 02:30:00 +0100
    Mon 2026-10-26 02:00:00 +0100
    "#);
    insta::assert_snapshot!(starts("*/20 * * * *", Tz::Australia__Lord_Howe, "2026-04-04 14:30", 5), @r#"
    Sun 2026-04-05 01:40:00 +1100
    Sun 2026-04-05 01:40:00 +1030
    Sun 2026-04-05 02:00:00 +1030
    Sun 2026-04-05 02:20:00 +1030
    Sun 2026-04-05 02:40:00 +1030
    "#);
}

#[test]
fn what_cannot_be_read_is_refused_with_field_value_and_hint() {
    insta::assert_snapshot!(
        [
            "", "30 2 * *", "0 30 2 * * * 2026", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
            "60 * * * * *", "* * * foo *", "* * * * monday", "? * * * *", "* * L * *", "* * * * 5#2", "* * * * 5L",
            "* * 15W * *", "* 22-6 * * *", "* * * * fri-mon", "*/0 * * * *", "*/x * * * *", "5/15 * * * *", "1,,2 * * * *",
            "* * 1- * *", "-1 * * * *", "99999999999 * * * *", "*-5 * * * *", "@reboot", "@every 5m", "@noon",
            "0 0 31 2 *", "0 0 30 feb *", "0 0 31 4,6,9,11 *", "\u{ff11} * * * *",
        ]
        .map(refusal)
        .join("\n"),
        @r#"
        `` is not a valid cron expression: it is empty; hint: write `minute hour day-of-month month day-of-week`, such as `30 2 * * mon-fri`
        `30 2 * *` is not a valid cron expression: it has 4 fields, not five (or six with seconds in front); hint: write `minute hour day-of-month month day-of-week`, such as `30 2 * * mon-fri`
        `0 30 2 * * * 2026` is not a valid cron expression: it has 7 fields, not five (or six with seconds in front); hint: write `minute hour day-of-month month day-of-week`, such as `30 2 * * mon-fri`
        `60 * * * *` is not a valid cron expression: minute `60` is not within 0 to 59; hint: minute takes 0 to 59
        `* 24 * * *` is not a valid cron expression: hour `24` is not within 0 to 23; hint: hour takes 0 to 23
        `* * 0 * *` is not a valid cron expression: day-of-month `0` is not within 1 to 31; hint: day-of-month takes 1 to 31
        `* * * 13 *` is not a valid cron expression: month `13` is not within 1 to 12; hint: month takes 1 to 12 or `jan` to `dec`
        `* * * * 8` is not a valid cron expression: day-of-week `8` is not within 0 to 7; hint: day-of-week takes 0 to 7 (0 and 7 are Sunday) or `sun` to `sat`
        `60 * * * * *` is not a valid cron expression: second `60` is not within 0 to 59; hint: second takes 0 to 59
        `* * * foo *` is not a valid cron expression: month `foo` is not understood; hint: month takes 1 to 12 or `jan` to `dec`
        `* * * * monday` is not a valid cron expression: day-of-week `monday` is not understood; hint: day-of-week takes 0 to 7 (0 and 7 are Sunday) or `sun` to `sat`
        `? * * * *` is not a valid cron expression: minute `?` is not understood; hint: write `*` for every value
        `* * L * *` is not a valid cron expression: day-of-month `L` is not understood; hint: `L`, `W` and `#` are not known in crontab; day-of-month takes 1 to 31
        `* * * * 5#2` is not a valid cron expression: day-of-week `5#2` is not understood; hint: `L`, `W` and `#` are not known in crontab; day-of-week takes 0 to 7 (0 and 7 are Sunday) or `sun` to `sat`
        `* * * * 5L` is not a valid cron expression: day-of-week `5L` is not understood; hint: `L`, `W` and `#` are not known in crontab; day-of-week takes 0 to 7 (0 and 7 are Sunday) or `sun` to `sat`
        `* * 15W * *` is not a valid cron expression: day-of-month `15W` is not understood; hint: `L`, `W` and `#` are not known in crontab; day-of-month takes 1 to 31
        `* 22-6 * * *` is not a valid cron expression: hour `22-6` runs backwards; hint: write `22-23,0-6`
        `* * * * fri-mon` is not a valid cron expression: day-of-week `fri-mon` runs backwards; hint: write `5-6,0-1`
        `*/0 * * * *` is not a valid cron expression: minute `*/0` has no good step; hint: the step behind `/` is a number from 1 on, as in `*/5`
        `*/x * * * *` is not a valid cron expression: minute `*/x` has no good step; hint: the step behind `/` is a number from 1 on, as in `*/5`
        `5/15 * * * *` is not a valid cron expression: minute `5/15` has a step without a range; hint: write `5-59/15`
        `1,,2 * * * *` is not a valid cron expression: minute `` is empty; hint: take out the comma too many; minute takes 0 to 59
        `* * 1- * *` is not a valid cron expression: day-of-month `1-` is not understood; hint: day-of-month takes 1 to 31
        `-1 * * * *` is not a valid cron expression: minute `-1` is not understood; hint: minute takes 0 to 59
        `99999999999 * * * *` is not a valid cron expression: minute `99999999999` is not within 0 to 59; hint: minute takes 0 to 59
        `*-5 * * * *` is not a valid cron expression: minute `*-5` is not understood; hint: minute takes 0 to 59
        `@reboot` is not a valid cron expression: `@reboot` is not a time; hint: a check with `interval` runs soon after every start of the host
        `@every 5m` is not a valid cron expression: `@every` is not cron; hint: use `interval = "5m"` in place of `schedule`
        `@noon` is not a valid cron expression: `@noon` is not known; hint: there are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually
        `0 0 31 2 *` is not a valid cron expression: it never starts, since month `2` has no day `31`; hint: for the last day of a month, run on the first of the next
        `0 0 30 feb *` is not a valid cron expression: it never starts, since month `feb` has no day `30`; hint: for the last day of a month, run on the first of the next
        `0 0 31 4,6,9,11 *` is not a valid cron expression: it never starts, since month `4,6,9,11` has no day `31`; hint: for the last day of a month, run on the first of the next
        `１ * * * *` is not a valid cron expression: minute `１` is not understood; hint: minute takes 0 to 59
        "#
    );
}

#[test]
fn an_impossible_day_of_month_is_fine_beside_a_day_of_week() {
    assert_eq!(first("0 0 31 2 mon", "2026-11-20 00:00"), "Mon 2027-02-01 00:00:00 +0000");
}

#[test]
fn blanks_around_and_between_fields_do_not_matter() {
    let schedule = CronSchedule::parse("  5\t4   * * *\n", Tz::UTC).unwrap();
    assert_eq!(schedule.as_str(), "5\t4   * * *");
    assert_eq!(schedule.next_after(utc("2026-11-20 00:00")), Some(utc("2026-11-20 04:05")));
}

#[test]
fn moments_between_seconds_and_before_1970_are_rounded_the_right_way() {
    let schedule = CronSchedule::parse("* * * * * *", Tz::UTC).unwrap();
    assert_eq!(schedule.next_after(Wall::from_millis(1_999)), Some(Wall::from_millis(2_000)));
    assert_eq!(schedule.next_after(Wall::from_millis(2_000)), Some(Wall::from_millis(3_000)));
    assert_eq!(schedule.next_after(Wall::from_millis(-1)), Some(Wall::from_millis(0)));
    assert_eq!(schedule.next_after(Wall::from_millis(-1_000)), Some(Wall::from_millis(0)));
    assert_eq!(schedule.next_after(Wall::from_millis(i64::MAX)), None);
    assert_eq!(schedule.next_after(Wall::from_millis(i64::MIN)), None);
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(vec![
        Tz::UTC,
        Tz::Europe__Oslo,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::Africa__Cairo,
        Tz::Africa__Casablanca,
        Tz::America__St_Johns,
        Tz::Asia__Kathmandu,
        Tz::Pacific__Apia,
    ])
}

fn any_expression() -> impl Strategy<Value = String> {
    let field = |low: u32, high: u32| {
        prop_oneof![
            3 => Just("*".to_owned()),
            1 => (2..=high).prop_map(|step| format!("*/{step}")),
            2 => (low..=high).prop_map(|value| value.to_string()),
            1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
            1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    };
    (field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7))
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

proptest! {
    /// The moments are from 1995 to 2045.
    #[test]
    fn the_next_start_is_strictly_after_and_nothing_lies_between(
        expression in any_expression(),
        zone in any_zone(),
        at in 788_918_400_000_i64..2_366_841_600_000,
        share in 0.0..1.0_f64,
    ) {
        let schedule = CronSchedule::parse(&expression, zone).unwrap();
        let at = Wall::from_millis(at);
        let next = schedule.next_after(at).unwrap();
        prop_assert!(next > at);
        prop_assert_eq!(next.millis() % 1000, 0);
        let between = at.millis() + ((next.millis() - at.millis() - 1) as f64 * share) as i64;
        prop_assert_eq!(schedule.next_after(Wall::from_millis(between)), Some(next));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-*/,0-9a-z@# ?LW]{0,24}") {
        if let Ok(schedule) = CronSchedule::parse(&text, Tz::Europe__Oslo) {
            prop_assert!(schedule.next_after(Wall::from_millis(0)).is_some());
        }
    }
}
