//! What the pages and the API show. Published by `step`, kept by `daemon`, read by `web`.

use std::sync::Arc;
use std::time::Duration;

use crate::ids::{CheckName, WindowId};
use crate::model::alert::AlertRecord;
use crate::model::commit::ResultRow;
use crate::model::delivery::{DeliveryRecord, Ended};
use crate::model::group::GroupRecord;
use crate::model::keys::GroupKey;
use crate::model::recovery::ActionRecord;
use crate::model::setup::CheckSpec;
use crate::model::window::Window;
use crate::report::State;
use crate::time::Wall;

#[derive(Clone, PartialEq, Debug)]
pub enum Update {
    Check(CheckView),
    CheckRemoved(CheckName),
    /// An alert was opened or changed. `Closed` says that it is no longer open.
    Alert(Arc<AlertRecord>),
    AlertClosed(crate::model::keys::AlertKey),
    /// A silence or maintenance window, also one from the config.
    Window(Arc<Window>),
    WindowRemoved(WindowId),
    /// An open group.
    Group(Arc<GroupRecord>),
    GroupClosed(GroupKey),
    Delivery(Arc<DeliveryRecord>),
    Action(Arc<ActionRecord>),
    DeliveryEnded {
        delivery: Arc<DeliveryRecord>,
        ended: Ended,
    },
}

/// One check as it is now.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckView {
    pub spec: Arc<CheckSpec>,
    /// `Unknown` before the first run.
    pub state: State,
    /// Since when the check has had that state; `None` before the first run.
    pub since: Option<Wall>,
    pub last: Option<Arc<ResultRow>>,
    pub next_run: Option<Wall>,
    pub status: CheckStatus,
    pub skipped: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckStatus {
    Active,
    Running {
        since: Wall,
    },
    /// Paused by an operator, or disabled in the config.
    Paused,
    /// Outside its run hours.
    Closed,
    /// Its plugin is gone or not loaded.
    NoPlugin,
}

impl CheckView {
    /// How long the last run took.
    pub fn latency(&self) -> Option<Duration> {
        self.last.as_ref().map(|row| row.took)
    }
}
