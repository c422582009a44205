//! Ways to exchange keys, as far as it takes to know what the server signs: the hash over all that both sides said, which is
//! theirs alone since a number that was just drawn is in it. Nothing is kept secret, so this side's secret is a number with
//! which there is nothing to compute: 1 on a curve, where the key that is agreed on is the server's own share, and -1 in a
//! group, where it is one divided by that.

use sha2::{Digest as _, Sha256, Sha384, Sha512};
use watchkeep_sdk::random;

use crate::groups::{GROUP_14, GROUP_15, GROUP_16, GROUP_18, Group};
use crate::wire::{hex, mpint, positive, string};

/// One way, by its name.
#[derive(Clone, Copy)]
pub(crate) struct Exchange {
    pub(crate) name: &'static str,
    kind: Kind,
    hash: Hash,
}

#[derive(Clone, Copy)]
enum Kind {
    X25519,
    /// By its generator.
    Curve(&'static [u8]),
    Group(Group),
    /// A method that is used only to see which key the server shows.
    Unproved,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
    /// Not one to trust.
    Sha1,
}

const fn way(name: &'static str, kind: Kind, hash: Hash) -> Exchange {
    Exchange { name, kind, hash }
}

/// In which the server shows its host key at once. Old ones among them: they are asked for what a server's key is.
pub(crate) const ALL: [Exchange; 11] = [
    way("curve25519-sha256", Kind::X25519, Hash::Sha256),
    way("curve25519-sha256@libssh.org", Kind::X25519, Hash::Sha256),
    way("ecdh-sha2-nistp256", Kind::Curve(&P256), Hash::Sha256),
    way("ecdh-sha2-nistp384", Kind::Curve(&P384), Hash::Sha384),
    way("ecdh-sha2-nistp521", Kind::Curve(&P521), Hash::Sha512),
    way("diffie-hellman-group14-sha256", Kind::Group(GROUP_14), Hash::Sha256),
    way("diffie-hellman-group16-sha512", Kind::Group(GROUP_16), Hash::Sha512),
    way("diffie-hellman-group18-sha512", Kind::Group(GROUP_18), Hash::Sha512),
    way("diffie-hellman-group15-sha512", Kind::Group(GROUP_15), Hash::Sha512),
    way("diffie-hellman-group14-sha1", Kind::Unproved, Hash::Sha1),
    way("diffie-hellman-group1-sha1", Kind::Unproved, Hash::Sha1),
];

/// All that goes into the hash before the shares.
pub(crate) struct Said<'a> {
    pub(crate) own_version: &'a str,
    pub(crate) version: &'a str,
    /// The first messages, without their frames.
    pub(crate) own_offer: &'a [u8],
    pub(crate) offer: &'a [u8],
    pub(crate) key: &'a [u8],
}

/// What the server has to have signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Signed {
    Hash(Vec<u8>),
    /// A hash over which nobody trusts a signature.
    Sha1,
    /// Its share is none, so that no key can be agreed on.
    Nothing,
}

impl Exchange {
    /// This side's share.
    pub(crate) fn share(&self) -> Vec<u8> {
        match self.kind {
            Kind::X25519 => [&[9], &[0; 31][..]].concat(),
            Kind::Curve(generator) => generator.to_vec(),
            Kind::Group(group) => mpint(&group.share()),
            // Positive, and smaller than the prime of the smallest group.
            Kind::Unproved => [vec![0x40], random::bytes(126)].concat(),
        }
    }

    /// RFC 5656, 4, and RFC 4253, 8.
    pub(crate) fn signed(&self, said: &Said<'_>, own_share: &[u8], share: &[u8]) -> Signed {
        let agreed = match self.kind {
            Kind::X25519 => (share.len() == 32).then(|| share.to_vec()),
            // Its first half is the one that counts. Whether it is on the curve is the server's own business.
            Kind::Curve(generator) => {
                let is_point = share.len() == generator.len() && share.first() == Some(&4);
                is_point.then(|| share[1..=share.len() / 2].to_vec())
            }
            Kind::Group(group) => positive(share).and_then(|number| group.inverse(number)),
            Kind::Unproved => return Signed::Sha1,
        };
        let Some(agreed) = agreed else { return Signed::Nothing };
        let parts = [
            said.own_version.as_bytes(),
            said.version.as_bytes(),
            said.own_offer,
            said.offer,
            said.key,
            own_share,
            share,
            &mpint(&agreed),
        ];
        let all = parts.map(string).concat();
        match self.hash {
            Hash::Sha256 => Signed::Hash(Sha256::digest(all).to_vec()),
            Hash::Sha384 => Signed::Hash(Sha384::digest(all).to_vec()),
            Hash::Sha512 => Signed::Hash(Sha512::digest(all).to_vec()),
            Hash::Sha1 => Signed::Sha1,
        }
    }
}

// The generators of the curves, as points.

const P256: [u8; 65] =
    hex(b"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e\
    162bce33576b315ececbb6406837bf51f5");
const P384: [u8; 97] =
    hex(b"04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760a\
    b73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e\
    5f");
const P521: [u8; 133] =
    hex(b"0400c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2\
    ffa8de3348b3c1856a429bf97e7e31c2e5bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd\
    17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650");
