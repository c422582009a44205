//! A record of the core that was written and read is the same record, whatever is in it; and what is not a row of a
//! known version is refused.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde::{Deserialize, Serialize};
use watchkeep_core::access::{AccessChange, Session};
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::commit::{Change, Decision, GenerationRow, KvWrite, PluginDecision, Transition};
use watchkeep_core::delivery::DeliveryRecord;
use watchkeep_core::heartbeat::HeartbeatRecord;
use watchkeep_core::marker::{Marker, MarkerChange};
use watchkeep_core::note::{Note, NoteChange};
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::subscription::{SubscriberChange, Told};
use watchkeep_core::time::Wall;

use super::*;

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        strategies::result().prop_map(Change::Result),
        strategies::transition().prop_map(Change::Transition),
        strategies::alert().prop_map(|alert| Change::PutAlert(Arc::new(alert))),
        strategies::alert().prop_map(|alert| Change::RemoveAlert(alert.key)),
        strategies::group().prop_map(Change::PutGroup),
        strategies::group().prop_map(|group| Change::RemoveGroup(group.key)),
        strategies::delivery().prop_map(Change::PutDelivery),
        (any::<u64>(), strategies::ended())
            .prop_map(|(id, ended)| Change::EndDelivery { id: watchkeep_core::ids::DeliveryId(id), ended }),
        (strategies::text(), any::<bool>())
            .prop_map(|(check, paused)| Change::PutPaused { check: check.as_str().into(), paused }),
        strategies::accepted().prop_map(Change::AcceptSnapshot),
        strategies::decision().prop_map(Change::Decision),
        strategies::kv_write().prop_map(Change::Kv),
        strategies::window().prop_map(Change::PutWindow),
        strategies::window().prop_map(|window| Change::RemoveWindow(window.id)),
        (strategies::check(), strategies::heartbeat())
            .prop_map(|(check, record)| Change::PutHeartbeat { check, record }),
        strategies::check().prop_map(Change::RemoveHeartbeat),
        (strategies::check(), vec(strategies::text(), 0..4), strategies::wall())
            .prop_map(|(check, ids, at)| Change::KnowEvents { check, ids, at }),
        (strategies::check(), strategies::forgotten())
            .prop_map(|(check, ids)| Change::ForgetEvents { check, ids }),
        strategies::action().prop_map(|action| Change::PutAction(Arc::new(action))),
        strategies::access().prop_map(Change::Access),
        strategies::note().prop_map(Change::Note),
        strategies::marker().prop_map(Change::Marker),
        strategies::subscriber().prop_map(Change::Subscriber),
        strategies::audit_entry().prop_map(|entry| Change::Audit(Box::new(entry))),
    ]
}

