//! What each listener accepts: its share of the descriptors, and time-outs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use watchkeep_config::HostConfig;
use watchkeep_core::descriptors::{Descriptors, FEW};
use watchkeep_engine::{HugePages, Inheritance, OpenFiles, raise_open_files};
use watchkeep_web::Bounds;

/// For pings, because a job sends its request at once.
const PUBLIC_HEAD_TIME: Duration = Duration::from_secs(10);
/// For pages, because browsers keep a connection for what they may request next.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// How long a peer may read nothing of its answer.
const STALL_TIME: Duration = Duration::from_secs(30);

/// Raises the limit on descriptors, divides them up, and logs that. Also returns what programs that the host starts
/// get.
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
    // What `main` switches off applies to the host only, too.
    let huge_pages = Some(HugePages::AsTheSystemHasThem);
    (shares, Inheritance { open_files: Some(before), huge_pages })
}

/// Bounds of the control socket. Whoever may open it is the admin.
pub(crate) fn of_control(shares: &Descriptors) -> Bounds {
    let most = shares.control;
    Bounds { connections_max: most, of_address_max: most, head_time: HEAD_TIME, stall_time: STALL_TIME }
}

/// Bounds of the pages. Half for one address, because behind a proxy all come from one.
pub(crate) fn of_pages(shares: &Descriptors) -> Bounds {
    let most = shares.pages;
    Bounds { connections_max: most, of_address_max: most / 2, head_time: HEAD_TIME, stall_time: STALL_TIME }
}

/// How many of the connections to the pages may be live streams. An eighth of what one address has is left for asking.
pub(crate) fn streams_max(shares: &Descriptors) -> usize {
    let of_address = of_pages(shares).of_address_max;
    of_address - of_address.div_ceil(8)
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

/// The listener for heartbeats and status pages.
pub(crate) async fn public(host: &HostConfig) -> Result<Option<TcpListener>> {
    let Some(address) = host.public_listen else { return Ok(None) };
    let bound = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on `{address}`; hint: set another `public_listen` under [host]")
    })?;
    Ok(Some(bound))
}
