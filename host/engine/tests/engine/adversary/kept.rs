//! What a plugin keeps and reads again, or lets the host make a digest of.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use watchkeep_core::alert::AlertKey;
use watchkeep_core::delivery::{AttemptResult, Notification, Picture};
use watchkeep_core::grant::{Ceiling, Rights};
use watchkeep_core::ids::{Digest, RootName};

use super::{CANARY, Lab, holds_nothing, key_of, turned_back};
use crate::http::{respond, server};
use crate::support::{engine, load, ports, report};
use crate::{delivering, snapshots};

/// The state of a digest is the plugin's to keep: one that it made itself let it begin anywhere, and a digest of the last
/// letter of a secret is that letter.
#[tokio::test]
async fn a_digest_says_no_more_than_what_can_be_read() {
    let held = tempfile::tempdir().unwrap();
    let mut lab = Lab::of("prober", &[], &[], &[("files", "root")]);
    let mut rights = Rights::clone(&lab.rights);
    let roots = [(RootName::from("root"), held.path().canonicalize().unwrap())].into();
    rights.ceiling = Arc::new(Ceiling { roots, ..Ceiling::default() });
    lab.rights = Arc::new(rights);
    let digest = async |text: &str, offset: usize| {
        std::fs::write(held.path().join("file"), text).unwrap();
        lab.seen(&format!(r#""do":"hash","offset":"{offset}""#)).await
    };
    // That it can is what makes it an adversary.
    let plain = "nothing of a secret";
    assert_eq!(digest(plain, 11).await, Sha256::digest(&plain[11..]).to_vec());
    let text = format!("the key is {CANARY}");
    let begin = text.len() - CANARY.len();
    let struck_out = text.replace(CANARY, &"*".repeat(CANARY.len()));
    for offset in begin..text.len() {
        let told = digest(&text, offset).await;
        assert_ne!(told, Sha256::digest(&text[offset..]).to_vec(), "{offset}");
        assert_eq!(told, Sha256::digest(&struck_out[offset..]).to_vec(), "{offset}");
    }
}

#[tokio::test]
async fn a_snapshot_answers_no_guess_and_keeps_no_echo() {
    let address = server(|head, stream| {
        let key = key_of(head);
        respond(stream, "200 OK", format!("you sent {key}, {}", hex::encode(&key)).as_bytes());
    });
    let url = format!("http://{address}/");
    let mut read = Vec::new();
    for guess in [&CANARY[..7], "Kj3vP0s", &CANARY[..1], "z", CANARY] {
        let lab = Lab::of("prober", &[&url], &[&url], &[]);
        let config = format!(r#""do":"snapshot","guess":"{guess}","url":"{url}""#);
        let kept = lab.run(&config).await;
        for (attachment, bytes) in report(&kept).attachments.iter().zip(&kept.attachments) {
            holds_nothing(bytes, "kept");
            assert_eq!(attachment.digest, Digest::of(bytes), "it is named by what is kept");
            lab.memory.snapshot("c", attachment.series.as_deref(), 1_000, bytes);
        }
        let seen = turned_back(&lab.run(&config).await);
        holds_nothing(&seen, "read again");
        read.push(String::from_utf8_lossy(&seen).into_owned());
        // Nor does a notifier see more of it.
        for (attachment, bytes) in report(&kept).attachments.iter().zip(&kept.attachments) {
            let picture = Picture {
                digest: attachment.digest,
                name: "seen.png".into(),
                media_type: "image/png".into(),
                size_bytes: bytes.len() as u64,
                url: "http://localhost/snapshots/x".into(),
            };
            let mut call = delivering::call("{}", &[]);
            let alert = snapshots::alert(vec![picture]);
            assert_eq!(alert.key, AlertKey::Check("c".into()));
            call.notification =
                Arc::new(Notification { alerts: vec![alert], ..(*call.notification).clone() });
            let told = engine().deliver(&load("picture_reader").await, call, &ports(&lab.memory)).await;
            let AttemptResult::Delivered(Some(said)) = told.value.result else { panic!("{:?}", told.value) };
            holds_nothing(said.as_bytes(), "told");
        }
    }
    for (guess, other) in [(0, 1), (2, 3)] {
        let [right, wrong] = [guess, other].map(|at| read[at].lines().next().unwrap().to_owned());
        assert_eq!(right.len(), wrong.len(), "{read:?}");
        assert!(!right.contains('*') && !wrong.contains('*'), "{read:?}");
    }
    // Whoever names the whole of one knows it already.
    assert!(read[4].contains("guess image/png 3 ***"), "{read:?}");
}
