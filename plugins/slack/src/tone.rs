//! What the eye sees before it reads.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood};

pub(crate) struct Tone {
    pub(crate) emoji: &'static str,
    pub(crate) colour: &'static str,
}

impl Tone {
    pub(crate) fn of(notification: &Notification) -> Tone {
        let of_mood = |mood| match mood {
            Mood::Critical => Tone { emoji: ":red_circle:", colour: "#d92d20" },
            Mood::Warning => Tone { emoji: ":large_yellow_circle:", colour: "#f2a900" },
            Mood::Unknown | Mood::Ended => Tone { emoji: ":white_circle:", colour: "#8a8f98" },
            Mood::Resolved => Tone { emoji: ":large_green_circle:", colour: "#2e9e5b" },
        };
        match (&notification.event, notification.alerts.iter().map(wording::mood).max()) {
            (Some(event), _) => match event.severity {
                Severity::Info => Tone { emoji: ":information_source:", colour: "#3b7dd8" },
                Severity::Warning => of_mood(Mood::Warning),
                Severity::Error => of_mood(Mood::Critical),
            },
            (None, Some(worst)) => of_mood(worst),
            (None, None) => of_mood(Mood::Unknown),
        }
    }
}
