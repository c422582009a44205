//! An authority by `openssl ca`: certificates of any span, key and signature, revoked ones, and OCSP responses about them.

use chrono::{DateTime, Utc};

use super::openssl::Bench;

/// What a certificate is to be like.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// For these, as a subject alternative name of OpenSSL.
    pub names: &'a str,
    pub from: chrono::Duration,
    pub to: chrono::Duration,
    /// As `-newkey` takes it, with its options.
    pub key: &'a str,
    pub digest: &'a str,
    /// For another authority.
    pub signs: bool,
}

/// A key on P-256, for loopback, since forty days and for a hundred more.
impl Default for Wanted<'_> {
    fn default() -> Self {
        Wanted {
            names: "DNS:localhost,IP:127.0.0.1,IP:::1",
            from: chrono::Duration::days(-40),
            // A test that takes long sees whole days all the same.
            to: chrono::Duration::days(100) + chrono::Duration::hours(1),
            key: "ec -pkeyopt ec_paramgen_curve:P-256",
            digest: "sha256",
            signs: false,
        }
    }
}

impl Bench {
    /// A root: `NAME.pem` and `NAME.key`.
    pub fn root(&self, name: &str) {
        self.openssl(&format!(
            "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout {name}.key -out {name}.pem -days 3650 -subj /CN={name}"
        ));
        self.keeps_books(name);
    }

    /// `NAME.pem` and `NAME.key`, signed by that authority, which may sign others if that is wanted.
    pub fn signed(&self, authority: &str, name: &str, wanted: Wanted<'_>) {
        let Wanted { names, from, to, key, digest, signs } = wanted;
        let extensions = if signs {
            "basicConstraints=critical,CA:TRUE\n".to_owned()
        } else {
            format!("basicConstraints=CA:FALSE\nsubjectAltName={names}\n")
        };
        self.write(&format!("{name}.ext"), extensions);
        self.openssl(&format!(
            "req -new -nodes -newkey {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
        let (from, to) = (moment(Utc::now() + from), moment(Utc::now() + to));
        self.openssl(&format!(
            "ca -batch -config {authority}.cnf -in {name}.csr -out {name}.pem -notext -md {digest} -startdate {from} -enddate {to} -extfile {name}.ext"
        ));
        if signs {
            self.keeps_books(name);
        }
    }

    pub fn revoked(&self, authority: &str, name: &str) {
        self.openssl(&format!("ca -config {authority}.cnf -revoke {name}.pem"));
    }

    /// `NAME.ocsp`: what the authority says of the certificate, for a day from now.
    pub fn ocsp(&self, authority: &str, name: &str, environment: &[(&str, &str)]) {
        self.openssl_with(
            &format!(
                "ocsp -index {authority}.index -rsigner {authority}.pem -rkey {authority}.key -CA {authority}.pem -issuer {authority}.pem -cert {name}.pem -no_nonce -noverify -ndays 1 -respout {name}.ocsp"
            ),
            environment,
        );
    }

    fn keeps_books(&self, name: &str) {
        self.write(&format!("{name}.index"), "");
        self.write(&format!("{name}.index.attr"), "unique_subject = no\n");
        self.write(
            &format!("{name}.cnf"),
            format!(
                "[ca]\ndefault_ca=d\n[d]\ndatabase={name}.index\nrand_serial=yes\nnew_certs_dir=.\ncertificate={name}.pem\n\
                 private_key={name}.key\ndefault_md=sha256\ndefault_days=1\npolicy=p\n[p]\ncommonName=supplied\n"
            ),
        );
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y%m%d%H%M%SZ").to_string()
}
