//! AWS Signature Version 4 over the request as it leaves, by AWS's own crate. The secret is what AWS's tools keep in a
//! credentials file: an access key's id, the key, perhaps a session token.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST, HeaderName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use tracing::subscriber::{NoSubscriber, with_default};
use watchkeep_core::time::Wall;

use super::super::exchange::{Outgoing, host_field};
use super::super::mask::Mask;
use super::{Flaw, Named, Unplaced, sensitive};
use crate::contract::transport::Sigv4Placement;
use crate::network::failure::Problem;

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const SCOPE_BYTES_MAX: usize = 64;

/// The parts of the secret.
#[derive(Clone, Copy)]
struct AccessKey<'a> {
    id: &'a str,
    key: &'a str,
    token: Option<&'a str>,
}

impl<'a> AccessKey<'a> {
    fn of(secret: &'a Named) -> Result<Self, Unplaced> {
        Self::parse(secret.text()?).ok_or_else(|| secret.unfit(Flaw::NoAccessKey))
    }

    /// Reads one profile, in which each value occurs once.
    fn parse(text: &'a str) -> Option<Self> {
        let (mut id, mut key, mut token) = (None, None, None);
        for line in
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']))
        {
            if line.starts_with('[') {
                if id.is_some() || key.is_some() || token.is_some() {
                    return None;
                }
                continue;
            }
            let (name, value) = line.split_once('=')?;
            let part = match name.trim().to_ascii_lowercase().as_str() {
                "aws_access_key_id" => &mut id,
                "aws_secret_access_key" => &mut key,
                "aws_session_token" => &mut token,
                // Such as `region`, which is the plugin's business.
                _ => continue,
            };
            let value = value.trim();
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return None;
            }
            if part.replace(value).is_some() {
                return None;
            }
        }
        Some(Self { id: id?, key: key?, token })
    }
}

/// From now on each part of it is masked on its own.
pub(super) fn mask(secret: &Named, mask: &mut Mask) -> Result<(), Unplaced> {
    let AccessKey { id, key, token } = AccessKey::of(secret)?;
    for part in [Some(id), Some(key), token].into_iter().flatten() {
        mask.add(part.as_bytes());
    }
    Ok(())
}

/// What can be refused before a secret is looked at.
pub(super) fn check(placement: &Sigv4Placement, outgoing: &Outgoing) -> Result<(), Problem> {
    let Sigv4Placement { region, service } = placement;
    let is_name = |name: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (1..=SCOPE_BYTES_MAX).contains(&name.len()) && name.bytes().all(fits)
    };
    if !is_name(region) || !is_name(service) {
        let message = "a region and a service of AWS are short names, such as `eu-west-1` and `execute-api`";
        return Err(Problem::invalid(message));
    }
    match outgoing.headers.iter().find(|(_, value)| value.to_str().is_err()) {
        None => Ok(()),
        Some((name, _)) => {
            let message = format!("the value of header `{name}` is not ASCII, so AWS cannot check it");
            Err(Problem::invalid(message))
        }
    }
}

pub(super) fn sign(
    secret: &Named,
    placement: &Sigv4Placement,
    now: Wall,
    outgoing: &mut Outgoing,
    mask: &mut Mask,
) -> Result<(), Unplaced> {
    let signed = sign_with(AccessKey::of(secret)?, placement, now, outgoing);
    let signature = signed.map_err(|flaw| secret.unfit(flaw))?;
    mask.add_signature(&signature);
    Ok(())
}

/// Signs the request. Returns the signature, which is then in the request.
fn sign_with(
    access_key: AccessKey<'_>,
    placement: &Sigv4Placement,
    now: Wall,
    outgoing: &mut Outgoing,
) -> Result<String, Flaw> {
    let Sigv4Placement { region, service } = placement;
    // What an earlier hop or the guest wrote here does not belong to this signature.
    for name in [AUTHORIZATION, DATE, TOKEN, CONTENT_DIGEST] {
        outgoing.headers.remove(name);
    }
    let identity =
        Credentials::new(access_key.id, access_key.key, access_key.token.map(str::to_owned), None, "secret")
            .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(UNIX_EPOCH + Duration::from_millis(u64::try_from(now.millis()).unwrap_or(0)))
        .settings(settings(service))
        .build()
        .expect("every parameter was given")
        .into();
    if is_s3(service) {
        outgoing.url.set_path(&strictly_encoded(outgoing.url.path()));
    }
    let host = host_field(&outgoing.url).map_err(|_| Flaw::NotTogether)?;
    let named = outgoing.headers.get(HOST).unwrap_or(&host);
    let mut headers = vec![(HOST.as_str(), named)];
    // Proxies may change headers that the host adds for itself.
    let signed = outgoing.headers.iter().filter(|(name, _)| ![ACCEPT, ACCEPT_ENCODING, HOST].contains(name));
    headers.extend(signed.map(|(name, value)| (name.as_str(), value)));
    let headers: Option<Vec<(&str, &str)>> =
        headers.into_iter().map(|(name, value)| Some((name, value.to_str().ok()?))).collect();
    // Headers that the guest wrote are ASCII, so what is not comes from a secret.
    let headers = headers.ok_or(Flaw::NoAscii)?;
    let cannot = |_| Flaw::NotTogether;
    let request = SignableRequest::new(
        outgoing.method.as_str(),
        outgoing.url.as_str(),
        headers.into_iter(),
        SignableBody::Bytes(&outgoing.body),
    )
    .map_err(cannot)?;
    // The crate would trace the request, with whatever other secrets are in it already.
    let output = with_default(NoSubscriber::new(), || sign_request(request, &parameters)).map_err(cannot)?;
    let (instructions, signature) = output.into_parts();
    let (added, _) = instructions.into_parts();
    for header in added {
        let value = sensitive(header.value()).ok_or(Flaw::NotTogether)?;
        outgoing.headers.insert(HeaderName::from_static(header.name()), value);
    }
    Ok(signature)
}

fn is_s3(service: &str) -> bool {
    service == "s3" || service.starts_with("s3-") || service == "s3express"
}

/// All but unreserved characters, as S3 encodes a path itself before it checks the signature.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn strictly_encoded(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let bytes: Vec<u8> = percent_decode_str(segment).collect();
        percent_encode(&bytes, &RESERVED).to_string()
    });
    segments.collect::<Vec<_>>().join("/")
}

/// S3 takes a path as it is, and wants the body's digest in a header.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if is_s3(service) {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    settings
}

#[cfg(test)]
mod tests;
