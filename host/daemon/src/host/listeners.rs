//! What each listener takes: shares of the descriptors that there are, and time-outs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use watchkeep_config::HostConfig;
use watchkeep_core::descriptors::{Descriptors, FEW};
use watchkeep_engine::{HugePages, Inheritance, OpenFiles, raise_open_files};
use watchkeep_web::Bounds;

/// A job says at once what it has to say.
const PUBLIC_HEAD_TIME: Duration = Duration::from_secs(10);
/// Browsers keep a connection for what may be asked next.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Of a peer that reads nothing of its answer.
const STALL_TIME: Duration = Duration::from_secs(30);

/// Takes as many descriptors as there are, shares them out, and says so; with what programs that the host starts get.
pub(crate) fn descriptors() -> (Descriptors, Inheritance) {
    let OpenFiles { before, now } = raise_open_files();
    let shares = Descriptors::share(now);
    let Descriptors { control, pages, public, calls } = shares;
    tracing::info!(
        limit = now,
        limit_before = before,
        calls,
        pages,
        public,
        control,
        "shared out the files that the host may open"
    );
    if now < FEW {
        tracing::warn!(
            "the host may open {now} files, which is few; hint: raise the limit (`LimitNOFILE=` in its systemd unit)"
        );
    }
    // What `main` switches off is the host's own business as well.
    let huge_pages = Some(HugePages::AsTheSystemHasThem);
    (shares, Inheritance { open_files: Some(before), huge_pages })
}

/// Everybody on this machine who may open it is the admin.
pub(crate) fn of_control(shares: &Descriptors) -> Bounds {
    let most = shares.control;
    Bounds { connections_max: most, of_address_max: most, head_time: HEAD_TIME, stall_time: STALL_TIME }
}

/// Half for one address: behind a proxy all come from there.
pub(crate) fn of_pages(shares: &Descriptors) -> Bounds {
    let most = shares.pages;
    Bounds { connections_max: most, of_address_max: most / 2, head_time: HEAD_TIME, stall_time: STALL_TIME }
}

pub(crate) fn of_public(shares: &Descriptors) -> Bounds {
    let most = shares.public;
    Bounds {
        connections_max: most,
        of_address_max: most / 2,
        head_time: PUBLIC_HEAD_TIME,
        stall_time: STALL_TIME,
    }
}

pub(crate) async fn pages(host: &HostConfig) -> Result<TcpListener> {
    TcpListener::bind(host.listen).await.with_context(|| {
        format!("cannot listen on `{}`; hint: set another `listen` under [host]", host.listen)
    })
}

/// For heartbeats alone.
pub(crate) async fn public(host: &HostConfig) -> Result<Option<TcpListener>> {
    let Some(address) = host.public_listen else { return Ok(None) };
    let bound = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on `{address}`; hint: set another `public_listen` under [host]")
    })?;
    Ok(Some(bound))
}
