//! Roll-ups: what the results of a check said in five minutes, an hour and a day, for each of its metrics. They are made
//! when packs are merged, from results that are in no roll-up yet, in the same transaction: each result is in them once.

mod gather;
mod periods;
mod table;

pub(crate) use gather::{Gathered, gather};
pub(crate) use table::{add, read, resolution_byte, series_of, stretch_of};
