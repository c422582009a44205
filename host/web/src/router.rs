//! The routes.

use std::sync::Arc;

use axum::Router;

use crate::host::Host;

/// Everything the host serves. Serve it with `into_make_service_with_connect_info::<SocketAddr>()` over TCP, and
/// with the extension [`LocalControl`](crate::LocalControl) over the control socket.
pub fn router(host: Arc<dyn Host>) -> Router {
    let _ = host;
    Router::new()
}
