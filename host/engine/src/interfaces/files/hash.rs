//! SHA-256 of a file, over as many runs as it takes. What a plugin keeps between them is opaque to it, and checked
//! against the file when it comes back: the file must be the very same and unchanged, and the state complete, or it is
//! refused.

use std::time::Instant;

use rustix::fs::FileType;
use sha2::digest::common::hazmat::{SerializableState as _, SerializedState};
use sha2::{Digest as _, Sha256};

use super::found::{Facts, Found, Problem};
use super::struck_out;
use crate::contract::files::Hashing;
use crate::http::mask::Mask;

/// The version of the state's format.
const VERSION: u8 = 1;
const CHUNK_BYTES: usize = 256 << 10;
const SUM_BYTES: usize = 8;

/// Continues where `resume` ended, until the end of the file or the deadline. One piece is read in any case, so that a
/// plugin with too small a budget makes progress too. The digest is that of the text with secrets struck out: a plugin
/// that forges a state can begin anywhere, and could otherwise get the digest of a secret's last letter.
pub(super) fn go_on(
    found: &Found,
    resume: Option<&Hashing>,
    deadline: Instant,
    mask: &Mask,
) -> Result<Hashing, Problem> {
    let opened = found.open(FileType::RegularFile)?;
    let facts = found.facts_of(&opened)?;
    let (mut offset, mut hash) = match resume {
        Some(resume) => (resume.offset, taken_up(resume, &facts)?),
        None => (0, Sha256::new()),
    };
    let ended = loop {
        let chunk = struck_out(found, &opened, (offset, CHUNK_BYTES), mask)?;
        hash.update(&chunk);
        offset += chunk.len() as u64;
        if chunk.len() < CHUNK_BYTES {
            break true;
        }
        if Instant::now() >= deadline {
            break false;
        }
    };
    // If the file was written to meanwhile, the hash is made of two halves.
    if found.facts_of(&opened)? != facts {
        return Err(Problem::Changed);
    }
    let state = kept(&facts, offset, &hash);
    Ok(Hashing { offset, state, digest: ended.then(|| hash.finalize().to_vec()) })
}

/// Everything by which an unchanged file is recognised.
fn seal(facts: &Facts, offset: u64) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for number in [facts.identity.device, facts.identity.inode, facts.size, offset] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    for moment in [facts.modified, facts.altered] {
        bytes.extend_from_slice(&moment.seconds.to_be_bytes());
        bytes.extend_from_slice(&moment.nanos.to_be_bytes());
    }
    bytes
}

fn kept(facts: &Facts, offset: u64, hash: &Sha256) -> Vec<u8> {
    let mut bytes = seal(facts, offset);
    bytes.extend_from_slice(&hash.serialize());
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum[..SUM_BYTES]);
    bytes
}

fn taken_up(resume: &Hashing, facts: &Facts) -> Result<Sha256, Problem> {
    let broken = || {
        Problem::Other(
            "the state to go on from is none that this host gave; hint: begin anew without one".to_owned(),
        )
    };
    let (whole, sum) = resume.state.split_last_chunk::<SUM_BYTES>().ok_or_else(broken)?;
    let seal = seal(facts, resume.offset);
    // The length is checked first, so that not everything that a guest passes is hashed.
    let hash = whole.get(seal.len()..).ok_or_else(broken)?;
    let hash: &SerializedState<Sha256> = hash.try_into().map_err(|_| broken())?;
    if Sha256::digest(whole)[..SUM_BYTES] != sum[..] || whole[0] != VERSION {
        return Err(broken());
    }
    if !whole.starts_with(&seal) {
        return Err(Problem::Changed);
    }
    Sha256::deserialize(hash).map_err(|_| broken())
}
