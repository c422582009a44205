//! The outbox, and what leaves it: a delivery is always in exactly one place.

use watchkeep_core::delivery::{DeliveryRecord, Ended};
use watchkeep_core::ids::DeliveryId;

use super::Session;
use crate::error::WriteError;
use crate::row::{DeliveryRow, EndedDeliveryRow, encode, ended_at};

impl Session<'_, '_> {
    pub(super) fn put_delivery(&mut self, record: &DeliveryRecord) -> Result<(), WriteError> {
        let bytes = encode(&DeliveryRow::from(record));
        self.tables.outbox()?.insert(record.id.0, bytes.as_slice())?;
        self.next.delivery = self.next.delivery.max(record.id.0.saturating_add(1));
        Ok(())
    }

    /// Moves a delivery out of the outbox. If it is not there, it has ended already, in the transaction that is being
    /// repeated.
    pub(super) fn end_delivery(&mut self, id: DeliveryId, ended: &Ended) -> Result<(), WriteError> {
        let Some(row) = self.tables.outbox()?.remove(id.0)?.map(|row| row.value().to_vec()) else {
            return Ok(());
        };
        let bytes = encode(&EndedDeliveryRow::new(DeliveryRow::read(&row)?, ended));
        let at = ended_at(ended).millis();
        self.tables.deliveries()?.insert((at, id.0), bytes.as_slice())?;
        self.tables.delivery_ends()?.insert(id.0, at)?;
        Ok(())
    }
}
