//! Who asks in version 3.

use watchkeep_sdk::config::{Place, Problems, Secret};

/// A user of version 3. What is given says the level: neither, `authentication` alone, or `privacy` as well.
#[derive(watchkeep_sdk::Config)]
#[config(check = User::consistent)]
pub(crate) struct User {
    /// The user's name.
    #[config(non_empty, example = "monitor")]
    pub(crate) name: String,
    /// What questions and answers are signed with.
    pub(crate) authentication: Option<Authentication>,
    /// What they are encrypted with.
    pub(crate) privacy: Option<Privacy>,
    /// The context, where the agent has several.
    #[config(default = "", example = "vrf-blue")]
    pub(crate) context: String,
}

/// What questions and answers are signed with.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Authentication {
    /// By which digest.
    pub(crate) protocol: Digest,
    /// The password for it.
    pub(crate) password: Secret,
}

/// What they are encrypted with.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Privacy {
    /// By which cipher. The two of 256 bits differ in how they make a key of a digest that is too short for one: `aes256`
    /// as Net-SNMP and most others, `aes256_cisco` as Cisco's.
    #[config(default = "aes128")]
    pub(crate) protocol: Cipher,
    /// The password for it.
    pub(crate) password: Secret,
}

/// By which digest messages are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// By which cipher messages are encrypted.
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
