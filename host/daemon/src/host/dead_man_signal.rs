//! The host's dead-man signal, sent to the address that the operator named. The core says when. It is one request, which
//! only has to arrive: the service there tells people when it does not come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::prepared::InForce;

/// How long to wait for the answer: the next signal must not wait for this one.
const ANSWER_TIME: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub(crate) struct DeadManSignaller {
    client: reqwest::Client,
    in_force: Arc<ArcSwap<InForce>>,
    /// Whether the last signal arrived. A failure is logged once, not every minute.
    arrived: Arc<AtomicBool>,
}

impl DeadManSignaller {
    pub(crate) fn new(in_force: Arc<ArcSwap<InForce>>) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_TIME)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("watchkeep/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, in_force, arrived: Arc::new(AtomicBool::new(true)) })
    }

    pub(crate) fn send(&self) {
        let Some(signal) = self.in_force.load().config.dead_man_signal.clone() else { return };
        let signaller = self.clone();
        tokio::spawn(async move {
            let url = String::from_utf8_lossy(signal.url.expose()).into_owned();
            let answer = signaller.client.get(url).send().await;
            // The URL works like a key, so no error may show it.
            let failure = match answer.map(|answer| answer.status()) {
                Ok(status) if status.is_success() => None,
                Ok(status) => Some(format!("it answered {}", status.as_u16())),
                Err(error) => Some(error.without_url().to_string()),
            };
            match failure {
                None => {
                    if !signaller.arrived.swap(true, Ordering::Relaxed) {
                        tracing::info!("the dead-man signal arrives again");
                    }
                }
                Some(error) => {
                    if signaller.arrived.swap(false, Ordering::Relaxed) {
                        tracing::warn!(%error, "the dead-man signal did not arrive; hint: see `url` under [host.dead_man_signal]");
                    }
                }
            }
        });
    }
}
