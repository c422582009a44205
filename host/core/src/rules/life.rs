//! How judgements move the life of one alert (rule A3). Pure: a record and a judgement in, what became of it out.
//!
//! - A level fires when `needed` of the last `of` judgements are at it or worse.
//! - A pending alert calms as soon as none of its bad judgements can count any more. So a single ok ends a streak of "3
//!   of 3", while "3 of 5" allows two.
//! - A firing alert becomes critical by the same count. It eases to warning when that count no longer holds and the
//!   last `success` judgements were all below critical, so that the level does not flicker.
//! - `success` judgements of ok in a row resolve. A bad one before that continues the same life.
//! - If bad judgements follow each other sooner than a retry interval, only the last counts.

use std::collections::VecDeque;

use crate::model::alert::{AlertRecord, Phase};
use crate::model::setup::{CheckSpec, Threshold};
use crate::report::Judgement;
use crate::time::Wall;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    pub(crate) firing: Threshold,
    pub(crate) success: usize,
    pub(crate) calm: Calm,
}

/// Whether the subject flaps: then it fires at once, and does not resolve (rule A6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Calm {
    Steady,
    Flapping,
}

impl Thresholds {
    pub(crate) fn of(spec: &CheckSpec, calm: Calm) -> Self {
        Self { firing: spec.firing, success: spec.success_threshold.get() as usize, calm }
    }
    fn window(self) -> usize {
        self.firing.of().max(self.success)
    }
}

/// Whether a judgement adds to a streak, or comes too soon after another bad one and takes its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    Counts,
    TooSoon,
}

/// What one judgement did to a life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// Nothing changed that anybody is told of.
    Same,
    StillPending,
    Fired,
    Worsened {
        from: Judgement,
    },
    Eased {
        from: Judgement,
    },
    Recovering,
    /// The alert would have resolved if it did not flap.
    KeptByFlapping {
        first: bool,
    },
    Relapsed,
    /// A pending alert went back to ok.
    Calmed,
    Resolved,
}

/// Takes one judgement into an open record.
pub(crate) fn advance(
    record: &mut AlertRecord,
    judgement: Judgement,
    thresholds: Thresholds,
    pace: Pace,
    at: Wall,
) -> Progress {
    if pace == Pace::TooSoon {
        record.judgements.pop_back();
    }
    record.judgements.push_back(judgement);
    while record.judgements.len() > thresholds.window() {
        record.judgements.pop_front();
    }
    match record.phase {
        Phase::Pending => pending(record, judgement, thresholds, at),
        Phase::Firing { since } => match judgement {
            Judgement::Ok => recover(record, since, 0, thresholds),
            Judgement::Warning | Judgement::Critical => relevel(record, thresholds),
        },
        Phase::Recovering { fired, oks } => match judgement {
            Judgement::Ok => recover(record, fired, oks, thresholds),
            Judgement::Warning | Judgement::Critical => {
                record.phase = Phase::Firing { since: fired };
                match relevel(record, thresholds) {
                    Progress::Same => Progress::Relapsed,
                    other => other,
                }
            }
        },
    }
}

/// Forgets the judgements so far, as at the opening of run hours (rule S2): streaks start anew, the alert stays.
pub(crate) fn start_anew(record: &mut AlertRecord) {
    record.judgements.clear();
    if let Phase::Recovering { fired, .. } = record.phase {
        record.phase = Phase::Firing { since: fired };
    }
}

fn pending(record: &mut AlertRecord, judgement: Judgement, thresholds: Thresholds, at: Wall) -> Progress {
    let firing = thresholds.firing;
    if judgement != Judgement::Ok {
        record.level = judgement;
    }
    let flaps = (thresholds.calm == Calm::Flapping).then_some(record.level);
    if let Some(level) = reached(&record.judgements, firing).or(flaps) {
        record.level = level;
        record.phase = Phase::Firing { since: at };
        return Progress::Fired;
    }
    drop_hopeless(&mut record.judgements, firing);
    if record.judgements.is_empty() { Progress::Calmed } else { Progress::StillPending }
}

/// One more judgement of ok, after `before` of them.
fn recover(record: &mut AlertRecord, fired: Wall, before: u32, thresholds: Thresholds) -> Progress {
    let oks = before.saturating_add(1);
    let enough = oks as usize >= thresholds.success;
    match thresholds.calm {
        Calm::Steady if enough => return Progress::Resolved,
        Calm::Steady | Calm::Flapping => {}
    }
    record.phase = Phase::Recovering { fired, oks };
    if enough { Progress::KeptByFlapping { first: before == 0 } } else { Progress::Recovering }
}

fn relevel(record: &mut AlertRecord, thresholds: Thresholds) -> Progress {
    let from = record.level;
    let critical = holds(&record.judgements, Judgement::Critical, thresholds.firing);
    if critical && from < Judgement::Critical {
        record.level = Judgement::Critical;
        record.previous = Some(from);
        return Progress::Worsened { from };
    }
    let below = record.judgements.iter().rev().take_while(|judgement| **judgement < from).count();
    if !critical && from == Judgement::Critical && below >= thresholds.success {
        record.level = Judgement::Warning;
        record.previous = Some(from);
        return Progress::Eased { from };
    }
    Progress::Same
}

fn reached(judgements: &VecDeque<Judgement>, firing: Threshold) -> Option<Judgement> {
    [Judgement::Critical, Judgement::Warning].into_iter().find(|level| holds(judgements, *level, firing))
}

fn holds(judgements: &VecDeque<Judgement>, level: Judgement, firing: Threshold) -> bool {
    judgements.iter().rev().take(firing.of()).filter(|judgement| **judgement >= level).count()
        >= firing.needed()
}

/// Drops judgements from the front that can no longer be part of a window that fires. Such a window has at most `of -
/// needed` judgements of ok, and never needs to begin with one.
fn drop_hopeless(judgements: &mut VecDeque<Judgement>, firing: Threshold) {
    let forgiven = firing.of() - firing.needed();
    let is_ok = |judgement: &&Judgement| **judgement == Judgement::Ok;
    while judgements.iter().filter(is_ok).count() > forgiven
        || judgements.front().is_some_and(|first| *first == Judgement::Ok)
        || judgements.len() >= firing.of()
    {
        judgements.pop_front();
    }
}
