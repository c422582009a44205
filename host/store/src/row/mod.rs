//! Rows: this crate's own forms of the core's records. A row is one version byte, then postcard. The order of
//! fields and of enum variants is the format: append variants at the end, and give a row whose fields change
//! the next version (docs/format.md says how).

mod convert;
mod enums;

mod report;

mod access;
mod action;
mod alert;
mod audit_log;
mod delivery;
mod event;
mod generation;
mod group;
mod handling;
mod heartbeat;
mod history;
mod kv;
mod latest;
mod mark;
mod marker;
mod note;
mod notice;
mod reason;
mod result;
mod snapshot;
mod subscriber;
mod window;

use serde::{Deserialize, Serialize};

pub(crate) use access::{SessionRow, TokenRow, UserRow};
pub(crate) use action::ActionRow;
pub(crate) use alert::{AlertRow, alert_key};
pub(crate) use audit_log::AuditRow;
pub(crate) use delivery::{DeliveryRow, EndedDeliveryRow, ended_at};
pub(crate) use event::KnownEventRow;
pub(crate) use generation::GenerationRowV1;
pub(crate) use group::{GroupRow, group_key};
pub(crate) use heartbeat::{HeartbeatRow, heartbeat};
pub(crate) use history::{DecisionRow, TransitionRow};
pub(crate) use kv::{KvRow, scope_key};
pub(crate) use latest::{LatestEntry, LatestRow};
pub(crate) use mark::MarkRow;
pub(crate) use marker::MarkerRow;
pub(crate) use note::NoteRow;
pub(crate) use report::{FINDING, OutcomeRow};
pub(crate) use result::{ResultHead, ResultRowV1};
pub(crate) use snapshot::{PlaceRow, ReferenceRow, SnapshotRow};
pub(crate) use subscriber::{SubscriberRow, ToldRow};
pub(crate) use window::{WindowRow, window};

use crate::error::ReadError;

/// A row's table and the version that this crate writes.
pub(crate) trait Row {
    const TABLE: &'static str;
    const VERSION: u8;
}

pub(crate) fn encode<R: Row + Serialize>(row: &R) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(160);
    bytes.push(R::VERSION);
    postcard::to_extend(row, bytes).expect("rows are made of types that postcard writes, into memory")
}

pub(crate) fn decode<'a, R: Row + Deserialize<'a>>(bytes: &'a [u8]) -> Result<R, ReadError> {
    let body = body::<R>(bytes)?;
    let (row, rest) = postcard::take_from_bytes(body).map_err(|error| damaged::<R>(&error.to_string()))?;
    if rest.is_empty() { Ok(row) } else { Err(damaged::<R>("bytes follow the row")) }
}

/// What follows the version byte; an error if this crate does not know the version.
pub(crate) fn body<R: Row>(bytes: &[u8]) -> Result<&[u8], ReadError> {
    match bytes.split_first() {
        Some((&version, body)) if version == R::VERSION => Ok(body),
        Some((&found, _)) => Err(ReadError::UnknownRow { table: R::TABLE, found, known: R::VERSION }),
        None => Err(damaged::<R>("it is empty")),
    }
}

pub(crate) fn damaged<R: Row>(detail: &str) -> ReadError {
    ReadError::BadRow { table: R::TABLE, detail: detail.to_owned() }
}

#[cfg(test)]
mod identity;
#[cfg(test)]
pub(crate) mod strategies;
