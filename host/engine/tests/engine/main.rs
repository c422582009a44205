//! Real guests in the real engine: what loads, how calls end, what they may reach.

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod delivering;
mod loading;
mod programs;
