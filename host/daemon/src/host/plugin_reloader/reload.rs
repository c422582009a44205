//! Plugins at a reload: new files and a new config are taken together. If they do not fit each other, the config is
//! taken with what runs.

use std::path::PathBuf;
use std::sync::Arc;

use watchkeep_config::{Config, Loaded};
use watchkeep_core::ids::PluginName;
use watchkeep_engine::Generation;

use super::super::clock::wall;
use super::super::plugins::{Catalogue, Plugin};
use super::super::prepared::InForce;
use super::super::reload::load_config;
use super::ledger::{KnownFile, Waiting, Why};
use super::loads::Fresh;
use super::{PluginReloader, asked, is_file, source_of};

/// A file that could be live after the reload.
pub(crate) struct Candidate {
    path: PathBuf,
    bytes: Arc<[u8]>,
    generation: Arc<Generation>,
}

/// What a reload would put in force.
pub(crate) struct Pair {
    pub(crate) catalogue: Catalogue,
    pub(crate) loaded: Loaded,
    taken: Vec<Candidate>,
    held: Vec<(Candidate, Vec<String>)>,
}

impl PluginReloader {
    /// Needs the turn, and changes nothing. `bundled` are plugins that may be needed, `fresh` the files that could be
    /// taken.
    pub(crate) async fn pair(&self, config: PathBuf, bundled: &Catalogue, fresh: &[Fresh]) -> Pair {
        let before = self.in_force.load_full();
        let mut live = (*before.catalogue).clone();
        live.put_missing(bundled);
        live.absent = self.absent();
        let mut taken = self.candidates(&live, fresh);
        let mut held = Vec::new();
        loop {
            let catalogue = with(&live, &taken);
            let loaded = load_config(config.clone(), &self.engine, &catalogue).await;
            let Some(read) = &loaded.config else {
                let alone = load_config(config.clone(), &self.engine, &live).await;
                if taken.is_empty() || alone.config.is_none() {
                    return Pair { catalogue, loaded, taken: Vec::new(), held };
                }
                return Pair { catalogue: live, loaded: alone, taken: Vec::new(), held };
            };
            let asks: Vec<Vec<String>> =
                taken.iter().map(|candidate| self.asks(read, &live, &catalogue, candidate)).collect();
            if asks.iter().all(Vec::is_empty) {
                return Pair { catalogue, loaded, taken, held };
            }
            // Without those that ask for more rights, the config may read differently.
            let mut left = Vec::new();
            for (candidate, asks) in std::mem::take(&mut taken).into_iter().zip(asks) {
                if asks.is_empty() { left.push(candidate) } else { held.push((candidate, asks)) }
            }
            taken = left;
        }
    }

    /// Needs the turn. Swaps everything as one value.
    pub(crate) fn put_in_force(&self, next: InForce, pair: Pair) {
        let before = self.in_force.load_full();
        self.in_force.store(Arc::new(next));
        for (candidate, asks) in pair.held {
            let Candidate { path, bytes, generation } = candidate;
            tracing::warn!(plugin = %generation.name, asks = asks.join(", "), "a new file asks for more and waits for `watchkeep plugin approve`");
            let name = generation.name.clone();
            self.ledger().life(&name).waiting =
                Some(Waiting { path, bytes, generation, why: Why::Grant(asks) });
        }
        for Candidate { path, bytes, generation } in pair.taken {
            let (name, digest) = (generation.name.clone(), generation.digest);
            if let Err(error) = self.keep.put(digest, &bytes) {
                tracing::error!(plugin = %name, %error, "cannot be kept for a restart; hint: free space on the disk of `data_dir`");
            }
            {
                let mut ledger = self.ledger();
                ledger.seen.insert(path, KnownFile { digest: Some(digest), problem: None });
                let life = ledger.life(&name);
                (life.waiting, life.removed) = (None, None);
            }
            match before.catalogue.find(&name).filter(|old| old.generation.digest != digest) {
                Some(old) => self.begin_canary(&name, old.clone(), digest),
                None => self.remember(&name),
            }
        }
        self.prune();
    }

    fn asks(
        &self,
        config: &Config,
        live: &Catalogue,
        next: &Catalogue,
        candidate: &Candidate,
    ) -> Vec<String> {
        let name: &PluginName = &candidate.generation.name;
        let Some(old) = live.find(name).cloned().or_else(|| self.ledger().removed(name)) else {
            return Vec::new();
        };
        let mut with_old = live.clone();
        with_old.put(name, Some(old.clone()));
        // The config may have changed too, so what counts is what the plugin adds to the new one.
        let make = |config: Config, catalogue: &Catalogue| {
            let catalogue = Arc::new(catalogue.clone());
            InForce::new(Arc::new(config), catalogue, self.own.clone(), self.kept.clone(), None)
        };
        let (before, after) = (make(config.granting_as(&old.facts()), &with_old), make(config.clone(), next));
        let asks = asked(&before, &after, &old, &candidate.generation);
        let approved = self.ledger().is_approved(name, candidate.generation.digest, &asks);
        if approved { Vec::new() } else { asks }
    }

    /// The files that wait, and those that have been loaded by now.
    fn candidates(&self, live: &Catalogue, fresh: &[Fresh]) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = self
            .ledger()
            .waiting()
            .into_iter()
            .map(|Waiting { path, bytes, generation, .. }| Candidate { path, bytes, generation })
            .collect();
        for Fresh { path, bytes, generation } in fresh {
            let is_taken = live.find(&generation.name).is_some_and(|old| {
                is_file(old) && old.source != source_of(path) && std::path::Path::new(&old.source).exists()
            });
            let is_double =
                found.iter().any(|other| other.generation.name == generation.name && other.path != *path);
            // It may have gone live while others were waited for.
            let is_live = live.find(&generation.name).is_some_and(|old| {
                old.generation.digest == generation.digest && old.source == source_of(path)
            });
            if !is_taken && !is_double && !is_live {
                found.retain(|other| other.path != *path);
                let (path, bytes, generation) = (path.clone(), bytes.clone(), generation.clone());
                found.push(Candidate { path, bytes, generation });
            }
        }
        found
    }
}

fn with(live: &Catalogue, candidates: &[Candidate]) -> Catalogue {
    let mut catalogue = live.clone();
    for Candidate { path, generation, .. } in candidates {
        let plugin = Plugin { generation: generation.clone(), since: wall(), source: source_of(path) };
        catalogue.put(&generation.name, Some(plugin));
    }
    catalogue
}
