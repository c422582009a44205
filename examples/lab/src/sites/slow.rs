//! A site that answers well, but late: it waits before the first byte.

use std::time::Duration;

use axum::Router;
use axum::routing::get;

pub fn router(delay: Duration) -> Router {
    Router::new().fallback(get(move || async move {
        tokio::time::sleep(delay).await;
        format!("answered after {} ms\n", delay.as_millis())
    }))
}
