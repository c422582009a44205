//! Which alerts a list shows and in which order, for the page and the API. Ten thousand may be open, so nothing here
//! copies an alert.

use std::cmp::Reverse;

use watchkeep_core::alert::{AlertRecord, Hold, Phase};
use watchkeep_core::ids::AlertId;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::notice::state_of;
use watchkeep_core::report::{Judgement, State};

use crate::api::json::{phase, severity};
use crate::api::query::Params;
use crate::explain::Hours;
use crate::filter::contains;
use crate::problem::Problem;

/// A filter for alerts. All the given conditions must hold; of several words of one kind, one is enough.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlertFilter {
    phases: Vec<String>,
    states: Vec<String>,
    severities: Vec<String>,
    held: Option<HeldFilter>,
    acknowledged: Option<bool>,
    matchers: Vec<Matcher>,
    check: Option<String>,
    /// Words in lower case, each of which must be in the key, the summary or a label.
    words: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum HeldFilter {
    No,
    Yes,
    For(Hold),
}

pub(crate) const HOLDS: [Hold; 6] = [
    Hold::Silenced,
    Hold::Maintenance,
    Hold::Dependency,
    Hold::Flapping,
    Hold::NotifyHours,
    Hold::HostOffline,
];
const PHASES: [&str; 3] = ["pending", "firing", "recovering"];
const STATES: [State; 3] = [State::Critical, State::Warning, State::Unknown];
const SEVERITIES: [&str; 3] = ["error", "warning", "info"];

impl AlertFilter {
    pub(crate) const PARAMETERS: [&str; 8] =
        ["phase", "state", "severity", "held", "acknowledged", "match", "check", "q"];

    pub(crate) fn read(params: &Params) -> Result<Self, Problem> {
        let matchers = params.all("match").map(Matcher::parse).collect::<Result<_, _>>();
        Ok(Self {
            phases: words(params, "phase", "phase", &PHASES)?,
            states: words(params, "state", "state", &STATES.map(State::as_str))?,
            severities: words(params, "severity", "severity", &SEVERITIES)?,
            held: params.one("held").map(held).transpose()?,
            acknowledged: match params.one("acknowledged") {
                None => None,
                Some(_) => Some(params.flag("acknowledged")?),
            },
            matchers: matchers.map_err(|error| Problem::invalid(error.to_string()))?,
            check: params.one("check").map(str::to_owned),
            words: params.one("q").unwrap_or("").split_whitespace().map(str::to_lowercase).collect(),
        })
    }

    /// Whether the filter shows an alert. What is cheap is checked first.
    pub(crate) fn shows(&self, alert: &AlertRecord, hours: &Hours) -> bool {
        let one_of =
            |words: &[String], word: &str| words.is_empty() || words.iter().any(|wanted| wanted == word);
        one_of(&self.phases, phase(alert.phase))
            && one_of(&self.states, state_of(&alert.key, alert.level).as_str())
            && one_of(&self.severities, severity(alert))
            && self.held.is_none_or(|held| match held {
                HeldFilter::No => hours.holds(alert).is_empty(),
                HeldFilter::Yes => !hours.holds(alert).is_empty(),
                HeldFilter::For(hold) => hours.holds(alert).contains(&hold),
            })
            && self.acknowledged.is_none_or(|wanted| alert.acknowledged.is_some() == wanted)
            && self
                .check
                .as_ref()
                .is_none_or(|name| alert.key.check().is_some_and(|check| check.as_str() == name))
            && self.matchers.iter().all(|matcher| matcher.matches(&alert.labels))
            && self.finds(alert)
    }

    fn finds(&self, alert: &AlertRecord) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let key = alert.key.to_string();
        self.words.iter().all(|word| {
            contains(&key, word)
                || contains(&alert.summary, word)
                || alert.labels.iter().any(|(_, value)| contains(value, word))
                || alert.assigned.as_ref().is_some_and(|given| contains(&given.to, word))
                || alert.acknowledged.as_ref().is_some_and(|taken| contains(&taken.by, word))
        })
    }
}

fn words(params: &Params, name: &str, what: &str, known: &[&str]) -> Result<Vec<String>, Problem> {
    let mut found = Vec::new();
    for word in params.all(name).flat_map(|words| words.split(',')) {
        if !known.contains(&word) {
            return Err(Problem::invalid(format!(
                "`{word}` is not a valid {what}; hint: there is `{}`",
                known.join("`, `")
            )));
        }
        found.push(word.to_owned());
    }
    Ok(found)
}

