//! `watchkeep calendar`: what a calendar means day by day, before anybody finds out on a holiday.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use chrono::{Datelike as _, NaiveDate, Utc, Weekday};
use clap::Subcommand;
use serde_json::{Value, json};
use watchkeep_config::{ClosedBy, Closing, Config};
use watchkeep_core::ids::CalendarName;

use super::{Global, output, validate};

#[derive(Subcommand)]
pub(crate) enum CalendarCommand {
    /// List calendars. Needs no host.
    List,
    /// Print every day of a year that is closed, with what closes it, and days with hours of their own. Needs no host.
    #[command(after_help = "Example: watchkeep calendar show office --year 2027")]
    Show {
        name: String,
        /// The year; this one if none is given.
        #[arg(long, value_parser = clap::value_parser!(i32).range(1..=9999))]
        year: Option<i32>,
    },
}

pub(crate) async fn answer(global: &Global, command: CalendarCommand) -> Result<ExitCode> {
    let (config, _, _) = validate::load_good(global).await?;
    match command {
        CalendarCommand::List => {
            let items = config.calendars.iter().map(|(name, closing)| {
                json!({ "name": name.as_str(), "time_zone": closing.calendar.zone().name() })
            });
            output::print_list(global, items.collect(), &["NAME", "TIME ZONE"], |item| {
                ["name", "time_zone"].map(|key| item[key].as_str().unwrap_or_default().to_owned()).to_vec()
            })
        }
        CalendarCommand::Show { name, year } => {
            let closing = find(&config, &name)?;
            let year = year.unwrap_or_else(|| Utc::now().with_timezone(&closing.calendar.zone()).year());
            show(global, &name, closing, year)
        }
    }
}

fn find<'c>(config: &'c Config, name: &str) -> Result<&'c Closing> {
    config.calendars.get(&CalendarName::from(name)).ok_or_else(|| {
        let known: Vec<&str> = config.calendars.keys().map(CalendarName::as_str).collect();
        match known[..] {
            [] => anyhow!("there is no calendar `{name}`; hint: give one as `[calendars.{name}]`"),
            _ => anyhow!("there is no calendar `{name}`; hint: there are `{}`", known.join("`, `")),
        }
    })
}

fn show(global: &Global, name: &str, closing: &Closing, year: i32) -> Result<ExitCode> {
    let days: Vec<Day> = of_year(year).filter_map(|date| Day::of(closing, date)).collect();
    if global.json {
        let days: Vec<Value> = days.iter().map(Day::as_json).collect();
        let zone = closing.calendar.zone().name();
        output::print_json(&json!({ "name": name, "time_zone": zone, "year": year, "days": days }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = days.iter().filter(|day| !day.is_of_the_week()).map(Day::row).collect();
    output::print(&output::table(&["DATE", "DAY", "HOURS", "BY"], &rows))?;
    output::remark(&of_the_week(&days, year));
    Ok(ExitCode::SUCCESS)
}

fn of_year(year: i32) -> impl Iterator<Item = NaiveDate> {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .into_iter()
        .flat_map(|first| first.iter_days())
        .take_while(move |day| day.year() == year)
}

/// Weekdays that are always closed, in one line: one by one they would fill the screen.
fn of_the_week(days: &[Day], year: i32) -> String {
    let closed = || days.iter().filter(|day| day.is_of_the_week()).map(|day| day.date);
    let mut weekdays: Vec<Weekday> = closed().map(|date| date.weekday()).collect();
    weekdays.sort_by_key(Weekday::num_days_from_monday);
    weekdays.dedup();
    if weekdays.is_empty() {
        return "no weekday is closed as such".to_owned();
    }
    let weekdays: Vec<String> = weekdays.iter().map(Weekday::to_string).collect();
    format!(
        "closed by `hours` on {}: {} in {year}",
        weekdays.join(", "),
        output::counted(closed().count(), "more day")
    )
}

/// A day that is closed, or has hours of its own.
struct Day {
    date: NaiveDate,
    hours: Vec<String>,
    by: By,
}

enum By {
    Weekday,
    /// It has hours that differ from those of its weekday.
    Exception,
    Closed(ClosedBy),
}

impl Day {
    /// `None` for a day like any other.
    fn of(closing: &Closing, date: NaiveDate) -> Option<Self> {
        let hours: Vec<String> = closing.calendar.hours_on(date).iter().map(ToString::to_string).collect();
        let by = match closing.closed_by.get(&date) {
            Some(by) => By::Closed(by.clone()),
            None if closing.calendar.has_exception(date) => By::Exception,
            None if hours.is_empty() => By::Weekday,
            None => return None,
        };
        Some(Self { date, hours, by })
    }
    fn is_of_the_week(&self) -> bool {
        matches!(self.by, By::Weekday)
    }
    fn said(&self) -> String {
        match &self.by {
            By::Weekday => "`hours`".to_owned(),
            By::Exception | By::Closed(ClosedBy::Exception) => "`exceptions`".to_owned(),
            By::Closed(ClosedBy::Holidays) => "`holidays`".to_owned(),
            By::Closed(ClosedBy::Event { file, holiday }) => match holiday.summary.as_str() {
                "" => format!("{file}, line {}", holiday.line),
                summary => format!("{summary} ({file}, line {})", holiday.line),
            },
        }
    }
    fn row(&self) -> Vec<String> {
        let hours = if self.hours.is_empty() { "closed".to_owned() } else { self.hours.join(", ") };
        vec![self.date.to_string(), self.date.weekday().to_string(), hours, self.said()]
    }
    fn as_json(&self) -> Value {
        json!({ "date": self.date.to_string(), "hours": self.hours, "by": self.said() })
    }
}
