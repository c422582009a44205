//! Files that are being loaded as generations. Compiling may take long, and happens outside of any turn: whoever stops
//! waiting stops nothing, and whoever asks for a load that is under way shares it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, Shared};
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_engine::{Generation, LoadError};

use super::super::plugin_files::{Read, files, read};
use super::super::plugins::{failed, stem};
use super::{PluginReloader, source_of};

type Loaded = Result<Arc<Generation>, Arc<LoadError>>;
type Loading = Shared<BoxFuture<'static, Option<Loaded>>>;

/// Loads under way, by the bytes and the file that messages name.
#[derive(Clone, Default)]
pub(crate) struct Loads(Arc<Mutex<HashMap<(Digest, String), Loading>>>);

/// How long a reload waits for files that came with it. Nearly all are loaded by then; one that takes longer goes live
/// when it is done, like any other file.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it waits for what the config needs and nothing else in the folder provides.
const NEEDED_PATIENCE: Duration = Duration::from_secs(60);

/// A file that was loaded.
#[derive(Clone)]
pub(crate) struct Fresh {
    pub(super) path: PathBuf,
    pub(super) bytes: Arc<[u8]>,
    pub(super) generation: Arc<Generation>,
}

/// Files that are not live yet, as they are loaded.
pub(crate) struct Arrivals {
    pub(crate) ready: Vec<Fresh>,
    under_way: FuturesUnordered<BoxFuture<'static, Option<Fresh>>>,
    until: tokio::time::Instant,
}

impl Loads {
    /// The files that are being loaded.
    pub(crate) fn sources(&self) -> Vec<String> {
        let mut sources: Vec<String> = self.all().keys().map(|(_, source)| source.clone()).collect();
        sources.sort();
        sources
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(Digest, String), Loading>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PluginReloader {
    /// Loads a file. Needs no turn, and must not be awaited in one.
    pub(super) async fn load(&self, bytes: Arc<[u8]>, source: String) -> Loaded {
        let digest = Digest::of(&bytes);
        let loading = self.loading(digest, bytes, source);
        match loading.await {
            Some(loaded) => loaded,
            // Its task was lost, which only a bug of the host can cause.
            None => std::panic::resume_unwind(Box::new("loading a plugin went wrong")),
        }
    }

    fn loading(&self, digest: Digest, bytes: Arc<[u8]>, source: String) -> Loading {
        let (engine, loads) = (self.engine.clone(), self.loads.clone());
        let key = (digest, source.clone());
        let mut all = self.loads.all();
        if let Some(under_way) = all.get(&key) {
            return under_way.clone();
        }
        let done = key.clone();
        let task = tokio::spawn(async move {
            let loaded = engine.load(bytes, &source).await.map_err(Arc::new);
            loads.all().remove(&done);
            loaded
        });
        let loading = task.map(Result::ok).boxed().shared();
        all.insert(key, loading.clone());
        loading
    }

    /// The files in the folder that were not read yet, as they are now, being loaded. An operator who reloads does not
    /// wait for files to settle; one that is broken is reported once it has settled.
    pub(crate) async fn arrivals(&self) -> Arrivals {
        let under_way = FuturesUnordered::new();
        for path in files(&self.folder()).unwrap_or_default() {
            let Read::Bytes(bytes) = read(&path).await else { continue };
            let digest = Digest::of(&bytes);
            if self.is_known(&path, digest) {
                continue;
            }
            let loading = self.loading(digest, bytes.clone(), source_of(&path));
            let fresh = loading.map(move |loaded| {
                let generation = loaded?.ok()?;
                Some(Fresh { path, bytes, generation })
            });
            under_way.push(fresh.boxed());
        }
        let until = tokio::time::Instant::now() + NEEDED_PATIENCE;
        let mut arrivals = Arrivals { ready: Vec::new(), under_way, until };
        let patience = tokio::time::Instant::now() + PATIENCE;
        while arrivals.one_more(patience).await {}
        arrivals
    }

    /// Why files in the folder are not plugins yet.
    pub(super) fn absent(&self) -> BTreeMap<PluginName, String> {
        let ledger = self.ledger();
        let broken = ledger.broken().map(|(path, event)| (stem(path), failed(&event.text())));
        let mut absent: BTreeMap<PluginName, String> = broken.collect();
        drop(ledger);
        absent.extend(self.loads.sources().into_iter().map(|source| {
            (
                stem(Path::new(&source)),
                "is being compiled; hint: order the reload again when it is there".to_owned(),
            )
        }));
        absent
    }

    fn is_known(&self, path: &Path, digest: Digest) -> bool {
        let ledger = self.ledger();
        ledger.bad(digest).is_some() || ledger.is_dealt_with(path, digest)
    }
}

impl Arrivals {
    /// Waits for another file, for as long as to wait for something that a config needs. `false` if none comes.
    pub(crate) async fn wait(&mut self) -> bool {
        self.one_more(self.until).await
    }

    async fn one_more(&mut self, until: tokio::time::Instant) -> bool {
        match tokio::time::timeout_at(until, self.under_way.next()).await {
            Ok(Some(fresh)) => {
                self.ready.extend(fresh);
                // Sorted, so that what two files decide does not depend on which was quicker.
                self.ready.sort_by(|a, b| a.path.cmp(&b.path));
                true
            }
            Ok(None) | Err(_) => false,
        }
    }
}
