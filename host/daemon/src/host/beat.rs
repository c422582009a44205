//! The host's sign of life, sent to the address that the operator named. The core says when. It is one request, which
//! only has to arrive: the service there tells people when it does not come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::prepared::InForce;

/// How long to wait for the answer: the next beat must not wait for this one.
const ANSWER_TIME: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub(crate) struct Beater {
    client: reqwest::Client,
    in_force: Arc<ArcSwap<InForce>>,
    /// Whether the last beat arrived. A failure is logged once, not every minute.
    arrived: Arc<AtomicBool>,
}

impl Beater {
    pub(crate) fn new(in_force: Arc<ArcSwap<InForce>>) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_TIME)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("watchkeep/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, in_force, arrived: Arc::new(AtomicBool::new(true)) })
    }

    pub(crate) fn beat(&self) {
        let Some(beat) = self.in_force.load().config.beat.clone() else { return };
        let beater = self.clone();
        tokio::spawn(async move {
            let url = String::from_utf8_lossy(beat.url.expose()).into_owned();
            let answer = beater.client.get(url).send().await;
            // The URL works like a key, so no error may show it.
            let failure = match answer.map(|answer| answer.status()) {
                Ok(status) if status.is_success() => None,
                Ok(status) => Some(format!("it answered {}", status.as_u16())),
                Err(error) => Some(error.without_url().to_string()),
            };
            match failure {
                None => {
                    if !beater.arrived.swap(true, Ordering::Relaxed) {
                        tracing::info!("the sign of life arrives again");
                    }
                }
                Some(error) => {
                    if beater.arrived.swap(false, Ordering::Relaxed) {
                        tracing::warn!(%error, "the sign of life did not arrive; hint: see `url` under [host.beat]");
                    }
                }
            }
        });
    }
}
