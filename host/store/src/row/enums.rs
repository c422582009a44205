//! Enums without data, as rows. The order of variants is the format: append only.

/// Defines the row's enum and both conversions, with exhaustive matches in both directions.
macro_rules! plain_enum {
    ($row:ident is $core:path { $($variant:ident),+ $(,)? }) => {
        #[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
        pub(super) enum $row { $($variant),+ }

        impl From<$core> for $row {
            fn from(value: $core) -> Self {
                match value { $(<$core>::$variant => $row::$variant),+ }
            }
        }
        impl From<$row> for $core {
            fn from(value: $row) -> Self {
                match value { $($row::$variant => <$core>::$variant),+ }
            }
        }
    };
}

use watchkeep_core::alert::{Hold, HostProblem, Lasting};
use watchkeep_core::commit::TransitionKind;
use watchkeep_core::delivery::{Fallback, NotificationKind};
use watchkeep_core::outcome::{FailureReason, Stage};
use watchkeep_core::recovery::{Helped, Mode, Origin};
use watchkeep_core::report::{Judgement, Severity, State};
use watchkeep_core::setup::{Absent, Grouping};
use watchkeep_core::status::PublicState;
use watchkeep_core::window::WindowKind;

plain_enum!(StateRow is State { Ok, Warning, Critical, Unknown });
plain_enum!(JudgementRow is Judgement { Ok, Warning, Critical });
plain_enum!(SeverityRow is Severity { Info, Warning, Error });
plain_enum!(FailureReasonRow is FailureReason {
    Trap, CpuTime, WallTime, Memory, Limit, Denied, Config, Inconclusive, Fault, InvalidReport, NoPlugin, Host,
});
plain_enum!(StageRow is Stage { Load, Instantiate, Call, Report });
plain_enum!(HoldRow is Hold { Silenced, Maintenance, Dependency, Flapping, NotifyHours, HostOffline });
plain_enum!(TransitionKindRow is TransitionKind {
    Pending, Firing, LevelChanged, Recovering, Resolved, Calmed, Removed, Flapping, Steady,
});
plain_enum!(NotificationKindRow is NotificationKind {
    Firing, Reminder, Resolved, Acknowledged, Escalated, HandedOver, Event, Test,
});
plain_enum!(GroupingRow is Grouping { PerGroup, PerAlert });
plain_enum!(HostProblemRow is HostProblem { Offline, Scheduler, Store, Outbox, Space });
plain_enum!(LastingRow is Lasting { UntilWorse, Sticky });
plain_enum!(FallbackRow is Fallback { NotAsked, Told, IsOne });
plain_enum!(AbsentRow is Absent { Keep, Resolve, Critical });
plain_enum!(WindowKindRow is WindowKind { Silence, Maintenance });
plain_enum!(NoteStageRow is watchkeep_core::note::Stage { Investigating, Identified, Monitoring, Resolved });
plain_enum!(PublicStateRow is PublicState { Down, Degraded, Maintenance, Unknown, Operational });
plain_enum!(ModeRow is Mode { Act, DryRun });
plain_enum!(OriginRow is Origin { Check, Person });
plain_enum!(HelpedRow is Helped { NotYetKnown, Yes, No });
