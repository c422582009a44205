//! One part of the lab: a router on a loopback port, served until the lab stops.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::lab::LabError;

/// Clients that keep their connection open may not hold up the end for longer than this.
const DRAIN_MAX: Duration = Duration::from_millis(500);

/// The moment at which every part stops.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    pub(crate) fn new() -> (watch::Sender<bool>, Stop) {
        let (sender, receiver) = watch::channel(false);
        (sender, Stop(receiver))
    }
    async fn wait(mut self) {
        // A dropped sender means the lab is gone, which is as good as a stop.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

/// Port 0 takes any free port.
pub(crate) async fn listen(part: &'static str, port: u16) -> Result<(TcpListener, SocketAddr), LabError> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listen = |source| LabError::Listen { part, address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    Ok((listener, address))
}

pub(crate) fn serve<L>(listener: L, router: Router, stop: Stop) -> JoinHandle<()>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
{
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.clone().wait());
        let cut_off = async {
            stop.wait().await;
            tokio::time::sleep(DRAIN_MAX).await;
        };
        tokio::select! {
            _ = served => {}
            () = cut_off => {}
        }
    })
}