fn held(word: &str) -> Result<HeldFilter, Problem> {
    match word {
        "false" | "0" => Ok(HeldFilter::No),
        "true" | "1" => Ok(HeldFilter::Yes),
        word => HOLDS.into_iter().find(|hold| hold.as_str() == word).map(HeldFilter::For).ok_or_else(|| {
            Problem::invalid(format!(
                "`held` is `true`, `false` or a reason, not `{word}`; hint: there is `{}`",
                HOLDS.map(Hold::as_str).join("`, `")
            ))
        }),
    }
}

/// How a list of alerts is sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// What waits for somebody first: alerts that people were told about and that nobody has acknowledged. Then alerts
    /// that nobody was told about yet, acknowledged alerts, alerts that are held back, pending alerts. Within each of
    /// these the worst first, and of equal ones the newest.
    Worst,
    Newest,
    Oldest,
    Name,
}

impl Order {
    const ALL: [Order; 4] = [Order::Worst, Order::Newest, Order::Oldest, Order::Name];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Order::Worst => "worst",
            Order::Newest => "newest",
            Order::Oldest => "oldest",
            Order::Name => "name",
        }
    }
    pub(crate) fn read(params: &Params) -> Result<Self, Problem> {
        match params.one("sort") {
            None => Ok(Order::Worst),
            Some(word) => Order::ALL.into_iter().find(|order| order.as_str() == word).ok_or_else(|| {
                Problem::invalid(format!(
                    "`{word}` is not an order; hint: there is `{}`",
                    Order::ALL.map(Order::as_str).join("`, `")
                ))
            }),
        }
    }
    pub(crate) fn of(self, alert: &AlertRecord, hours: &Hours) -> Place {
        let since = alert.since.millis();
        let (rank, at, name) = match self {
            Order::Worst => (rank(alert, hours), since.saturating_neg(), String::new()),
            Order::Newest => (0, since.saturating_neg(), String::new()),
            Order::Oldest => (0, since, String::new()),
            Order::Name => (0, 0, alert.key.to_string()),
        };
        Place { rank, at, name, id: alert.id.clone() }
    }
    /// The cursor of a place. It contains the order, so that a cursor of another order is refused.
    pub(crate) fn cursor(self, place: &Place) -> String {
        format!("{}.{}.{}.{}.{}", self.as_str(), place.rank, place.at, place.id, place.name)
    }
    pub(crate) fn place(self, cursor: &str) -> Result<Place, Problem> {
        let mut parts = cursor.splitn(5, '.');
        let read = (|| {
            (parts.next()? == self.as_str()).then_some(())?;
            Some(Place {
                rank: parts.next()?.parse().ok()?,
                at: parts.next()?.parse().ok()?,
                id: AlertId::restore(parts.next()?),
                name: parts.next()?.to_owned(),
            })
        })();
        read.ok_or_else(|| Problem::invalid("`cursor` is not one that this host gave"))
    }
}

/// Where an alert is in a list. It is made from the alert's properties and is not a position, so that alerts which open
/// or close between two pages make nothing appear twice or be left out.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    rank: u8,
    at: i64,
    name: String,
    id: AlertId,
}

fn rank(alert: &AlertRecord, hours: &Hours) -> u8 {
    let waits = match alert.phase {
        Phase::Pending => 4,
        Phase::Firing { .. } | Phase::Recovering { .. } if hours.is_held(alert) => 3,
        Phase::Firing { .. } | Phase::Recovering { .. } if alert.acknowledged.is_some() => 2,
        // An attempt counts as told: an alert is no less urgent because its receiver could not be reached.
        Phase::Firing { .. } | Phase::Recovering { .. } => u8::from(alert.told.is_empty()),
    };
    let level = match alert.level {
        Judgement::Critical => 0,
        Judgement::Warning | Judgement::Ok => 1,
    };
    waits * 2 + level
}

/// The first `count` alerts in the order [`Order::Worst`], sorted.
pub(crate) fn worst<A: AsRef<AlertRecord>>(
    alerts: impl IntoIterator<Item = A>,
    count: usize,
    hours: &Hours,
) -> Vec<A> {
    let key = |alert: &A| {
        let alert = alert.as_ref();
        (rank(alert, hours), Reverse(alert.since.millis()), alert.id.clone())
    };
    let mut alerts: Vec<_> = alerts.into_iter().map(|alert| (key(&alert), alert)).collect();
    if alerts.len() > count && count > 0 {
        alerts.select_nth_unstable_by(count, |one, other| one.0.cmp(&other.0));
    }
    alerts.truncate(count);
    alerts.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    alerts.into_iter().map(|(_, alert)| alert).collect()
}
