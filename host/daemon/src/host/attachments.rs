//! Stores the bytes of a report's attachments, before its result says that they are there.

use std::sync::Arc;

use watchkeep_core::ids::CheckName;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::Report;
use watchkeep_store::Store;

/// Returns the outcome without the attachments that could not be stored: the judgement counts all the same.
pub(crate) async fn keep(store: &Store, check: &CheckName, outcome: Outcome, bytes: Vec<Vec<u8>>) -> Outcome {
    let Outcome::Report(report) = &outcome else { return outcome };
    if bytes.is_empty() {
        return outcome;
    }
    let (store, digests) =
        (store.clone(), report.attachments.iter().map(|attachment| attachment.digest).collect::<Vec<_>>());
    let written = tokio::task::spawn_blocking(move || {
        digests.iter().zip(&bytes).map(|(digest, bytes)| store.put_blob(*digest, bytes)).collect::<Vec<_>>()
    });
    let written = match written.await {
        Ok(written) => written,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    };
    let mut kept = Vec::new();
    for (attachment, written) in report.attachments.iter().zip(written) {
        match written {
            Ok(()) => kept.push(attachment.clone()),
            Err(error) => {
                tracing::warn!(%check, attachment = attachment.name, %error, "an attachment is not kept");
            }
        }
    }
    if kept.len() == report.attachments.len() {
        return outcome;
    }
    Outcome::Report(Arc::new(Report { attachments: kept, ..(**report).clone() }))
}
