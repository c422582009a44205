//! Who asks in version 3.

use watchkeep_sdk::config::{Place, Problems, Secret};

/// A user of version 3. The level follows from what is given: neither, `authentication` alone, or `privacy` as well.
#[derive(watchkeep_sdk::Config)]
#[config(check = User::consistent)]
pub(crate) struct User {
    /// The user's name.
    #[config(non_empty, example = "monitor")]
    pub(crate) name: String,
    /// How requests and answers are signed.
    pub(crate) authentication: Option<Authentication>,
    /// How requests and answers are encrypted.
    pub(crate) privacy: Option<Privacy>,
    /// The context, if the agent has several.
    #[config(default = "", example = "vrf-blue")]
    pub(crate) context: String,
}

/// How requests and answers are signed.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Authentication {
    /// The digest.
    pub(crate) protocol: Digest,
    /// The password for signing.
    pub(crate) password: Secret,
}

/// How requests and answers are encrypted.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Privacy {
    /// The cipher. The two with 256 bits differ in how they extend a key if the digest is too short: `aes256` as
    /// Net-SNMP and most others do, `aes256_cisco` as Cisco does.
    #[config(default = "aes128")]
    pub(crate) protocol: Cipher,
    /// The password for encryption.
    pub(crate) password: Secret,
}

/// The digest with which messages are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// The cipher with which messages are encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub enum Cipher {
    Aes128,
    Aes256,
    Aes256Cisco,
}

impl User {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.privacy.is_some() && self.authentication.is_none() {
            let said = "nothing is encrypted that is not signed; hint: add `authentication`";
            problems.add::<()>(&place.key("privacy"), said);
        }
        if self.name.len() > 32 {
            problems.add::<()>(&place.key("name"), "a user's name has at most 32 bytes");
        }
    }
}
