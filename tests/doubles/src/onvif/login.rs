//! How the camera is logged in to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use roxmltree::Node;
use sha1::Sha1;
use watchkeep_sdk::wording::from_rfc3339;

use super::Onvif;
use super::words::fault;
use crate::{Reply, Request};

const EXTENSION: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const UTILITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const REALM: &str = "camera";
/// Older tokens are refused, as cameras do.
const AGE_MAX_MS: u64 = 10_000;

pub enum Login {
    Open,
    /// That of HTTP.
    Digest,
    /// That of WS-Security.
    Token,
}

pub(super) fn challenge(number: u32) -> Reply {
    let header = format!("Digest realm=\"{REALM}\", qop=\"auth\", nonce=\"n{number}\", algorithm=MD5");
    Reply::text(401, "").header("www-authenticate", header)
}

fn hex(parts: &[&str]) -> String {
    Md5::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether it has the digest of the one user who may.
pub(super) fn has_digest(request: &Request) -> bool {
    let Some(said) = request.header("authorization").and_then(|said| said.strip_prefix("Digest ")) else {
        return false;
    };
    let get = |name: &str| {
        let mut pairs = said.split(',').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(known, _)| *known == name).map_or("", |(_, value)| value.trim_matches('"'))
    };
    let who = hex(&[Onvif::USER, ":", REALM, ":", Onvif::PASSWORD]);
    let what = hex(&[&request.method, ":", &request.path]);
    let wanted = hex(&[&who, ":", get("nonce"), ":", get("nc"), ":", get("cnonce"), ":auth:", &what]);
    get("username") == Onvif::USER && get("uri") == request.path && get("response") == wanted
}

impl Onvif {
    /// What is answered to who may not ask.
    pub(super) fn refused(
        &mut self,
        request: &Request,
        header: Option<Node<'_, '_>>,
        now: u64,
    ) -> Option<Reply> {
        match self.login {
            Login::Open => None,
            Login::Digest if has_digest(request) => None,
            Login::Digest => {
                self.challenges += 1;
                Some(challenge(self.challenges))
            }
            Login::Token => match self.token(header, now) {
                Ok(()) => None,
                Err(why) => {
                    if !why.is_empty() {
                        self.unexpected.push(format!("token: {why}"));
                    }
                    Some(fault(400, "s:Sender", &["ter:NotAuthorized"], "Sender not Authorized"))
                }
            },
        }
    }

    /// Or what is wrong with it; nothing if there is none.
    fn token(&mut self, header: Option<Node<'_, '_>>, now: u64) -> Result<(), String> {
        let child = |node: Node<'_, '_>, name: (&str, &str)| {
            node.children().find(|child| child.has_tag_name(name)).map(|child| child.id())
        };
        let Some(header) = header else { return Err(String::new()) };
        let document = header.document();
        let get = |node: Node<'_, '_>, name: (&str, &str)| {
            child(node, name).and_then(|id| document.get_node(id)).ok_or_else(|| format!("no {}", name.1))
        };
        let security = get(header, (EXTENSION, "Security"))?;
        let token = get(security, (EXTENSION, "UsernameToken"))?;
        let element = |namespace: &'static str, name: &'static str| {
            child(token, (namespace, name))
                .and_then(|id| document.get_node(id))
                .ok_or_else(|| format!("no {name}"))
        };
        let password = element(EXTENSION, "Password")?;
        let text = |node: Node<'_, '_>| node.text().unwrap_or_default().to_owned();
        let (user, nonce) = (text(element(EXTENSION, "Username")?), text(element(EXTENSION, "Nonce")?));
        let created = text(element(UTILITY, "Created")?);
        if password.attribute("Type") != Some(DIGEST) {
            return Err("not a digest".to_owned());
        }
        let at = from_rfc3339(&created).ok_or("a time that is none")?;
        if at.abs_diff(now) > AGE_MAX_MS {
            return Err(format!("created {} ms from now", at.abs_diff(now)));
        }
        let bytes = STANDARD.decode(&nonce).map_err(|_| "a nonce that is not base64".to_owned())?;
        if bytes.len() < 8 || self.nonces.contains(&nonce) {
            return Err("a nonce that is short, or was used".to_owned());
        }
        self.nonces.push(nonce);
        let digest =
            Sha1::new().chain_update(&bytes).chain_update(&created).chain_update(Self::PASSWORD).finalize();
        match user == Self::USER && text(password) == STANDARD.encode(digest) {
            true => Ok(()),
            // A login that is wrong is the test's.
            false => Err(String::new()),
        }
    }
}