/// Writes a value, reads it, and converts it back.
macro_rules! again {
    ($row:ident, $core:ty, $value:expr) => {
        <$core>::from(decode::<$row<'_>>(&encode(&$row::from($value))).unwrap())
    };
}

/// What the file would return for a change. Changes that only name a row are compared by its key.
fn through_rows(change: &Change) -> Change {
    match change {
        Change::Result(result) => {
            let bytes = encode(&ResultRowV1::new(result, 7));
            assert_eq!(ResultHead::read(&bytes).unwrap().check, 7);
            let row = decode::<ResultRowV1<'_>>(&bytes).unwrap();
            Change::Result(row.into_core(result.run.check.clone()))
        }
        Change::Transition(transition) => Change::Transition(again!(TransitionRow, Transition, transition)),
        Change::PutAlert(record) => {
            Change::PutAlert(Arc::new(AlertRow::read(&encode(&AlertRow::from(&**record))).unwrap()))
        }
        Change::RemoveAlert(key) => Change::RemoveAlert(
            postcard::from_bytes::<alert::AlertKeyRow<'_>>(&alert_key(key)).unwrap().into(),
        ),
        Change::PutGroup(record) => {
            Change::PutGroup(GroupRow::read(&encode(&GroupRow::from(record))).unwrap())
        }
        Change::RemoveGroup(key) => Change::RemoveGroup(
            postcard::from_bytes::<group::GroupKeyRow<'_>>(&group_key(key)).unwrap().into(),
        ),
        Change::PutDelivery(record) => Change::PutDelivery(delivery_of(&encode(&DeliveryRow::from(record)))),
        Change::EndDelivery { id, ended } => {
            let row = DeliveryRow::read(MINIMAL_DELIVERY.get_or_init(minimal_delivery)).unwrap();
            let bytes = encode(&EndedDeliveryRow::new(row, ended));
            let (_, ended) = EndedDeliveryRow::read(&bytes).unwrap().into_core();
            Change::EndDelivery { id: *id, ended }
        }
        Change::PutPaused { check, paused } => Change::PutPaused { check: check.clone(), paused: *paused },
        Change::AcceptSnapshot(accepted) => {
            let bytes = encode(&ReferenceRow::from(accepted));
            let row = decode::<ReferenceRow<'_>>(&bytes).unwrap();
            Change::AcceptSnapshot(row.into_core(accepted.check.clone(), accepted.series.clone()))
        }
        Change::Decision(decision) => Change::Decision(again!(DecisionRow, Decision, decision)),
        Change::Kv(write) => {
            let KvWrite { scope, key, value, version } = write.clone();
            let bytes =
                value.map(|value| encode(&KvRow { version, plugin: scope.plugin.as_str(), value: &value }));
            let row = bytes.as_deref().map(|bytes| decode::<KvRow<'_>>(bytes).unwrap());
            let (value, version) = row.map_or((None, version), |row| (Some(row.value.to_vec()), row.version));
            Change::Kv(KvWrite { scope, key, value, version })
        }
        Change::PutWindow(window) => {
            let bytes = encode(&WindowRow::from(window));
            Change::PutWindow(super::window(&bytes).unwrap())
        }
        Change::PutHeartbeat { check, record } => Change::PutHeartbeat {
            check: check.clone(),
            record: again!(HeartbeatRow, HeartbeatRecord, record),
        },
        Change::KnowEvents { check, ids, at } => {
            let row = decode::<KnownEventRow>(&encode(&KnownEventRow { at: at.millis() })).unwrap();
            Change::KnowEvents { check: check.clone(), ids: ids.clone(), at: Wall::from_millis(row.at) }
        }
        Change::PutAction(record) => Change::PutAction(Arc::new(again!(ActionRow, ActionRecord, &**record))),
        Change::Access(change) => Change::Access(match change {
            AccessChange::PutUser(user) => {
                let bytes = encode(&UserRow::from(user));
                AccessChange::PutUser(decode::<UserRow<'_>>(&bytes).unwrap().try_into().unwrap())
            }
            AccessChange::PutToken(token) => {
                let bytes = encode(&TokenRow::from(token));
                AccessChange::PutToken(decode::<TokenRow<'_>>(&bytes).unwrap().try_into().unwrap())
            }
            AccessChange::PutSession(session) => {
                AccessChange::PutSession(again!(SessionRow, Session, session))
            }
            AccessChange::RemoveUser(_) | AccessChange::RemoveToken(_) | AccessChange::RemoveSession(_) => {
                change.clone()
            }
        }),
        Change::Note(NoteChange::Put(note)) => Change::Note(NoteChange::Put(again!(NoteRow, Note, note))),
        Change::Marker(MarkerChange::Put(marker)) => {
            Change::Marker(MarkerChange::Put(again!(MarkerRow, Marker, marker)))
        }
        Change::Subscriber(SubscriberChange::Put(subscriber)) => {
            let bytes = encode(&SubscriberRow::from(subscriber));
            let again = decode::<SubscriberRow<'_>>(&bytes).unwrap().try_into().unwrap();
            Change::Subscriber(SubscriberChange::Put(again))
        }
        Change::Subscriber(SubscriberChange::Told(page, told)) => {
            Change::Subscriber(SubscriberChange::Told(page.clone(), again!(ToldRow, Told, told)))
        }
        Change::Audit(entry) => {
            let bytes = encode(&AuditRow::new(entry, [7; 32]));
            let row = decode::<AuditRow<'_>>(&bytes).unwrap();
            assert_eq!(row.previous, [7; 32]);
            Change::Audit(Box::new(row.into()))
        }
        Change::Note(NoteChange::Remove(_))
        | Change::Marker(MarkerChange::Remove(_))
        | Change::Subscriber(SubscriberChange::Remove(_))
        | Change::RemoveWindow(_)
        | Change::RemoveHeartbeat(_)
        | Change::ForgetEvents { .. } => change.clone(),
    }
}

fn delivery_of(bytes: &[u8]) -> DeliveryRecord {
    DeliveryRow::read(bytes).unwrap().into()
}

/// The same delivery, as it was before recovery.
fn without_actions(mut record: DeliveryRecord) -> DeliveryRecord {
    Arc::make_mut(&mut record.notification).alerts.iter_mut().for_each(|notice| notice.actions.clear());
    record
}

static MINIMAL_DELIVERY: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();

/// Any delivery: only how it ended matters.
fn minimal_delivery() -> Vec<u8> {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let record = strategies::delivery().new_tree(&mut runner).unwrap().current();
    encode(&DeliveryRow::from(&record))
}

proptest! {
    #[test]
    fn every_change_is_the_same_after_it_was_written_and_read(change in change()) {
        prop_assert_eq!(through_rows(&change), change);
    }

    #[test]
    fn a_generation_is_the_same_after_it_was_written_and_read(row in strategies::generation()) {
        prop_assert_eq!(again!(GenerationRowV1, GenerationRow, &row), row);
    }

    #[test]
    fn a_mark_is_the_same_after_it_was_written_and_read(row in strategies::mark()) {
        prop_assert_eq!(again!(MarkRow, PluginDecision, &row), row);
    }

    #[test]
    fn a_row_that_is_cut_off_or_longer_is_refused(record in strategies::alert(), cut in any::<proptest::sample::Index>()) {
        let mut bytes = encode(&AlertRow::from(&record));
        let cut = cut.index(bytes.len());
        prop_assert!(decode::<AlertRow<'_>>(&bytes[..cut]).is_err());
        bytes.push(0);
        prop_assert!(decode::<AlertRow<'_>>(&bytes).is_err());
    }

    #[test]
    fn an_alert_of_a_version_before_is_read_without_what_it_did_not_know(record in strategies::alert()) {
        let fourth = AlertRecord { taken: 0, ..record.clone() };
        prop_assert_eq!(AlertRow::read(&encode(&alert::AlertRowV4::from(&record))).unwrap(), fourth.clone());
        let mut third = fourth;
        if let Some(given) = &mut third.assigned {
            (given.due, given.overdue) = (None, false);
        }
        prop_assert_eq!(AlertRow::read(&encode(&alert::AlertRowV3::from(&record))).unwrap(), third.clone());
        let second = AlertRecord { closed_routes: Vec::new(), ..third };
        prop_assert_eq!(AlertRow::read(&encode(&alert::AlertRowV2::from(&record))).unwrap(), second.clone());
        let first = AlertRecord { answers: Vec::new(), ..second };
        prop_assert_eq!(AlertRow::read(&encode(&alert::AlertRowV1::from(&record))).unwrap(), first);
    }

    #[test]
    fn a_delivery_is_the_same_in_history(record in strategies::delivery(), ended in strategies::ended()) {
        let bytes = encode(&DeliveryRow::from(&record));
        let bytes = encode(&EndedDeliveryRow::new(DeliveryRow::read(&bytes).unwrap(), &ended));
        prop_assert_eq!(EndedDeliveryRow::read(&bytes).unwrap().into_core(), (record, ended));
    }

    #[test]
    fn a_delivery_of_the_version_before_is_read_without_what_it_did_not_know(
        record in strategies::delivery(), ended in strategies::ended(),
    ) {
        let before = encode(&delivery::DeliveryRowV1::from(&record));
        let known = without_actions(record.clone());
        prop_assert_eq!(delivery_of(&before), known.clone());
        let moved = encode(&EndedDeliveryRow::new(DeliveryRow::read(&before).unwrap(), &ended));
        prop_assert_eq!(EndedDeliveryRow::read(&moved).unwrap().into_core(), (known.clone(), ended.clone()));
        let history = encode(&delivery::EndedDeliveryRowV1::new((&record).into(), &ended));
        prop_assert_eq!(EndedDeliveryRow::read(&history).unwrap().into_core(), (known, ended));
    }

    #[test]
    fn a_group_of_the_version_before_is_read_without_what_it_did_not_know(record in strategies::group()) {
        let mut known = record.clone();
        let notices = known.members.iter_mut().filter_map(|member| member.resolved.as_deref_mut());
        notices.for_each(|notice| notice.actions.clear());
        prop_assert_eq!(GroupRow::read(&encode(&group::GroupRowV1::from(&record))).unwrap(), known);
    }
}

#[test]
fn a_window_whose_schedule_or_matcher_cannot_be_read_is_refused_by_name() {
    let refused = |from: &str, to: &str| {
        let bytes = encode(&WindowRow::from(&strategies::recurring_window()));
        let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut harmed = bytes;
        harmed[at..at + from.len()].copy_from_slice(to.as_bytes());
        window(&harmed).unwrap_err().to_string()
    };
    insta::assert_snapshot!(
        [refused("Europe/Oslo", "Europe/Olso"), refused("30 2", "90 2"), refused("team=", "team-")].join("\n"),
        @r#"
    row of table `windows` is damaged: `Europe/Olso` is not a time zone
    row of table `windows` is damaged: `90 2 * * sun` is not a valid cron expression: minute `90` is not within 0 to 59; hint: minute takes 0 to 59
    row of table `windows` is damaged: `team-"web"` is not a valid matcher: no operator follows the label `team-`; hint: write it as `team="web"`, with `=`, `!=`, `=~` or `!~`
    "#
    );
}

#[test]
fn a_row_of_another_version_is_refused_and_named() {
    #[derive(Serialize, Deserialize)]
    struct Newer(u8);
    impl Row for Newer {
        const TABLE: &'static str = "alerts";
        const VERSION: u8 = 6;
    }
    let error = decode::<AlertRow<'_>>(&encode(&Newer(1))).err().unwrap();
    insta::assert_snapshot!(
        error,
        @"row of table `alerts` has version 6, this watchkeep knows 5; hint: run the version that wrote it"
    );
}
