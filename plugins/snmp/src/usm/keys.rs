//! Keys and what is done with them: RFC 3414, RFC 3826 and RFC 7860.

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

use crate::config::{Cipher, Digest};

/// The number of bytes of the repeated password that a key is made from.
const PASSWORD_BYTES: usize = 1 << 20;

impl Digest {
    /// How many bytes of the digest are sent.
    pub const fn sent_bytes(self) -> usize {
        match self {
            Digest::Md5 | Digest::Sha1 => 12,
            Digest::Sha224 => 16,
            Digest::Sha256 => 24,
            Digest::Sha384 => 32,
            Digest::Sha512 => 48,
        }
    }
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Digest::Md5 => Md5::digest(bytes).to_vec(),
            Digest::Sha1 => Sha1::digest(bytes).to_vec(),
            Digest::Sha224 => Sha224::digest(bytes).to_vec(),
            Digest::Sha256 => Sha256::digest(bytes).to_vec(),
            Digest::Sha384 => Sha384::digest(bytes).to_vec(),
            Digest::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
    const fn block_bytes(self) -> usize {
        match self {
            Digest::Md5 | Digest::Sha1 | Digest::Sha224 | Digest::Sha256 => 64,
            Digest::Sha384 | Digest::Sha512 => 128,
        }
    }
    /// The signature of a message: HMAC, whose crate would be made six times over. Keys are digests, which no block is too
    /// short for.
    pub fn sign(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let padded = |with: u8| {
            let mut block = vec![with; self.block_bytes()];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let mut inner = padded(0x36);
        inner.extend_from_slice(message);
        let mut outer = padded(0x5c);
        outer.extend_from_slice(&self.of(&inner));
        let mut signature = self.of(&outer);
        signature.truncate(self.sent_bytes());
        signature
    }
    /// A password's key for one engine.
    pub fn key(self, password: &[u8], engine: &[u8]) -> Vec<u8> {
        let long: Vec<u8> = password.iter().copied().cycle().take(PASSWORD_BYTES).collect();
        let key = self.of(&long);
        self.of(&[&key, engine, &*key].concat())
    }
}

impl Cipher {
    const fn key_bytes(self) -> usize {
        match self {
            Cipher::Aes128 => 16,
            Cipher::Aes256 | Cipher::Aes256Cisco => 32,
        }
    }
    /// A password's key for one engine: as long as the cipher wants it.
    pub fn key(self, digest: Digest, password: &[u8], engine: &[u8]) -> Vec<u8> {
        let mut key = digest.key(password, engine);
        while key.len() < self.key_bytes() {
            let more = match self {
                Cipher::Aes128 | Cipher::Aes256 => digest.of(&key),
                Cipher::Aes256Cisco => digest.key(&key, engine),
            };
            key.extend(more);
        }
        key.truncate(self.key_bytes());
        key
    }
    /// None with a key that is none.
    pub fn encrypt(self, key: &[u8], start: &[u8; 16], text: &[u8]) -> Option<Vec<u8>> {
        self.fed_back(key, start, text, Direction::Encrypt)
    }
    pub fn decrypt(self, key: &[u8], start: &[u8; 16], text: &[u8]) -> Option<Vec<u8>> {
        self.fed_back(key, start, text, Direction::Decrypt)
    }

    /// The mode CFB with 128 bits: what was encrypted last is encrypted again, and goes over the next block.
    fn fed_back(self, key: &[u8], start: &[u8; 16], text: &[u8], direction: Direction) -> Option<Vec<u8>> {
        let cipher = Key::of(key)?;
        let mut text = text.to_vec();
        let mut last = *start;
        for block in text.chunks_mut(16) {
            let mut over = last;
            cipher.encrypt(&mut over);
            for ((byte, over), last) in block.iter_mut().zip(over).zip(&mut last) {
                let before = *byte;
                *byte ^= over;
                *last = match direction {
                    Direction::Encrypt => *byte,
                    Direction::Decrypt => before,
                };
            }
        }
        Some(text)
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Encrypt,
    Decrypt,
}

enum Key {
    Short(Box<Aes128>),
    Long(Box<Aes256>),
}

impl Key {
    fn of(key: &[u8]) -> Option<Key> {
        match key.len() {
            16 => Aes128::new_from_slice(key).ok().map(|key| Key::Short(Box::new(key))),
            _ => Aes256::new_from_slice(key).ok().map(|key| Key::Long(Box::new(key))),
        }
    }
    fn encrypt(&self, block: &mut [u8; 16]) {
        match self {
            Key::Short(key) => key.encrypt_block(block.into()),
            Key::Long(key) => key.encrypt_block(block.into()),
        }
    }
}
