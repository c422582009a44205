//! The rules, each a pure function over records: what is so, and what follows. They change nothing but what they are handed.

pub(crate) mod backoff;
pub(crate) mod ends;
pub(crate) mod grid;
pub(crate) mod holds;
pub mod hours;
pub(crate) mod lanes;
pub(crate) mod life;
pub mod notice;
pub(crate) mod owed;
pub(crate) mod parents;
pub mod route;
pub(crate) mod view;
pub(crate) mod windows;
