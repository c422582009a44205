//! The control socket in the data folder, with mode 0600: the same routes as over TCP, for whoever may open it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::{Extension, Router};
use tokio::net::{UnixListener, UnixStream};
use watchkeep_web::{Bounds, LocalControl, Transport};

pub(crate) fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// Binds the socket. The data folder's lock is held, so a socket that exists already was left by a host that was
/// killed.
pub(crate) fn bind(path: &Path) -> Result<UnixListener> {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error)
                .with_context(|| format!("cannot remove the old control socket `{}`", path.display()));
        }
    }
    let listener = UnixListener::bind(path)
        .with_context(|| format!("cannot make the control socket `{}`", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot protect the control socket `{}`", path.display()))?;
    Ok(listener)
}

/// Refuses connections from this very process: those would be by a plugin whose socket leads here in a way that no path
/// shows. The command line is a process of its own.
struct FromOthers(UnixListener);

impl axum::serve::Listener for FromOthers {
    type Io = UnixStream;
    type Addr = tokio::net::unix::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
            let from = stream.peer_cred().ok().and_then(|peer| peer.pid());
            if from.and_then(|pid| u32::try_from(pid).ok()) != Some(std::process::id()) {
                return (stream, address);
            }
        }
    }
    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

pub(crate) async fn serve(listener: UnixListener, router: Router, bounds: Bounds) {
    let nobody_counts = Arc::new(|| {});
    let router = router.layer(Extension(LocalControl));
    watchkeep_web::serve(FromOthers(listener), router, Transport::Plain, bounds, nobody_counts).await;
}
