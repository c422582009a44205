//! What an operator writes for a look at a TLS server.

use std::time::Duration;

use watchkeep_sdk::config::{
    Config, OneOrMany, Place, Problems, Schema, Secret, ServerName, Value, has_address, response_times,
};
use watchkeep_sdk::net;

use crate::ciphers::Class;

/// Inspects the certificates and the protocol of a TLS server.
#[derive(watchkeep_sdk::Config)]
#[config(check = Tls::consistent)]
pub struct Tls {
    /// Where to connect, as `host:port`.
    #[config(grants = "tcp", example = "shop.example.com:443")]
    pub(crate) address: String,
    /// The protocol in which TLS is requested (STARTTLS); by default the handshake starts immediately.
    pub(crate) starttls: Option<net::StartTls>,
    /// The name sent in the handshake, which the certificate must cover; default: the host of `address`. Needs the
    /// grant `server_name`.
    #[config(example = "shop.example.com")]
    pub(crate) server_name: Option<ServerName>,
    /// Further names that the certificate must cover.
    #[config(default, example = ["www.shop.example.com"])]
    pub(crate) names: OneOrMany<String>,
    /// Warns this many days before a certificate in the chain of trust expires; 0 never warns.
    #[config(default = 14, max = 3650)]
    pub(crate) expiry_warning_days: u32,
    /// Critical this many days before a certificate expires; 0: only once it has expired.
    #[config(default = 3, max = 3650)]
    pub(crate) expiry_critical_days: u32,
    /// Does not check whether the chain is trusted: for a self-signed certificate, together with `fingerprints`.
    #[config(default = false)]
    pub(crate) ignore_trust: bool,
    /// The expected SHA-256 fingerprint of the server's certificate (in DER form), or several of which it must have
    /// one, in hexadecimal, with or without colons.
    #[config(default, example = ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
    pub(crate) fingerprints: OneOrMany<Fingerprint>,
    /// Text that the issuer's name in the server's certificate must contain.
    #[config(example = "Let's Encrypt")]
    pub(crate) issuer: Option<String>,
    /// The oldest protocol that the server may accept. The next older one is offered over a separate connection, and
    /// the server must refuse it.
    #[config(example = "TLSv1.2")]
    pub(crate) minimum_protocol: Option<Protocol>,
    /// Ciphers that the server must refuse; they are offered over separate connections.
    #[config(default, example = ["null", "anonymous", "export", "rc4", "des"])]
    pub(crate) refused_ciphers: OneOrMany<Class>,
    /// An RSA key with fewer bits is a warning; 0 never warns.
    #[config(default = 2048, max = 16384)]
    pub(crate) minimum_rsa_bits: u32,
    /// An elliptic-curve key with fewer bits is a warning; 0 never warns.
    #[config(default = 256, max = 521)]
    pub(crate) minimum_ec_bits: u32,
    /// What is required of the server's stapled OCSP response.
    #[config(default = "if_stapled")]
    pub(crate) ocsp: Ocsp,
    /// Protocols to offer, such as `h2`; the server must choose one of them.
    #[config(default, example = ["h2", "http/1.1"])]
    pub(crate) alpn: OneOrMany<String>,
    /// The client certificate to present: a secret that holds chain and key in PEM. The server's chain must be trusted.
    pub(crate) client_certificate: Option<Secret>,
    /// A time above this, from connecting to the end of the handshake, is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// Timeout for connecting, the conversation before TLS, the handshake and each test after it; never longer than the
    /// check's timeout.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: net::Family,
}

/// What is required of a stapled OCSP response.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Ocsp {
    /// It is ignored.
    Ignored,
    /// If there is one, it must be good and current.
    IfStapled,
    /// There must be one.
    Required,
}

impl Tls {
    /// Whom the server is asked for.
    pub(crate) fn name(&self) -> &str {
        let host = self.address.rsplit_once(':').map_or(&*self.address, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        self.server_name.as_ref().map_or(host, ServerName::as_str)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        has_address(&self.address, self.ip_family, place, problems);
        if self.expiry_warning_days != 0 && self.expiry_warning_days < self.expiry_critical_days {
            problems.add::<()>(
                &place.key("expiry_warning_days"),
                "must not be less than `expiry_critical_days`, or it never warns; hint: 0 says that none is wanted",
            );
        }
        if self.ignore_trust && self.client_certificate.is_some() {
            problems.add::<()>(
                &place.key("ignore_trust"),
                "no client certificate is shown to a server whose chain is not trusted; hint: leave out one of them",
            );
        }
    }
}

/// A version of TLS.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Protocol {
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl Protocol {
    const ALL: [Protocol; 5] =
        [Protocol::Ssl3, Protocol::Tls10, Protocol::Tls11, Protocol::Tls12, Protocol::Tls13];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Protocol::Ssl3 => "SSLv3",
            Protocol::Tls10 => "TLSv1.0",
            Protocol::Tls11 => "TLSv1.1",
            Protocol::Tls12 => "TLSv1.2",
            Protocol::Tls13 => "TLSv1.3",
        }
    }

    /// As the contract writes it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str() == name)
    }

    /// As it stands in a message.
    pub(crate) fn of_wire(version: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.wire() == version)
    }

    pub(crate) const fn wire(self) -> u16 {
        0x0300 + self as u16
    }

    /// The next older one.
    pub(crate) fn before(self) -> Option<Self> {
        let at = Self::ALL.iter().position(|protocol| *protocol == self)?;
        at.checked_sub(1).map(|at| Self::ALL[at])
    }
}

/// What can be asked for; older ones are none.
const MINIMA: [&str; 4] = ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

impl Config for Protocol {
    const SCHEMA: Schema = Schema::OneOfTexts { json: r#"["TLSv1.0","TLSv1.1","TLSv1.2","TLSv1.3"]"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let at = watchkeep_sdk::config::one_of(value, place, &MINIMA, problems)?;
        Protocol::named(MINIMA[at])
    }
}

/// The SHA-256 of a certificate, in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint(pub(crate) String);

impl Config for Fingerprint {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$","x-watchkeep-hint":"write the 64 hexadecimal digits that `openssl x509 -noout -fingerprint -sha256` prints""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let digits: String = text.chars().filter(|c| *c != ':').map(|c| c.to_ascii_lowercase()).collect();
        if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(Fingerprint(digits));
        }
        problems.add(
            place,
            format!("`{text}` is not a SHA-256 digest; hint: write the 64 hexadecimal digits that `openssl x509 -noout -fingerprint -sha256` prints"),
        )
    }
}
