//! Every decision has a named reason, stored and shown in a sentence (rule A12).

use std::fmt;
use std::time::Duration;

use crate::alert::Hold;
use crate::ids::{ReceiverName, RouteName};
use crate::report::Judgement;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Not enough judgements yet.
    BelowThreshold {
        seen: u32,
        needed: u32,
        of: u32,
    },
    Fired {
        level: Judgement,
    },
    /// Worse than what was told.
    Worsened {
        from: Judgement,
        to: Judgement,
    },
    /// Critical to warning: an update without paging.
    Eased {
        from: Judgement,
        to: Judgement,
    },
    HeldBack {
        hold: Hold,
    },
    Released {
        hold: Hold,
    },
    WaitsForGroup {
        route: RouteName,
        wait: Duration,
    },
    Told {
        receiver: ReceiverName,
        route: RouteName,
        notification: String,
    },
    Reminded {
        receiver: ReceiverName,
        route: RouteName,
    },
    Recovered {
        oks: u32,
    },
    /// Fired and resolved before any attempt: neither is sent (rule A4).
    NeverTold,
    ResolveOwed {
        receiver: ReceiverName,
    },
    NoRoute,
    NoReceiver {
        route: RouteName,
    },
    NotJudged {
        why: String,
    },
    CheckRemoved,
    /// Both waiting and never attempted: one combined notice (rule D4).
    Combined {
        receiver: ReceiverName,
    },
    Undeliverable {
        receiver: ReceiverName,
        error: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::BelowThreshold { seen, needed, of } => {
                write!(f, "not told yet: {seen} of the last {of} judgements are bad, {needed} are needed")
            }
            Reason::Fired { level } => write!(f, "firing: it is {}", level.state().as_str()),
            Reason::Worsened { from, to } => {
                write!(f, "told again: it went from {} to {}", from.state().as_str(), to.state().as_str())
            }
            Reason::Eased { from, to } => {
                write!(
                    f,
                    "updated quietly: it went from {} to {}",
                    from.state().as_str(),
                    to.state().as_str()
                )
            }
            Reason::HeldBack { hold } => write!(f, "held back: {}", hold.as_str()),
            Reason::Released { hold } => write!(f, "no longer held back: {}", hold.as_str()),
            Reason::WaitsForGroup { route, wait } => {
                write!(f, "route `{route}` waits {}s for others of its group", wait.as_secs_f64())
            }
            Reason::Told { receiver, route, notification } => {
                write!(f, "told `{receiver}` by route `{route}` (notification {notification})")
            }
            Reason::Reminded { receiver, route } => write!(f, "reminded `{receiver}` by route `{route}`"),
            Reason::Recovered { oks } => write!(f, "resolved after {oks} judgements of ok"),
            Reason::NeverTold => {
                f.write_str("resolved before anybody was told, so neither firing nor resolve was sent")
            }
            Reason::ResolveOwed { receiver } => {
                write!(f, "`{receiver}` was told, or may have been, so it is told of the resolve")
            }
            Reason::NoRoute => f.write_str("nobody told: no route is configured"),
            Reason::NoReceiver { route } => write!(f, "nobody told: route `{route}` names no receiver"),
            Reason::NotJudged { why } => write!(f, "not judged: {why}"),
            Reason::CheckRemoved => f.write_str("resolved: the check was removed from the config"),
            Reason::Combined { receiver } => {
                write!(f, "`{receiver}` gets one notice for firing and resolve, neither had been attempted")
            }
            Reason::Undeliverable { receiver, error } => write!(f, "given up on `{receiver}`: {error}"),
        }
    }
}
