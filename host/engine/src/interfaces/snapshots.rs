//! `snapshots`: attachments that were kept. A check reads its own series; those of other checks need a grant. What a
//! call itself returns is kept only if its result is.

use std::time::Duration;

use wasmtime::Trap;
use wasmtime::component::Linker;
use watchkeep_core::commit::{KvOf, KvScope};
use watchkeep_core::grant::Access;
use watchkeep_core::ids::{CheckName, Digest};
use watchkeep_core::limits::Limit;
use watchkeep_core::time::Wall;

use super::gate::{Gate, Gated};
use crate::call::{CallState, HostStop, OverBudget};
use crate::contract::snapshots::{self, Host, Series, Snapshot, SnapshotError};
use crate::http::mask::{self, Audience};
use crate::ports::{KeptSnapshot, SnapshotReadError, Which};

#[derive(Debug, Default)]
pub(crate) struct SnapshotsState {
    /// The bytes of snapshots and pictures that the call has read.
    read_bytes: u64,
}

gate! {
    snapshots {
        fn latest(series: Series) -> Result<Option<Snapshot>, SnapshotError>;
        fn nearest(series: Series, at: u64, within: u64) -> Result<Option<Snapshot>, SnapshotError>;
        fn reference(series: Series) -> Result<Option<Snapshot>, SnapshotError>;
        fn read(id: String) -> Result<Vec<u8>, SnapshotError>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    snapshots::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

type Found = wasmtime::Result<Result<Option<Snapshot>, SnapshotError>>;

impl Host for CallState {
    async fn latest(&mut self, series: Series) -> Found {
        self.find(series, Which::Latest)
    }
    async fn nearest(&mut self, series: Series, at: u64, within: u64) -> Found {
        let at = Wall::from_millis(i64::try_from(at).unwrap_or(i64::MAX));
        self.find(series, Which::Nearest { at, within: Duration::from_millis(within) })
    }
    async fn reference(&mut self, series: Series) -> Found {
        self.find(series, Which::Reference)
    }
    async fn read(&mut self, id: String) -> wasmtime::Result<Result<Vec<u8>, SnapshotError>> {
        self.enter()?;
        let (Some(digest), Some(ports)) = (Digest::parse(&id), self.ports.clone()) else {
            return Ok(Err(SnapshotError::NotFound));
        };
        let kept = ports.snapshots.with(digest).map_err(failed)?;
        let own = self.own();
        let access = |snapshot: &KeptSnapshot| {
            let series = snapshot.series.as_deref().unwrap_or("");
            self.decide(&Access::Series { own: own.as_deref(), check: snapshot.check.as_str(), series })
        };
        let decided: Vec<_> = kept.iter().map(access).collect();
        if !decided.iter().any(Result::is_ok) {
            let denial = decided.into_iter().find_map(Result::err);
            return Ok(Err(match denial {
                Some(denial) => SnapshotError::Denied(self.refusals.deny(denial).to_string()),
                None => SnapshotError::NotFound,
            }));
        }
        let size = kept.first().map_or(0, |snapshot| snapshot.size_bytes);
        Ok(match self.read_kept(digest, size).await? {
            Ok(bytes) => Ok(bytes),
            Err(Unread::Gone) => Err(SnapshotError::NotFound),
            Err(Unread::Limit(message)) => Err(SnapshotError::Limit(message)),
        })
    }
}

/// Why bytes that were asked for are missing.
pub(super) enum Unread {
    Gone,
    Limit(String),
}

impl CallState {
    fn own(&self) -> Option<String> {
        match &self.own.kv.scope {
            Some(KvScope { of: KvOf::Check(check), .. }) => Some(check.as_str().to_owned()),
            Some(KvScope { of: KvOf::Receiver(_) | KvOf::Action(_), .. }) | None => None,
        }
    }

    fn find(&mut self, series: Series, which: Which) -> Found {
        self.enter()?;
        let own = self.own();
        let Some(check) = series.check.as_ref().or(own.as_ref()).cloned() else {
            let message = "a receiver has no series of its own; name the check whose series is meant";
            return Ok(Err(SnapshotError::Other(message.to_owned())));
        };
        let access = Access::Series { own: own.as_deref(), check: &check, series: &series.name };
        if let Err(denial) = self.permit(&access) {
            return Ok(Err(SnapshotError::Denied(denial.to_string())));
        }
        let Some(ports) = &self.ports else { return Ok(Ok(None)) };
        let check = CheckName::from(&*check);
        let found = ports.snapshots.find(&check, &series.name, which).map_err(failed)?;
        Ok(Ok(found.map(|kept| Snapshot {
            id: kept.digest.to_string(),
            at: u64::try_from(kept.at.millis()).unwrap_or(0),
            media_type: kept.media_type,
            size: kept.size_bytes,
        })))
    }

    /// The bytes with this digest, which the call may read.
    pub(super) async fn read_kept(
        &mut self,
        digest: Digest,
        size: u64,
    ) -> wasmtime::Result<Result<Vec<u8>, Unread>> {
        let Some(ports) = self.ports.clone() else { return Ok(Err(Unread::Gone)) };
        let total = self.own.snapshots.read_bytes.saturating_add(size);
        if total > self.limits.snapshot_bytes {
            let message = format!(
                "{total} bytes of snapshots and pictures in one call, {} are allowed",
                self.limits.snapshot_bytes
            );
            return Ok(Err(Unread::Limit(self.meet(Limit::SnapshotBytes, message))));
        }
        let read = tokio::task::spawn_blocking(move || ports.snapshots.bytes(digest));
        let bytes = read.await.map_err(|error| HostStop::Host(error.to_string()))?.map_err(failed)?;
        let Some(bytes) = bytes else { return Ok(Err(Unread::Gone)) };
        self.own.snapshots.read_bytes = total;
        let mut pace = self.pace();
        let spans = self.mask.spans_at_pace(&bytes, Audience::Guest, &mut pace).await;
        let spans = spans.map_err(|OverBudget| wasmtime::Error::from(Trap::Interrupt))?;
        Ok(Ok(if spans.is_empty() { bytes } else { mask::without(&bytes, &spans) }))
    }
}

fn failed(error: SnapshotReadError) -> HostStop {
    HostStop::Host(error.to_string())
}
