//! `use watchkeep_sdk::prelude::*;`

pub use std::time::Duration;

pub use crate::config::{Config, Secret};
pub use crate::{
    Alert, Attachment, Complaints, DeliveryError, Effect, Event, Fault, Finding, Label, Metric, Notification,
    NotificationKind, Occasion, Range, Report, Run, Severity, State, Step, Stop, Unable, Verdict, action,
    check, clock, commands, dns, files, http, icmp, kv, log, net, notifier, random, secrets, snapshots,
    system,
};
pub use watchkeep_sdk_macros::Config;
