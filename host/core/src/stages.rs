//! The way of an alert, in order: judge, tell, group, deliver, start. Each stage takes up what those before it left to do, and
//! leaves work only for those after it.

pub(crate) mod judge;
pub(crate) mod tell;

pub(crate) mod group;

pub(crate) mod deliver;

pub(crate) mod start;
