//! The host's own certificates: read at the start and at every reload, and again when their files change. What is no good is
//! never shown: the certificate before it goes on, and the log says what is wrong with the new one.

use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, anyhow};
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use watchkeep_config::{HostConfig, Problem, Severity, TlsFiles};
use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;
use watchkeep_web::Transport;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::clock::wall;

/// How often the files are looked at. They are read whole, because a link that leads elsewhere changes no date.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// More than any chain has.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What is wrong with a pair of files, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Flaw {
    message: String,
    hint: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; hint: {}", self.message, self.hint)
    }
}

/// A certificate with its key.
#[derive(Debug)]
struct Pair {
    certified: Arc<CertifiedKey>,
    /// Of both files, so that it is known again.
    digest: Digest,
    expires_at: Wall,
}

/// The certificate of one listener.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: ArcSwap<TlsFiles>,
    shown: ArcSwap<Pair>,
    /// What was wrong when the files were last looked at, and how often that was found in a row. Whoever replaces two files
    /// replaces one of them first.
    found: Mutex<Option<(Flaw, u32)>>,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown.load().certified.clone())
    }
}

impl Certificate {
    /// Reads a listener's certificate for the first time.
    fn open(files: &TlsFiles) -> Result<Arc<Self>> {
        let pair = read(files).map_err(|flaw| anyhow!("{flaw}"))?;
        if let Some(flaw) = expired(files, &pair) {
            tracing::warn!("{flaw}");
        }
        Ok(Arc::new(Self {
            files: ArcSwap::from_pointee(files.clone()),
            shown: ArcSwap::from_pointee(pair),
            found: Mutex::default(),
        }))
    }

    fn transport(self: &Arc<Self>) -> Result<Transport> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Transport::Tls(Arc::new(config)))
    }

    /// Shows what the files hold now, if it is good.
    fn look(&self) -> Result<(), Flaw> {
        let files = self.files.load_full();
        let pair = read(&files)?;
        let shown = self.shown.load();
        if pair.digest == shown.digest {
            return Ok(());
        }
        if let Some(flaw) = expired(&files, &pair)
            && shown.expires_at > wall()
        {
            return Err(flaw);
        }
        tracing::info!(file = %files.certificate.display(), "the host shows a new certificate");
        self.shown.store(Arc::new(pair));
        Ok(())
    }

    /// The same, and says what is wrong once that has been so for two looks.
    fn look_again(&self) {
        let looked = self.look();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        *found = match (looked, found.take()) {
            (Ok(()), _) => None,
            (Err(flaw), Some((before, times))) if before == flaw => {
                if times == 1 {
                    tracing::error!("the host goes on with the certificate that it has: {flaw}");
                }
                Some((flaw, times.saturating_add(1)))
            }
            (Err(flaw), _) => Some((flaw, 1)),
        };
    }
}

/// The certificates of the listeners that speak TLS.
#[derive(Clone, Default)]
pub(crate) struct Certificates {
    pages: Option<Arc<Certificate>>,
    public: Option<Arc<Certificate>>,
}

impl Certificates {
    /// # Errors
    /// If one is no good: a host that cannot be asked in the way that is meant does not start.
    pub(crate) fn open(host: &HostConfig) -> Result<Self> {
        let open = |files: &Option<TlsFiles>| files.as_ref().map(Certificate::open).transpose();
        Ok(Self { pages: open(&host.tls)?, public: open(&host.public_tls)? })
    }
    pub(crate) fn of_pages(&self) -> Result<Transport> {
        self.pages.as_ref().map_or(Ok(Transport::Plain), Certificate::transport)
    }
    pub(crate) fn of_public(&self) -> Result<Transport> {
        self.public.as_ref().map_or(Ok(Transport::Plain), Certificate::transport)
    }

    /// Takes the files that another config names, and looks at them at once. What is wrong has been said by [`problems`].
    pub(crate) fn reload(&self, host: &HostConfig) {
        for (certificate, files) in [(&self.pages, &host.tls), (&self.public, &host.public_tls)] {
            if let (Some(certificate), Some(files)) = (certificate, files) {
                certificate.files.store(Arc::new(files.clone()));
                // It is said again if it stays so.
                let _ = certificate.look();
            }
        }
    }
}

/// Looks at the files now and then. Runs until it is dropped.
pub(crate) async fn watch(certificates: Certificates) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for certificate in certificates.pages.iter().chain(&certificates.public) {
            let certificate = Arc::clone(certificate);
            // A disk that hangs must hold up nobody else.
            let looked = tokio::task::spawn_blocking(move || certificate.look_again());
            if looked.await.is_err() {
                return;
            }
        }
    }
}

