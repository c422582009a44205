//! The double of a camera refuses what a camera refuses.

use std::time::Duration;

use watchkeep_doubles::onvif::{Login, Onvif};
use watchkeep_doubles::{Double, Request};
use watchkeep_sdk::testing::NOW;

const DEVICE: &str = "http://www.onvif.org/ver10/device/wsdl";
const MEDIA: &str = "http://www.onvif.org/ver10/media/wsdl";

fn envelope(namespace: &str, name: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><{name} xmlns='{namespace}'/></s:Body></s:Envelope>"
    )
}

fn typed(service: &str, name: &str) -> String {
    format!("application/soap+xml; charset=utf-8; action=\"{service}/{name}\"")
}

#[track_caller]
fn refused(login: Login, method: &str, path: &str, media_type: &str, body: &str, status: u16, said: &str) {
    let mut camera = Onvif::new(NOW, login);
    let request = Request::new(method, path, media_type, body.to_owned());
    let reply = camera.answer(&request, Duration::ZERO, "http://cam");
    assert!(reply.status == status && reply.body.contains(said), "{}: {}", reply.status, reply.body);
}

#[test]
fn what_is_not_a_request_of_onvif_is_refused() {
    let (path, name) = (Onvif::DEVICE_PATH, "GetSystemDateAndTime");
    let (right, body) = (typed(DEVICE, name), envelope(DEVICE, name));
    let open = || Login::Open;
    refused(open(), "GET", path, &right, &body, 405, "");
    refused(open(), "POST", "/", &right, &body, 404, "");
    refused(open(), "POST", path, "text/xml", &body, 415, "");
    refused(open(), "POST", path, &right, "<a", 400, "ter:WellFormed");
    let old =
        body.replace("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/");
    refused(open(), "POST", path, &right, &old, 400, "s:VersionMismatch");
    refused(open(), "POST", path, &right, &envelope(MEDIA, name), 400, "ter:Namespace");
    refused(open(), "POST", path, &typed(DEVICE, "GetUsers"), &body, 400, "Action Mismatch");
    refused(
        open(),
        "POST",
        path,
        &typed(DEVICE, "GetUsers"),
        &envelope(DEVICE, "GetUsers"),
        500,
        "ter:ActionNotSupported",
    );
    refused(open(), "POST", path, &right, &body, 200, "<tt:Hour>5</tt:Hour>");
}

#[test]
fn a_login_is_demanded_in_both_ways() {
    let (path, name) = (Onvif::MEDIA_PATH, "GetProfiles");
    let (right, body) = (typed(MEDIA, name), envelope(MEDIA, name));
    refused(Login::Token, "POST", path, &right, &body, 400, "ter:NotAuthorized");
    refused(Login::Digest, "POST", path, &right, &body, 401, "");
    refused(Login::Open, "POST", path, &right, &body, 200, "mainStream");
    let stream = envelope(MEDIA, "GetStreamUri");
    refused(Login::Open, "POST", path, &typed(MEDIA, "GetStreamUri"), &stream, 400, "ter:InvalidStreamSetup");
    let picture = envelope(MEDIA, "GetSnapshotUri");
    refused(Login::Open, "POST", path, &typed(MEDIA, "GetSnapshotUri"), &picture, 400, "ter:NoProfile");
}
