//! The rules: pure functions over records that say what holds, and what follows from it. They change nothing but what
//! they are given.

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
pub(crate) mod recovery;
pub mod replies;
pub mod route;
pub mod tried;
pub(crate) mod view;
pub(crate) mod windows;
