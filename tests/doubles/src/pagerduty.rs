//! PagerDuty's Events API v2.

use std::time::Duration;

use crate::{Double, Reply, Request};

#[derive(Debug, Default)]
pub struct PagerDuty {}

impl Double for PagerDuty {
    fn answer(&mut self, _: &Request, _: Duration, _: &str) -> Reply {
        Reply::text(404, "")
    }
}
