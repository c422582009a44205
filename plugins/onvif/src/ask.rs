//! The questions to a device.

use watchkeep_sdk::onvif::{DEVICE, MEDIA, escaped};
use watchkeep_sdk::prelude::*;

use crate::client::{Client, Operation, Wrong};
use crate::config::Onvif;
use crate::profile::{self, Profile};
use crate::soap::{SCHEMA, child, text};
use crate::time::{self, Time};
use crate::uri::{self, Uri};

/// What the device says, and when it did by the host's clock, in milliseconds since 1970.
pub(crate) fn time(client: &mut Client<'_>, url: &str) -> Result<(Time, u64), Wrong> {
    let mut told = None;
    let before = clock::now();
    let began = clock::monotonic();
    let operation = Operation { url, service: DEVICE, name: "GetSystemDateAndTime", content: String::new() };
    client.ask(&operation, &mut |answer| {
        told = Some(time::told(answer)?);
        Ok(())
    })?;
    let half = (clock::monotonic() - began) / 2;
    let at = before.saturating_add(u64::try_from(half.as_millis()).unwrap_or_default());
    told.map(|told| (told, at)).ok_or_else(nothing)
}

/// The URL of the service for media: the operator's, or the path that the device names at the host that the operator did.
pub(crate) fn media(client: &mut Client<'_>, config: &Onvif) -> Result<String, Wrong> {
    if let Some(url) = &config.media_url {
        return Ok(url.clone());
    }
    let mut found = None;
    let operation = Operation {
        url: &config.url,
        service: DEVICE,
        name: "GetCapabilities",
        content: "<Category>Media</Category>".to_owned(),
    };
    client.ask(&operation, &mut |answer| {
        let all = child(answer, DEVICE, "Capabilities");
        found = all.and_then(|all| text(all, SCHEMA, &["Media", "XAddr"])).map(str::to_owned);
        Ok(())
    })?;
    let Some(address) = found else {
        return Err(Wrong::Said("it has no service for media; hint: is it a camera?".to_owned()));
    };
    let named = uri::read(&address).map_err(|why| {
        Wrong::Said(format!("the URL of its service for media {why}; hint: set `media_url`"))
    })?;
    let own = uri::read(&config.url).map_err(|why| Wrong::Fault(Fault::config(format!("`url` {why}"))))?;
    Ok(Uri { path: named.path, ..own }.whole())
}

pub(crate) fn profiles(client: &mut Client<'_>, url: &str) -> Result<Vec<Profile>, Wrong> {
    let mut found = None;
    let operation = Operation { url, service: MEDIA, name: "GetProfiles", content: String::new() };
    client.ask(&operation, &mut |answer| {
        found = Some(profile::all(answer)?);
        Ok(())
    })?;
    found.ok_or_else(nothing)
}

pub(crate) fn stream(client: &mut Client<'_>, url: &str, token: &str) -> Result<Uri, Wrong> {
    let content = format!(
        "<StreamSetup><Stream xmlns=\"{SCHEMA}\">RTP-Unicast</Stream><Transport xmlns=\"{SCHEMA}\">\
         <Protocol>RTSP</Protocol></Transport></StreamSetup><ProfileToken>{}</ProfileToken>",
        escaped(token)
    );
    named(client, Operation { url, service: MEDIA, name: "GetStreamUri", content })
}

pub(crate) fn snapshot(client: &mut Client<'_>, url: &str, token: &str) -> Result<Uri, Wrong> {
    let content = format!("<ProfileToken>{}</ProfileToken>", escaped(token));
    named(client, Operation { url, service: MEDIA, name: "GetSnapshotUri", content })
}

fn named(client: &mut Client<'_>, operation: Operation<'_>) -> Result<Uri, Wrong> {
    let mut found = None;
    client.ask(&operation, &mut |answer| {
        let all = child(answer, MEDIA, "MediaUri");
        let said = all.and_then(|all| text(all, SCHEMA, &["Uri"])).ok_or("it names no URL")?;
        found = Some(uri::read(said).map_err(|why| format!("the URL that it names {why}"))?);
        Ok(())
    })?;
    found.ok_or_else(nothing)
}

fn nothing() -> Wrong {
    Wrong::Said("its answer is empty".to_owned())
}
