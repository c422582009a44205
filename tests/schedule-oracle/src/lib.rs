//! What the core's cron is held against. Nothing here is built on the core's way of finding a start.
//!
//! `daemon` is a simulation of Debian's cron: it lives through every minute of a span of time, reads the clock
//! on the wall, and starts what is due. `expressions` is what is tried, `zones` where.

pub mod daemon;
pub mod expressions;
pub mod zones;
