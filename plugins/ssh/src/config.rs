//! What an operator writes for an SSH server.

use std::time::Duration;

use watchkeep_sdk::config::{Config, OneOrMany, Pattern, Place, Problems, Schema, Value, response_times};
use watchkeep_sdk::net::Family;

use crate::keys::HostKey;

/// Inspects an SSH server's version, its host keys and the algorithms that it offers.
#[derive(watchkeep_sdk::Config)]
#[config(check = Ssh::consistent)]
pub struct Ssh {
    /// Where to connect, as `host:port`.
    #[config(grants = "tcp", example = "shell.example.com:22")]
    pub(crate) address: String,
    /// A regular expression that the server's version line must match.
    #[config(example = "^SSH-2\\.0-OpenSSH_1[0-9]")]
    pub(crate) banner: Option<Pattern>,
    /// The expected host keys, as `ssh-keyscan` or `ssh-keygen -l` prints them. Of several keys of one type, the server
    /// must show one; each fingerprint without a type must match one of its keys.
    #[config(default, example = ["ssh-ed25519 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"])]
    pub(crate) host_keys: OneOrMany<HostKey>,
    /// The state if the server can prove that it owns an expected key only by outdated means: `critical`, `warning` or
    /// `ok`.
    #[config(default = "critical")]
    pub(crate) unproved_keys: UnprovedKeys,
    /// Host key types that the server must not offer, such as `ssh-dss`; `weak` stands for those signed with SHA-1.
    #[config(default, example = ["ssh-dss", "ssh-rsa"])]
    pub(crate) refused_key_types: OneOrMany<Algorithm>,
    /// Key exchanges, ciphers and MACs that the server must not offer; `weak` stands for all that OpenSSH no longer
    /// offers by default.
    #[config(default, example = ["weak"])]
    pub(crate) refused_algorithms: OneOrMany<Algorithm>,
    /// A time above this, from connecting until the server has sent its algorithms, is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// Timeout for connecting, and for the whole exchange on a connection; never longer than the check's timeout.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// The state if a server proves a key with SHA-1 alone, or by DSA.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum UnprovedKeys {
    Critical,
    Warning,
    Ok,
}

/// The name of an algorithm, or `weak`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Algorithm(String);

/// Stands for a documented list.
const WEAK: &str = "weak";

impl Algorithm {
    pub(crate) fn covers(&self, name: &str, is_weak: fn(&str) -> bool) -> bool {
        if self.0 == WEAK { is_weak(name) } else { self.0 == name }
    }
}

impl Config for Algorithm {
    const SCHEMA: Schema =
        Schema::TextLike { json: r#""minLength":1,"maxLength":64,"pattern":"^[!-+\\--~]+$""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let name = String::read(value, place, problems)?;
        let is_name = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
        if is_name {
            return Some(Algorithm(name));
        }
        problems.add(
            place,
            format!("`{name}` is not an algorithm name; hint: write one as `ssh -Q cipher` prints it, several as a list"),
        )
    }
}

impl Ssh {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        for (at, Algorithm(name)) in self.refused_algorithms.0.iter().enumerate() {
            if ["ssh-", "ecdsa-", "rsa-sha2-", "sk-"].iter().any(|front| name.starts_with(front)) {
                problems.add::<()>(
                    &place.key("refused_algorithms").index(at),
                    format!("`{name}` is a type of host keys; hint: write it under `refused_key_types`"),
                );
            }
        }
    }
}
