//! Deliveries: the outbox, and those that ended.
//!
//! A page may be shorter than its limit: filters are applied while reading, and one query looks at a bounded number of
//! rows. `next` says whether there is more.

use watchkeep_core::delivery::{DeliveryRecord, Ended};
use watchkeep_core::ids::DeliveryId;

use super::{Cursor, DeliveriesQuery, DeliveryFilter, Page, Pager, StoredDelivery, bounds};
use crate::error::ReadError;
use crate::guard;
use crate::row::{DeliveryRow, EndedDeliveryRow};
use crate::store::Store;
use crate::tables::{DELIVERIES, DELIVERY_ENDS, OUTBOX};

/// The most rows that one query looks at.
const LOOK_MAX: usize = 20_000;

/// The moment in cursors for the outbox: later than every other, so that its rows come first.
const IN_OUTBOX: i64 = i64::MAX;

impl Store {
    /// Deliveries, those in the outbox first, then by the moment they ended; newest first.
    pub fn deliveries(&self, query: &DeliveriesQuery) -> Result<Page<StoredDelivery>, ReadError> {
        guard::reading(|| {
            let mut page = Pager::new(query.limit);
            let looked = self.outbox_page(query, &mut page)?;
            if page.next.is_none() {
                self.ended_page(query, &mut page, looked)?;
            }
            Ok(page.finish())
        })
    }

    /// One delivery, in the outbox or ended; `None` if no delivery has this id, or it ended too long ago.
    pub fn delivery(&self, id: DeliveryId) -> Result<Option<StoredDelivery>, ReadError> {
        guard::reading(|| {
            let snapshot = self.shared.read()?;
            if let Some(row) = snapshot.open_table(OUTBOX)?.get(id.0)? {
                let record = DeliveryRecord::from(DeliveryRow::read(row.value())?);
                return Ok(Some(StoredDelivery { record, ended: None }));
            }
            let Some(at) = snapshot.open_table(DELIVERY_ENDS)?.get(id.0)? else { return Ok(None) };
            let Some(row) = snapshot.open_table(DELIVERIES)?.get((at.value(), id.0))? else {
                return Ok(None);
            };
            let (record, ended) = EndedDeliveryRow::read(row.value())?.into_core();
            Ok(Some(StoredDelivery { record, ended: Some(ended) }))
        })
    }

    fn outbox_page(
        &self,
        query: &DeliveriesQuery,
        page: &mut Pager<StoredDelivery>,
    ) -> Result<usize, ReadError> {
        let below = match query.after {
            None => u64::MAX,
            Some(Cursor { millis: IN_OUTBOX, sequence }) => sequence,
            Some(_) => return Ok(0),
        };
        let mut looked = 0;
        if !matches!(query.filter, DeliveryFilter::Open | DeliveryFilter::All) {
            return Ok(looked);
        }
        for row in self.shared.read()?.open_table(OUTBOX)?.range(..below)?.rev() {
            let (id, value) = row?;
            if page.is_full() {
                break;
            }
            let record = DeliveryRecord::from(DeliveryRow::read(value.value())?);
            let at = Cursor { millis: IN_OUTBOX, sequence: id.value() };
            if query.takes(&record) && query.between.contains(&record.created_at) {
                page.push(at, StoredDelivery { record, ended: None });
            }
            looked += 1;
            if looked == LOOK_MAX {
                page.next = Some(at);
                break;
            }
        }
        Ok(looked)
    }

    fn ended_page(
        &self,
        query: &DeliveriesQuery,
        page: &mut Pager<StoredDelivery>,
        mut looked: usize,
    ) -> Result<(), ReadError> {
        if query.filter == DeliveryFilter::Open {
            return Ok(());
        }
        let Some(range) = bounds(&query.between, query.after) else { return Ok(()) };
        for row in self.shared.read()?.open_table(DELIVERIES)?.range(range)?.rev() {
            let (key, value) = row?;
            if page.is_full() {
                break;
            }
            let (record, ended) = EndedDeliveryRow::read(value.value())?.into_core();
            let at = Cursor::from(key.value());
            if query.takes(&record) && query.filter.takes(&ended) {
                page.push(at, StoredDelivery { record, ended: Some(ended) });
            }
            looked += 1;
            if looked == LOOK_MAX {
                page.next = Some(at);
                break;
            }
        }
        Ok(())
    }
}

impl DeliveriesQuery {
    fn takes(&self, record: &DeliveryRecord) -> bool {
        self.receiver.as_ref().is_none_or(|receiver| *receiver == record.receiver.name)
    }
}

impl DeliveryFilter {
    fn takes(self, ended: &Ended) -> bool {
        match (self, ended) {
            (DeliveryFilter::All | DeliveryFilter::Ended, _) => true,
            (DeliveryFilter::Delivered, Ended::Delivered { .. }) => true,
            (DeliveryFilter::Dead, Ended::Dead { .. }) => true,
            (DeliveryFilter::Superseded, Ended::Superseded { .. }) => true,
            (DeliveryFilter::Open, _) => false,
            (
                DeliveryFilter::Delivered | DeliveryFilter::Dead | DeliveryFilter::Superseded,
                Ended::Delivered { .. } | Ended::Dead { .. } | Ended::Superseded { .. },
            ) => false,
        }
    }
}
