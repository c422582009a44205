//! The way of an alert through the core, in order: judge, act, tell, group, deliver, start. Each stage does what earlier
//! stages left to do, and leaves work only for later ones.

pub(crate) mod judge;

pub(crate) mod act;

pub(crate) mod tell;

pub(crate) mod group;

pub(crate) mod deliver;

pub(crate) mod start;
