//! What buttons are signed with: a file of the data folder that is made at the first start. Without it, the buttons of
//! messages that were sent before count for nothing, and nothing else is lost.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use watchkeep_core::reply_token::ReplyKey;

const FILE: &str = "replies.key";

/// Reads the key, or makes it.
pub(crate) fn load(data_dir: &Path) -> Result<ReplyKey> {
    let path = data_dir.join(FILE);
    match std::fs::read(&path) {
        Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(bytes) => Ok(ReplyKey::new(bytes)),
            Err(_) => make(&path).context("it did not have 32 bytes, and a new one cannot be made"),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(&path),
        Err(error) => Err(error).context("cannot be read"),
    }
    .with_context(|| format!("the key for buttons, `{}`", path.display()))
}

/// Written under another name first: a host that is killed meanwhile leaves no half of a key.
fn make(path: &Path) -> Result<ReplyKey> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("cannot get random bytes")?;
    let new = path.with_extension("key.new");
    // What a killed host left of it.
    let _ = std::fs::remove_file(&new);
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&new).context("cannot be made")?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).context("cannot be written")?;
    std::fs::rename(&new, path).context("cannot be moved to its place")?;
    Ok(ReplyKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use watchkeep_core::ids::{AlertId, ReceiverName};
    use watchkeep_core::reply::Invitation;
    use watchkeep_core::time::Wall;

    use super::*;

    #[test]
    fn the_key_is_the_owner_s_alone_and_stays_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let chat = ReceiverName::new("chat");
        let invitation = Invitation {
            alert: AlertId::derive("shop", Wall::from_millis(0)),
            receiver: chat.clone(),
            taken: 0,
            expires_at: Wall::from_millis(1_000_000),
        };
        let token = load(folder.path()).expect("a key").seal(&invitation).expect("a token");
        let again = load(folder.path()).expect("the same key");
        assert_eq!(again.open(&token, [&chat].into_iter()), Some(invitation));
        let path = folder.path().join(FILE);
        let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "short").expect("the file is written");
        let other = load(folder.path()).expect("a new key");
        assert_eq!(other.open(&token, [&chat].into_iter()), None);
        assert_eq!(std::fs::read(&path).expect("the file").len(), 32);
    }
}
