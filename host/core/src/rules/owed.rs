//! What a receiver is owed of one alert now (rules A3, A5, A6, R2): nothing, news or a reminder. Receivers that are
//! told of each alert alone, members of groups and fallbacks all use the same function, so that they do not differ by
//! accident. Where they do differ is stated in `Known`.

use std::time::Duration;

use crate::model::alert::{AlertRecord, Told};
use crate::model::clock::Elapsed;
use crate::model::delivery::AlertNotice;
use crate::model::keys::AlertKey;
use crate::reason::Reason;
use crate::report::Judgement;
use crate::rules::holds::HoldEffect;
use crate::time::Mono;

/// What a receiver was told of an alert, or what waits to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    pub(crate) level: Judgement,
    pub(crate) flapping: bool,
}

/// Which changes of level are news to a receiver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hears {
    /// Only what is worse than it was told: for pagers and tickets.
    Worse,
    /// Whatever differs from what it was told: for what people read.
    Changes,
}

/// What is known about one receiver and one alert.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) told: Option<Said>,
    pub(crate) waits: Option<Said>,
    pub(crate) hears: Hears,
    /// How the alert's notices are held back.
    pub(crate) held: HoldEffect,
    pub(crate) reminder: Reminder,
}

/// When a receiver is reminded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reminder {
    Never,
    At(Mono),
    /// At that moment; but a notice is on its way to the receiver that will set the time of the next reminder, so it is
    /// looked at again then.
    Behind {
        at: Mono,
        again: Mono,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Owed {
    /// Nothing, until something changes or that moment comes.
    Nothing {
        until: Option<Mono>,
    },
    News(Reason),
    Reminder,
}

impl Said {
    pub(crate) fn of(record: &AlertRecord) -> Self {
        Self { level: record.level, flapping: record.flaps.is_flapping() }
    }
    pub(crate) fn told(told: &Told) -> Self {
        Self { level: told.level, flapping: told.flapping }
    }
    /// What all of these notices say together, in the order in which they will be told.
    pub(crate) fn by<'a>(notices: impl Iterator<Item = &'a AlertNotice>) -> Option<Self> {
        let each = notices.filter_map(|it| Some(Said { level: it.told_level()?, flapping: it.flapping }));
        each.reduce(|all, next| Said { level: all.level.max(next.level), flapping: next.flapping })
    }
}

/// What the receiver is owed of an alert that people are to be told of (`AlertRecord::is_told`).
pub(crate) fn owed(record: &AlertRecord, known: &Known, now: Mono) -> Owed {
    let quiet = match known.held {
        HoldEffect::No => false,
        // Whoever was told that it flaps is told nothing more until that ends.
        HoldEffect::ByFlapping => known.told.is_some_and(|told| told.flapping),
        HoldEffect::Yes => true,
    };
    if quiet {
        return Owed::Nothing { until: None };
    }
    if is_news(Said::of(record), known) {
        return Owed::News(why(record, known.told));
    }
    if record.acknowledged.is_some() {
        return Owed::Nothing { until: None };
    }
    match known.reminder {
        Reminder::Never => Owed::Nothing { until: None },
        Reminder::At(at) | Reminder::Behind { at, .. } if at > now => Owed::Nothing { until: Some(at) },
        Reminder::At(_) => Owed::Reminder,
        Reminder::Behind { again, .. } => Owed::Nothing { until: Some(again) },
    }
}

fn is_news(now: Said, known: &Known) -> bool {
    let Some(last) = known.waits.or(known.told) else { return true };
    let level = match known.hears {
        Hears::Changes => last.level != now.level,
        Hears::Worse => last.level.max(known.told.map_or(last.level, |told| told.level)) < now.level,
    };
    level || last.flapping != now.flapping
}

/// Why a receiver is told now, given what it was told before.
pub(crate) fn why(record: &AlertRecord, told: Option<Said>) -> Reason {
    let to = record.level;
    match told {
        None if record.flaps.is_flapping() => why_flapping(record),
        None => match &record.key {
            AlertKey::NotJudged(_) | AlertKey::Plugin(_) => Reason::NotJudged { why: record.summary.clone() },
            AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Host(_) => Reason::Fired { level: to },
        },
        Some(told) if told.flapping != record.flaps.is_flapping() => why_flapping(record),
        Some(told) if told.level > to => Reason::Eased { from: told.level, to },
        Some(told) => Reason::Worsened { from: told.level, to },
    }
}

/// The reason for telling that flapping began or ended.
fn why_flapping(record: &AlertRecord) -> Reason {
    let percent = record.flaps.percent();
    if record.flaps.is_flapping() {
        Reason::Flaps { percent, changes: record.flaps.changes() }
    } else {
        Reason::Steady { percent }
    }
}

/// When a receiver that was last told at `since` is reminded of the alert, if ever.
pub(crate) fn reminder_at(key: &AlertKey, since: Option<Elapsed>, repeat: Duration) -> Option<Mono> {
    since.filter(|_| is_reminded_of(key) && !repeat.is_zero()).map(|since| since.reaches(repeat))
}

