//! Host keys, as operators write them and as servers show them.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest as _, Sha256};
use watchkeep_sdk::clipped;
use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

use crate::wire;

/// What kind of key it is, whatever it signs with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum KeyType {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Rsa,
    Dsa,
}

impl KeyType {
    pub(crate) const ALL: [KeyType; 6] = [
        KeyType::Ed25519,
        KeyType::EcdsaP256,
        KeyType::EcdsaP384,
        KeyType::EcdsaP521,
        KeyType::Rsa,
        KeyType::Dsa,
    ];

    /// As it stands in known_hosts, and at the front of the key itself.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            KeyType::Ed25519 => "ssh-ed25519",
            KeyType::EcdsaP256 => "ecdsa-sha2-nistp256",
            KeyType::EcdsaP384 => "ecdsa-sha2-nistp384",
            KeyType::EcdsaP521 => "ecdsa-sha2-nistp521",
            KeyType::Rsa => "ssh-rsa",
            KeyType::Dsa => "ssh-dss",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The names under which a server offers it: one key, several ways to sign.
    pub(crate) const fn algorithms(self) -> &'static [&'static str] {
        match self {
            KeyType::Ed25519 => &["ssh-ed25519"],
            KeyType::EcdsaP256 => &["ecdsa-sha2-nistp256"],
            KeyType::EcdsaP384 => &["ecdsa-sha2-nistp384"],
            KeyType::EcdsaP521 => &["ecdsa-sha2-nistp521"],
            KeyType::Rsa => &["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
            KeyType::Dsa => &["ssh-dss"],
        }
    }

    /// As `ssh-keygen -l` calls it, behind the key's bits.
    fn printed(bits: &str, name: &str) -> Option<Self> {
        match (name, bits) {
            ("(ED25519)", _) => Some(KeyType::Ed25519),
            ("(ECDSA)", "256") => Some(KeyType::EcdsaP256),
            ("(ECDSA)", "384") => Some(KeyType::EcdsaP384),
            ("(ECDSA)", "521") => Some(KeyType::EcdsaP521),
            ("(RSA)", _) => Some(KeyType::Rsa),
            ("(DSA)", _) => Some(KeyType::Dsa),
            (_, _) => None,
        }
    }
}

/// A key that is expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HostKey {
    /// None where the operator wrote a bare fingerprint.
    pub(crate) kind: Option<KeyType>,
    /// `SHA256:...`, as OpenSSH writes it.
    pub(crate) fingerprint: String,
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// As OpenSSH writes it.
pub(crate) fn fingerprint(key: &[u8]) -> String {
    format!("SHA256:{}", BASE64.encode(Sha256::digest(key)))
}

impl HostKey {
    /// A fingerprint, a line of `ssh-keygen -l`, a public key, or a line of known_hosts.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let digests = words.iter().find_map(|word| word.strip_prefix("SHA256:"));
        if let Some(digest) = digests {
            let bytes = BASE64.decode(digest).ok().filter(|bytes| bytes.len() == 32);
            let bytes = bytes.ok_or("a SHA-256 has 43 letters of base64")?;
            let named = words.iter().find_map(|word| KeyType::named(word));
            let printed = || KeyType::printed(words.first()?, words.last()?);
            let fingerprint = format!("SHA256:{}", BASE64.encode(bytes));
            return Ok(HostKey { kind: named.or_else(printed), fingerprint });
        }
        let at = words.iter().position(|word| KeyType::named(word).is_some());
        let (kind, key) = at
            .and_then(|at| Some((KeyType::named(words.get(at)?)?, words.get(at + 1)?)))
            .ok_or("it is neither a SHA-256 nor a public key")?;
        let key = BASE64.decode(key).map_err(|_| "the key is not base64")?;
        match wire::key_type(&key) {
            Some(inner) if inner == kind.as_str() => {
                Ok(HostKey { kind: Some(kind), fingerprint: fingerprint(&key) })
            }
            Some(_) | None => Err("the key is cut off, or one of another type"),
        }
    }
}

impl Config for HostKey {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""minLength":1,"x-watchkeep-hint":"write `SHA256:...` as `ssh-keyscan HOST | ssh-keygen -lf -` prints it, or `ssh-ed25519 AAAA...` as in known_hosts""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        match HostKey::parse(&text) {
            Ok(key) => Some(key),
            Err(why) => problems.add(
                place,
                format!(
                    "`{}` is not a host key: {why}; hint: write `SHA256:...` as `ssh-keyscan HOST | ssh-keygen -lf -` prints it, or `ssh-ed25519 AAAA...` as in known_hosts",
                    clipped(&text)
                ),
            ),
        }
    }
}