/// What is wrong with the files that a config names, at the places that name them.
pub(crate) fn problems(host: &HostConfig) -> Vec<Problem> {
    let all = host.tls.iter().chain(&host.public_tls);
    all.filter_map(|files| match read(files) {
        Err(flaw) => Some(files.problem(Severity::Error, &flaw.message, &flaw.hint)),
        Ok(pair) => {
            expired(files, &pair).map(|flaw| files.problem(Severity::Warning, &flaw.message, &flaw.hint))
        }
    })
    .collect()
}

fn expired(files: &TlsFiles, pair: &Pair) -> Option<Flaw> {
    (pair.expires_at <= wall()).then(|| Flaw {
        message: format!(
            "the certificate in `{}` expired at {}: browsers refuse it",
            files.certificate.display(),
            pair.expires_at
        ),
        hint: "renew it; the host takes the new one within seconds".to_owned(),
    })
}

fn read(files: &TlsFiles) -> Result<Pair, Flaw> {
    let chain_pem = contents(&files.certificate)?;
    let key_pem = contents(&files.key)?;
    not_open_to_all(&files.key)?;
    let (named, key_named) = (files.certificate.display(), files.key.display());
    let flaw = |message: String, hint: &str| Flaw { message, hint: hint.to_owned() };

    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&chain_pem)
        .collect::<Result<_, _>>()
        .map_err(|_| flaw(format!("a certificate in `{named}` is not valid PEM"), WHOLE))?;
    let Some(first) = chain.first() else {
        return Err(flaw(format!("`{named}` holds no certificate in PEM form"), WHOLE));
    };
    let expires_at = expiry(first)
        .ok_or_else(|| flaw(format!("the first certificate in `{named}` cannot be read"), WHOLE))?;
    if holds(&key_pem, "-----BEGIN ENCRYPTED PRIVATE KEY") || holds(&key_pem, "Proc-Type: 4,ENCRYPTED") {
        return Err(flaw(format!("the private key in `{key_named}` is encrypted"), DECRYPT));
    }
    let key = PrivateKeyDer::from_pem_slice(&key_pem)
        .map_err(|_| flaw(format!("`{key_named}` holds no private key in PEM form"), KEY))?;
    let certified = CertifiedKey::from_der(chain, key, &default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => flaw(
            format!("the private key in `{key_named}` is not that of the certificate in `{named}`"),
            "take the two files that were made together; the host's own certificate comes first in its file",
        ),
        _ => flaw(format!("the private key in `{key_named}` is not one that this host can use"), KINDS),
    })?;
    let digest = Digest::of(&[Digest::of(&chain_pem).0, Digest::of(&key_pem).0].concat());
    Ok(Pair { certified: Arc::new(certified), digest, expires_at })
}

const WHOLE: &str =
    "write the host's certificate into it in PEM form, and below it those that lead to its authority";
const KEY: &str = "write the private key into it in PEM form; it begins with `-----BEGIN PRIVATE KEY-----`";
const KINDS: &str = "take a key of P-256, P-384, Ed25519, or RSA of 2,048 bits or more";
const DECRYPT: &str =
    "store it without a pass phrase: `openssl pkey -in key.pem -out plain.pem`, and protect that file";

fn contents(path: &Path) -> Result<Vec<u8>, Flaw> {
    let named = path.display();
    let unreadable = |error: &dyn fmt::Display| Flaw {
        message: format!("cannot read `{named}`: {error}"),
        hint: "check the path under [host], and that the user that runs the host may read it".to_owned(),
    };
    let facts = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    // Opening a pipe would wait for a writer for ever.
    if !facts.is_file() {
        return Err(unreadable(&"it is not a file"));
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.is_empty() {
        return Err(Flaw {
            message: format!("`{named}` is empty"),
            hint: "write the file whole, then give it its name (`mv`)".to_owned(),
        });
    }
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(unreadable(&"it has more than 1 MiB"));
    }
    Ok(bytes)
}

/// A key that everybody can read is everybody's, and is refused as sshd refuses it. Its group may read it: that is how a key
/// is shared with a service.
fn not_open_to_all(path: &Path) -> Result<(), Flaw> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o006;
    let mode = std::fs::metadata(path).map_or(0, |facts| facts.permissions().mode());
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(Flaw {
        message: format!("everybody on this machine can read or write the private key `{}`", path.display()),
        hint: format!("chmod 640 {}", path.display()),
    })
}

fn expiry(der: &CertificateDer<'_>) -> Option<Wall> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    Some(Wall::from_millis(parsed.validity().not_after.timestamp().saturating_mul(1_000)))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
