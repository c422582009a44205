//! Who asked for letters of status pages, and what they have been told.

use serde::{Deserialize, Serialize};
use watchkeep_core::ids::{StatusPageName, SubscriberId};
use watchkeep_core::status::PublicState;
use watchkeep_core::subscription::{Address, Subscriber, Told};
use watchkeep_core::time::Wall;

use super::Row;
use super::enums::PublicStateRow;
use crate::error::ReadError;

#[derive(Serialize, Deserialize)]
pub(crate) struct SubscriberRow<'a> {
    id: &'a str,
    page: &'a str,
    address: &'a str,
    asked_at: i64,
    confirmed_at: Option<i64>,
}

impl Row for SubscriberRow<'_> {
    const TABLE: &'static str = "subscribers";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a Subscriber> for SubscriberRow<'a> {
    fn from(subscriber: &'a Subscriber) -> Self {
        let Subscriber { id, page, address, asked_at, confirmed_at } = subscriber;
        Self {
            id: id.as_str(),
            page: page.as_str(),
            address: address.as_str(),
            asked_at: asked_at.millis(),
            confirmed_at: confirmed_at.map(Wall::millis),
        }
    }
}
impl TryFrom<SubscriberRow<'_>> for Subscriber {
    type Error = ReadError;

    fn try_from(row: SubscriberRow<'_>) -> Result<Self, ReadError> {
        Ok(Subscriber {
            id: SubscriberId::new(row.id),
            page: StatusPageName::new(row.page),
            address: Address::parse(row.address).map_err(|error| ReadError::BadRow {
                table: SubscriberRow::TABLE,
                detail: error.to_string(),
            })?,
            asked_at: Wall::from_millis(row.asked_at),
            confirmed_at: row.confirmed_at.map(Wall::from_millis),
        })
    }
}

/// What the subscribers of a page have been told.
#[derive(Serialize, Deserialize)]
pub(crate) struct ToldRow<'a> {
    #[serde(borrow)]
    components: Vec<(&'a str, PublicStateRow)>,
    notes_until: Option<i64>,
    #[serde(borrow)]
    announced: Vec<&'a str>,
}

impl Row for ToldRow<'_> {
    const TABLE: &'static str = "told_subscribers";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a Told> for ToldRow<'a> {
    fn from(told: &'a Told) -> Self {
        let Told { components, notes_until, announced } = told;
        Self {
            components: components.iter().map(|(title, state)| (title.as_str(), (*state).into())).collect(),
            notes_until: notes_until.map(Wall::millis),
            announced: announced.iter().map(String::as_str).collect(),
        }
    }
}
impl From<ToldRow<'_>> for Told {
    fn from(row: ToldRow<'_>) -> Self {
        let component = |(title, state): (&str, PublicStateRow)| (title.to_owned(), PublicState::from(state));
        Told {
            components: row.components.into_iter().map(component).collect(),
            notes_until: row.notes_until.map(Wall::from_millis),
            announced: row.announced.into_iter().map(str::to_owned).collect(),
        }
    }
}
