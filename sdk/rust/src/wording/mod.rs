//! Words for people who are woken at night: what broke, since when, how bad it is, the value against its threshold, why
//! they are told. The text is plain; each notifier formats it for its service.

mod alert;
mod link;
mod measure;
mod title;
mod when;

pub use alert::{Mood, facts, last_good, location, measured, mood, now_is, since, tags, whose};
pub use link::{is_page, link_of};
pub use measure::value;
pub use title::title;
pub use when::{date_and_time, from_rfc3339, rfc3339, span, time};
