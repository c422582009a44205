//! Letters about a status page to those who asked for them: to which addresses, what is news, and how often. A letter says
//! what the page shows, and nothing else.

mod address;
mod letters;
mod news;
mod pace;
mod requests;
mod subscriber;

pub use address::{Address, BadAddress};
pub use letters::{Due, Letter, Newsroom, Subject, already, confirm};
pub use news::{Shown, Told};
pub use pace::{LETTERS_AN_HOUR_MAX, Pace};
pub use requests::{ADDRESS_REQUESTS_MAX, CLIENT_REQUESTS_MAX, REMEMBERED_MAX, Requests};
pub use subscriber::{
    Asked, CONFIRM_WITHIN, SUBSCRIBERS_MAX, Subscriber, SubscriberChange, Subscribers, UNCONFIRMED_MAX,
};
