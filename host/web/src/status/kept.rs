//! What was computed of each page, kept for some seconds. A page is computed by one task at a time, which goes on when the
//! one who asked has left; everybody else waits for it. So a page costs the same however many read it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;
use watchkeep_core::ids::{Digest, StatusPageName};
use watchkeep_core::status_page::StatusPageSpec;

use super::view::{History, PageView};
use super::{feed, page};
use crate::host::Host;

/// For how long a page is not computed again.
const FRESH: Duration = Duration::from_secs(5);
/// For how long its days and its past problems are not read again.
const HISTORY_FRESH: Duration = Duration::from_secs(60);

pub(crate) struct StatusPages {
    host: Arc<dyn Host>,
    /// By the pages of the config; at most one for each.
    slots: StdMutex<HashMap<StatusPageName, Arc<Mutex<Slot>>>>,
}

#[derive(Default)]
struct Slot {
    kept: Option<(Instant, Arc<Kept>)>,
    history: Option<(Instant, Arc<History>)>,
}

/// A page as it was computed.
pub(super) struct Kept {
    pub(super) view: PageView,
    pub(super) shown: Shown,
    pub(super) html: Bytes,
    pub(super) feed: Bytes,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shown {
    ToAll,
    ByToken,
}

/// A page that whoever asks may see.
pub(super) struct Found {
    spec: Arc<StatusPageSpec>,
    shown: Shown,
}

impl Found {
    pub(super) fn spec(&self) -> &Arc<StatusPageSpec> {
        &self.spec
    }
}

impl StatusPages {
    pub(super) fn new(host: Arc<dyn Host>) -> Self {
        Self { host, slots: StdMutex::default() }
    }

    pub(super) fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    /// The page of this name, if it is for all or the token is its own. For a page that is not there a
    /// token is compared as well.
    pub(super) fn shown(&self, name: &str, token: Digest) -> Option<Found> {
        let setup = self.host.setup();
        let spec = setup.status_pages.iter().find(|page| page.name.as_str() == name).cloned();
        let secret = spec.as_ref().and_then(|spec| spec.token.as_ref());
        let wanted = secret.and_then(|secret| self.host.secret_digest(secret));
        // No text has this digest.
        let is_right = bool::from(wanted.unwrap_or(Digest([0; 32])).0.ct_eq(&token.0));
        let spec = spec?;
        match (&spec.token, wanted) {
            (None, _) => Some(Found { spec, shown: Shown::ToAll }),
            (Some(_), Some(_)) if is_right => Some(Found { spec, shown: Shown::ByToken }),
            // A secret that cannot be read opens nothing.
            (Some(_), _) => None,
        }
    }

    /// What is kept of the page, computed anew if it is too old or the config has another page by now.
    pub(super) async fn kept(&self, found: Found) -> Option<Arc<Kept>> {
        let slot = self.slot(&found.spec.name);
        let mut held = slot.lock_owned().await;
        if let Some((at, kept)) = &held.kept
            && at.elapsed() < FRESH
            && kept.view.spec == found.spec
        {
            return Some(Arc::clone(kept));
        }
        let host = Arc::clone(&self.host);
        let computed = tokio::spawn(async move {
            let known = held.history.take().filter(|(_, history)| history.is_of(&found.spec, &*host));
            let (at, history) = match known {
                Some((at, history)) if at.elapsed() < HISTORY_FRESH => (at, history),
                Some(_) | None => (Instant::now(), Arc::new(History::read(&*host, &found.spec).await)),
            };
            held.history = Some((at, Arc::clone(&history)));
            let view = PageView::of(&*host, found.spec, &history);
            let (html, feed) = (page::render(&view, found.shown)?, feed::render(&view)?);
            let kept = Arc::new(Kept { view, shown: found.shown, html: html.into(), feed: feed.into() });
            held.kept = Some((Instant::now(), Arc::clone(&kept)));
            Some(kept)
        });
        match computed.await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::error!(%error, "a status page could not be computed");
                None
            }
        }
    }

    fn slot(&self, name: &StatusPageName) -> Arc<Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if !slots.contains_key(name) {
            let setup = self.host.setup();
            slots.retain(|name, _| setup.status_pages.iter().any(|page| page.name == *name));
        }
        Arc::clone(slots.entry(name.clone()).or_default())
    }
}
