//! The letters themselves, and when they go out.

use std::collections::BTreeMap;

use super::news::Item;
use super::{Pace, Shown, Told};
use crate::ids::{ReceiverName, StatusPageName, SubscriberId};
use crate::status_page::StatusPageSpec;
use crate::time::Mono;

/// The most items that one letter writes out.
const ITEMS_MAX: usize = 30;
/// The most characters of a subject.
const SUBJECT_CHARS_MAX: usize = 160;
/// The most characters of a letter's text.
const TEXT_CHARS_MAX: usize = 20_000;

/// One letter to several subscribers of a page, each of whom gets it alone.
#[derive(Clone, PartialEq, Debug)]
pub struct Letter {
    pub page: StatusPageName,
    /// The receiver by way of which it goes.
    pub receiver: ReceiverName,
    pub subject: Subject,
    pub title: String,
    pub text: String,
    /// The page. The link by which a subscriber agrees or leaves is written at the attempt: whoever has it may do both.
    pub link: String,
    pub to: Vec<SubscriberId>,
    /// What all subscribers know by it.
    pub told: Option<Told>,
}

/// What a letter is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    News,
    /// It asks whether the address is meant.
    Confirm,
}

/// What is to be done about a page now.
#[derive(Clone, PartialEq, Debug)]
pub enum Due {
    Nothing,
    /// Nobody is told, and this counts as told from now on.
    Keep(Told),
    /// Subscribers are told this.
    Tell {
        title: String,
        text: String,
        told: Told,
    },
}

/// Decides for each page when its subscribers are told what.
#[derive(Debug, Default)]
pub struct Newsroom {
    paces: BTreeMap<StatusPageName, Pace>,
}

impl Newsroom {
    /// What is to be done about a page that shows this, of which this was told, with so many subscribers.
    pub fn look(
        &mut self,
        page: &StatusPageSpec,
        told: Option<&Told>,
        shown: &Shown,
        subscribers: usize,
        now: Mono,
    ) -> Due {
        let after = Told::after(told, shown);
        let Some(before) = told else { return Due::Keep(after) };
        let news = before.news(shown);
        let pace = self.paces.entry(page.name.clone()).or_default();
        if news.is_empty() || subscribers == 0 {
            // What came and went before it was told is no news.
            pace.settled();
            return if after == *before { Due::Nothing } else { Due::Keep(after) };
        }
        pace.changed(now);
        if !pace.tell(now, page.letters_after) {
            return Due::Nothing;
        }
        Due::Tell { title: title(shown, &news), text: text(&news), told: after }
    }
}

fn title(shown: &Shown, news: &[Item]) -> String {
    let first = news.first().map_or("", |item| &item.short);
    let more = match news.len() {
        0 | 1 => String::new(),
        all => format!(", and {} more", all - 1),
    };
    cut(&format!("{}: {first}{more}", shown.title), SUBJECT_CHARS_MAX)
}

fn text(news: &[Item]) -> String {
    let mut parts: Vec<&str> = news.iter().take(ITEMS_MAX).map(|item| item.long.as_str()).collect();
    let rest = news.len().saturating_sub(ITEMS_MAX);
    let more = format!("And {rest} more; the page has them all.");
    parts.extend((rest > 0).then_some(more.as_str()));
    cut(&parts.join("\n\n"), TEXT_CHARS_MAX)
}

/// The letter that asks whether an address is meant.
pub fn confirm(title: &str) -> (String, String) {
    let text = format!(
        "Somebody, most likely you, asked that news of \"{title}\" be sent to this address. Nothing is sent before you agree: \
         open the link below, and press the button there.\n\nIf it was not you, do nothing. The address is forgotten within \
         a day."
    );
    (cut(&format!("{title}: confirm your address"), SUBJECT_CHARS_MAX), text)
}

/// The letter to somebody who asked, and has confirmed before.
pub fn already(title: &str) -> (String, String) {
    let text = format!(
        "Somebody, most likely you, asked that news of \"{title}\" be sent to this address. It is sent here already, and \
         nothing has changed."
    );
    (cut(&format!("{title}: you are subscribed"), SUBJECT_CHARS_MAX), text)
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::news::tests::shown;
    use super::*;
    use crate::status::PublicState;
    use crate::status_page::{Latencies, Shows};

    const WELL: (&str, PublicState) = ("Web", PublicState::Operational);
    const DOWN: (&str, PublicState) = ("Web", PublicState::Down);

    fn at(seconds: u64) -> Mono {
        Mono::default() + Duration::from_secs(seconds)
    }
    fn acme() -> StatusPageSpec {
        StatusPageSpec {
            name: "acme".into(),
            title: "Acme".into(),
            description: None,
            url: Some("https://status.example.com".into()),
            shows: Shows::Checks(Vec::new()),
            token: None,
            zone: chrono_tz::Tz::UTC,
            latencies: Latencies::Hidden,
            subscriptions: Some("letters".into()),
            letters_after: Duration::from_secs(120),
        }
    }
    fn known() -> Told {
        Told::after(None, &shown(&[WELL]))
    }

    #[test]
    fn what_lasts_is_told_after_two_minutes_and_what_came_and_went_is_not() {
        let (page, mut room, told) = (acme(), Newsroom::default(), known());
        let mut look = |shown: &Shown, seconds| room.look(&page, Some(&told), shown, 3, at(seconds));
        assert_eq!(look(&shown(&[DOWN]), 0), Due::Nothing);
        assert_eq!(look(&shown(&[DOWN]), 100), Due::Nothing);
        assert_eq!(look(&shown(&[WELL]), 110), Due::Nothing, "it is over");
        assert_eq!(look(&shown(&[DOWN]), 120), Due::Nothing, "it begins anew");
        assert_eq!(look(&shown(&[DOWN]), 120 + 120 - 1), Due::Nothing);
        let Due::Tell { title, text, told } = look(&shown(&[DOWN]), 120 + 120) else {
            panic!("it is due");
        };
        assert_eq!((title.as_str(), text.as_str()), ("Acme: Web is down", "Web is down."));
        assert_eq!(told, Told::after(None, &shown(&[DOWN])));
    }

    #[test]
    fn a_page_that_is_seen_first_or_has_no_subscriber_tells_nobody_and_remembers() {
        let (page, mut room) = (acme(), Newsroom::default());
        assert_eq!(room.look(&page, None, &shown(&[WELL]), 3, at(0)), Due::Keep(known()));
        let down = Told::after(None, &shown(&[DOWN]));
        assert_eq!(room.look(&page, Some(&known()), &shown(&[DOWN]), 0, at(1)), Due::Keep(down.clone()));
        assert_eq!(room.look(&page, Some(&down), &shown(&[DOWN]), 0, at(500)), Due::Nothing);
    }

    #[test]
    fn a_letter_about_much_names_the_first_and_is_bounded() {
        let many: Vec<String> = (0..100).map(|number| format!("Part {number}")).collect();
        let with = |state| shown(&many.iter().map(|title| (title.as_str(), state)).collect::<Vec<_>>());
        let told = Told::after(None, &with(PublicState::Operational));
        let news = told.news(&with(PublicState::Down));
        assert_eq!(title(&with(PublicState::Down), &news), "Acme: Part 0 is down, and 99 more");
        assert!(text(&news).ends_with("Part 29 is down.\n\nAnd 70 more; the page has them all."));
        let long = [Item { short: "é".repeat(500), long: "é".repeat(50_000) }];
        assert!(title(&shown(&[]), &long).chars().count() <= SUBJECT_CHARS_MAX + 1);
        assert!(text(&long).chars().count() <= TEXT_CHARS_MAX + 1);
    }
}
