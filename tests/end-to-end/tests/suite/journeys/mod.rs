//! People's ways through the pages, in a real browser on a host with real checks: what they see, press and find. Each station
//! leaves its picture in `target/screenshots`.

mod examined;
mod fits;
mod held;
mod keyboard;
mod night;
mod stage;
mod trust;
