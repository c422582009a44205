//! A backup of the database, as a stream.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use http::{StatusCode, header};

use crate::problem::Problem;
use crate::router::{App, State};

/// The longest time that a backup may take. Until it ends, the database keeps every page that it began with, and a reader
/// that takes a byte now and then must not make the file grow for ever.
const BACKUP_TIME: Duration = Duration::from_hours(6);

/// Needs the right to write, although it changes nothing: it holds everything that the host knows.
pub(crate) async fn backup(State(app): State<App>) -> Result<Response, Problem> {
    let Ok(permit) = Arc::clone(&app.backups).try_acquire_owned() else {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "backup-runs",
            "another backup is being written; hint: wait until it is done",
        ));
    };
    let ends = tokio::time::Instant::now() + BACKUP_TIME;
    let stream = app.host.backup().await?.scan(permit, move |_, piece| {
        let late = tokio::time::Instant::now() > ends;
        let piece = if late { Err(std::io::Error::other("the backup took too long")) } else { piece };
        std::future::ready(Some(piece))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"watchkeep.backup\""),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}