/// Whether people are reminded of such an alert: "not judged" is told once (rule A2).
pub(crate) fn is_reminded_of(key: &AlertKey) -> bool {
    match key {
        AlertKey::NotJudged(_) => false,
        AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Plugin(_) | AlertKey::Host(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::{AlertId, CheckName};
    use crate::labels::Labels;
    use crate::model::alert::{Begins, Phase};
    use crate::time::Wall;

    const NOW: Mono = Mono::from_nanos(1_000_000_000);

    fn firing(level: Judgement) -> AlertRecord {
        let key = AlertKey::Check(CheckName::from("shop"));
        let begins = Begins {
            id: AlertId::derive("shop", Wall::from_millis(0)),
            phase: Phase::Firing { since: Wall::from_millis(0) },
            level,
            since: Wall::from_millis(0),
            summary: String::new(),
            report: None,
            labels: Labels::default(),
            last_good: None,
        };
        AlertRecord::new(key, begins)
    }
    fn level() -> impl Strategy<Value = Judgement> {
        prop::sample::select(vec![Judgement::Warning, Judgement::Critical])
    }
    fn said() -> impl Strategy<Value = Option<Said>> {
        prop::option::of((level(), any::<bool>()).prop_map(|(level, flapping)| Said { level, flapping }))
    }
    fn held() -> impl Strategy<Value = HoldEffect> {
        prop::sample::select(vec![HoldEffect::No, HoldEffect::ByFlapping, HoldEffect::Yes])
    }
    fn hears() -> impl Strategy<Value = Hears> {
        prop::sample::select(vec![Hears::Worse, Hears::Changes])
    }
    fn reminder() -> impl Strategy<Value = Reminder> {
        let at = |seconds: u64| Mono::from_nanos(seconds * 1_000_000_000);
        prop::sample::select(vec![
            Reminder::Never,
            Reminder::At(at(0)),
            Reminder::At(at(2)),
            Reminder::Behind { at: at(0), again: at(3) },
            Reminder::Behind { at: at(2), again: at(3) },
        ])
    }
    fn known() -> impl Strategy<Value = Known> {
        let all = (said(), said(), hears(), held(), reminder());
        all.prop_map(|(told, waits, hears, held, reminder)| Known { told, waits, hears, held, reminder })
    }

    proptest! {
        #[test]
        fn nothing_is_owed_while_all_is_held_back(known in known(), level in level()) {
            let known = Known { held: HoldEffect::Yes, ..known };
            prop_assert_eq!(owed(&firing(level), &known, NOW), Owed::Nothing { until: None });
        }

        /// A receiver that knows nothing and from which nothing is held back is told, whatever else holds.
        #[test]
        fn who_knows_nothing_is_owed_news(known in known(), level in level()) {
            let known = Known { told: None, waits: None, held: HoldEffect::No, ..known };
            prop_assert_eq!(owed(&firing(level), &known, NOW), Owed::News(Reason::Fired { level }));
        }

        /// An alert that was told as it is now, or waits to be told so, is never news again.
        #[test]
        fn what_is_known_as_it_is_is_no_news(known in known(), level in level(), waits in any::<bool>()) {
            let record = firing(level);
            let known = match waits {
                true => Known { waits: Some(Said::of(&record)), ..known },
                false => Known { told: Some(Said::of(&record)), waits: None, ..known },
            };
            prop_assert!(!matches!(owed(&record, &known, NOW), Owed::News(_)));
        }

        /// A pager is told when an alert is worse than it was told or begins to flap, and never when it is better; chat
        /// and mail are told of both.
        #[test]
        fn what_is_better_is_news_to_readers_alone(known in known()) {
            let better = Said { level: Judgement::Critical, flapping: false };
            let known = Known { told: Some(better), waits: None, held: HoldEffect::No, ..known };
            let is_news = matches!(owed(&firing(Judgement::Warning), &known, NOW), Owed::News(_));
            prop_assert_eq!(is_news, known.hears == Hears::Changes);
        }

        /// Nobody is reminded of an alert that somebody has taken, nor sooner than a reminder is due, nor while a
        /// notice is on its way.
        #[test]
        fn reminders_come_when_they_are_due(known in known(), level in level(), taken in any::<bool>()) {
            let mut record = firing(level);
            if taken {
                record.acknowledged = Some(crate::model::alert::Acknowledgement {
                    by: "anna".to_owned(),
                    at: Wall::from_millis(0),
                    comment: String::new(),
                    until: None,
                    lasting: crate::model::alert::Lasting::Sticky,
                });
            }
            let known = Known { told: Some(Said::of(&record)), waits: None, held: HoldEffect::No, ..known };
            let expected = match known.reminder {
                _ if taken => Owed::Nothing { until: None },
                Reminder::Never => Owed::Nothing { until: None },
                Reminder::At(at) if at <= NOW => Owed::Reminder,
                Reminder::Behind { at, again } if at <= NOW => Owed::Nothing { until: Some(again) },
                Reminder::At(at) | Reminder::Behind { at, .. } => Owed::Nothing { until: Some(at) },
            };
            prop_assert_eq!(owed(&record, &known, NOW), expected);
        }
    }
}
