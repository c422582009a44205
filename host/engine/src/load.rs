//! From a plugin's bytes to a generation that can be called: digest -> cache, or compiling child -> link -> `describe`
//! without rights -> generation. A failure at any stage is one sentence, and affects nothing that runs.

mod cache;
mod child;
mod compile;
mod componentize;
mod describe;
mod inspect;
mod lanes;
mod precompiled;

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::Component;
use watchkeep_core::ids::{Digest, PluginName};

pub(crate) use cache::Cache;
pub use child::compile_child_main;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use child::make;
pub(crate) use compile::Compiler;
pub(crate) use inspect::KindName;
pub(crate) use lanes::Lanes;

use crate::call;
use crate::contract::DescribedPre;
use crate::engine::Shared;
use crate::error::{LoadError, LoadStage, Refusal};
use crate::generation::{Entry, Generation, Request, WasiUse};
use crate::wasm::TABLES_PER_MEMORY;
use cache::Known;
use describe::Description;
use inspect::Facts;

/// How often to look whether another process has compiled the plugin.
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

pub(crate) async fn load(
    shared: &Arc<Shared>,
    bytes: Arc<[u8]>,
    source: &str,
) -> Result<Arc<Generation>, LoadError> {
    let digest = Digest::of(&bytes);
    load_digest(shared, &bytes, digest, source)
        .await
        .map(Arc::new)
        .map_err(|refusal| refusal.of(source, digest))
}

async fn load_digest(
    shared: &Arc<Shared>,
    bytes: &Arc<[u8]>,
    digest: Digest,
    source: &str,
) -> Result<Generation, Refusal> {
    let size_max = shared.compiler.limits.file_bytes_max;
    if bytes.len() > size_max {
        let message = format!("has {} bytes, {size_max} are allowed", bytes.len());
        return Err(
            Refusal::new(LoadStage::Inspect, message).hint("strip debug information with `wasm-tools strip`")
        );
    }
    let _loading = shared.cache.begin_loading(digest);
    let (component, facts, kept) = compiled(shared, bytes, digest, source).await?;
    let weight = weight(&component)?;
    let linker = match facts.wasi {
        WasiUse::None => &shared.linker,
        WasiUse::Imported => shared.linker_with_wasi(),
    };
    let pre = linker.instantiate_pre(&component).map_err(|error| {
        Refusal::new(LoadStage::Link, format!("does not fit what this host offers: {error:#}"))
            .hint("build it with the SDK of this version")
    })?;
    let described = match facts.kind {
        KindName::Check | KindName::Notifier | KindName::Action => {
            Some(DescribedPre::new(pre.clone()).map_err(broken_export)?)
        }
        KindName::Program => None,
    };
    let description = match kept {
        CacheEntry::Known(description) => description,
        CacheEntry::Nothing(_turn) => {
            let description = match &described {
                Some(described) => {
                    Some(describe::checked(call::describe(shared, described, weight, facts.wasi).await?)?)
                }
                None => None,
            };
            let known = Known { facts: facts.clone(), description };
            shared.cache.keep_known(digest, &known).map_err(|error| {
                Refusal::new(LoadStage::Host, format!("its description cannot be stored: {error}"))
            })?;
            known.description
        }
    };
    let description = match description {
        Some(description) => description,
        None => describe::of_program(source, digest)?,
    };
    let entry = Entry::new(facts.kind, facts.listens, pre).map_err(broken_export)?;
    let Description { name, version, summary, schema, requests } = description;
    Ok(Generation {
        label: format!("plugin `{name}` (generation {})", digest.short()).into(),
        plugin: name.as_str().into(),
        digest,
        source_name: source.to_owned(),
        name: PluginName::new(name),
        version,
        kind: facts.kind.kind(),
        summary,
        schema,
        requests: requests
            .into_iter()
            .map(|(capability, target, reason)| Request { capability, target, reason })
            .collect(),
        size: bytes.len(),
        imports: facts.imports,
        contract: facts.contract,
        weight,
        wasi: facts.wasi,
        described,
        entry,
    })
}

/// What the cache knows about a digest.
enum CacheEntry {
    /// `None` for a program, which describes nothing.
    Known(Option<Description>),
    /// Nothing is known. Holds the turn to compile it, until the description is stored as well.
    Nothing(Option<File>),
}

/// Compiled code from the cache, or from the child. Code that no longer fits the engine is made again.
async fn compiled(
    shared: &Arc<Shared>,
    bytes: &Arc<[u8]>,
    digest: Digest,
    source: &str,
) -> Result<(Component, Facts, CacheEntry), Refusal> {
    if let Some(kept) = from_cache(shared, digest).await {
        return Ok(kept);
    }
    let turn = turn(shared, digest).await?;
    // Another process may have made it meanwhile.
    if let Some(kept) = from_cache(shared, digest).await {
        return Ok(kept);
    }
    let facts = shared.compiler.compile(&shared.cache, digest, bytes, source).await?;
    let component = map(shared, digest).await.map_err(|error| {
        Refusal::new(LoadStage::Host, format!("its compiled code does not fit this engine: {error:#}"))
            .hint("the compiler command must be the same binary as the host")
    })?;
    Ok((component, facts, CacheEntry::Nothing(turn)))
}

async fn from_cache(shared: &Arc<Shared>, digest: Digest) -> Option<(Component, Facts, CacheEntry)> {
    let Known { facts, description } = shared.cache.known(digest)?;
    let component = map(shared, digest).await.ok()?;
    Some((component, facts, CacheEntry::Known(description)))
}

/// Waits for the turn to compile this digest for this cache folder. `None` if whoever has it takes longer than
/// compiling may: so a process that was stopped holds nobody up.
async fn turn(shared: &Arc<Shared>, digest: Digest) -> Result<Option<File>, Refusal> {
    let locked = async {
        loop {
            match shared.cache.lock(digest) {
                Ok(None) => tokio::time::sleep(BETWEEN_TRIES).await,
                locked => return locked,
            }
        }
    };
    let locked = tokio::time::timeout(shared.compiler.limits.time_max, locked).await.unwrap_or(Ok(None));
    locked
        .map_err(|error| Refusal::new(LoadStage::Host, format!("the cache folder cannot be locked: {error}")))
}

async fn map(shared: &Arc<Shared>, digest: Digest) -> wasmtime::Result<Component> {
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || precompiled::map(&shared.wasm, &shared.cache.code(digest)))
        .await
        .unwrap_or_else(|error| Err(wasmtime::format_err!("mapping it failed: {error}")))
}

/// How many slots of the pool a call takes. Calls wait for these instead of meeting an exhausted pool.
fn weight(component: &Component) -> Result<u32, Refusal> {
    let Some(needs) = component.resources_required() else {
        return Err(Refusal::new(LoadStage::Link, "imports core modules, which no host offers"));
    };
    Ok(needs.num_memories.max(needs.num_tables.div_ceil(TABLES_PER_MEMORY)).max(1))
}

fn broken_export(error: wasmtime::Error) -> Refusal {
    Refusal::new(LoadStage::Link, format!("exports something else under a name of the contract: {error:#}"))
        .hint("build it with the SDK of this version")
}
