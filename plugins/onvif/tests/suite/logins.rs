//! Logins: that of HTTP, which the host answers, and that of WS-Security, for which the password is revealed.

use serde_json::json;
use watchkeep_doubles::onvif::{Login, Onvif};
use watchkeep_plugin_onvif::run;
use watchkeep_sdk::testing::{Answer, Host, NOW};
use watchkeep_sdk::{Fault, State};

use super::{DEVICE, MEDIA, config, has, judged, login, profile};

const TIME: &str = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><GetSystemDateAndTimeResponse \
    xmlns='http://www.onvif.org/ver10/device/wsdl'><SystemDateAndTime xmlns:t='http://www.onvif.org/ver10/schema'>\
    <t:UTCDateTime><t:Time><t:Hour>5</t:Hour><t:Minute>6</t:Minute><t:Second>7</t:Second></t:Time><t:Date><t:Year>2026</t:Year>\
    <t:Month>3</t:Month><t:Day>4</t:Day></t:Date></t:UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse></s:Body>\
    </s:Envelope>";
const PROFILES: &str = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><GetProfilesResponse \
    xmlns='http://www.onvif.org/ver10/media/wsdl'><Profiles token='a'/></GetProfilesResponse></s:Body></s:Envelope>";

fn token_camera() -> Onvif {
    Onvif::new(NOW, Login::Token)
}

#[test]
fn a_token_is_made_by_the_cameras_own_clock_and_anew_for_each_request() {
    let mut camera = token_camera();
    camera.ahead_ms = -7_200_000;
    let host = Host::new().revealed("password", Onvif::PASSWORD);
    let (ran, double) = judged(camera, host, login(profile(json!({}))));
    has(&ran, "clock", State::Critical, "behind");
    has(&ran, "profile mainStream", State::Ok, "H264 1920x1080");
    // The first is asked without a token, and once more with it.
    let asked = ["GetSystemDateAndTime", "GetCapabilities", "GetProfiles", "GetProfiles", "GetStreamUri"];
    assert_eq!(double.with(|it| it.asked.clone()), asked);
    for sent in &ran.sent {
        assert!(!String::from_utf8_lossy(&sent.body).contains(Onvif::PASSWORD));
    }
}

#[test]
fn a_token_needs_the_grant_reveal_and_a_digest_of_http_does_not() {
    let (ran, _) = judged(token_camera(), Host::new().secret("password", Onvif::PASSWORD), login(json!({})));
    assert!(matches!(ran.error(), Fault::Denied(_)), "{:?}", ran.error());
    let challenge =
        || Answer::status(401).header("WWW-Authenticate", "Digest realm=\"cam\", nonce=\"1\", qop=\"auth\"");
    let config = config(login(json!({ "media_url": "http://cam.example.com/onvif/media_service" })));
    let ran = Host::new()
        .secret("password", Onvif::PASSWORD)
        .answer(DEVICE, Answer::status(200).body(TIME))
        .answer(MEDIA, challenge())
        .answer(MEDIA, Answer::status(200).body(PROFILES))
        .check(run, &config);
    has(&ran, "profiles", State::Ok, "1 profile: `a`");
    assert_eq!(ran.extras.iter().filter(|extras| extras.digest.is_some()).count(), 1);
    // Refused although the host answers it: it is not tried a third time.
    let ran = Host::new()
        .secret("password", Onvif::PASSWORD)
        .answer(DEVICE, Answer::status(200).body(TIME))
        .answer(MEDIA, challenge())
        .answer(MEDIA, challenge())
        .check(run, &config);
    has(
        &ran,
        "profiles",
        State::Critical,
        "it refuses the login of `watchkeep`; hint: check user and password",
    );
}

#[test]
fn a_login_that_is_missing_or_wrong_is_one_alert_and_the_clock_is_judged_even_so() {
    let (ran, double) = judged(token_camera(), Host::new(), profile(json!({})));
    has(&ran, "clock", State::Ok, "");
    has(&ran, "profiles", State::Critical, "it requires a login; hint: add `user` and `password`");
    has(&ran, "profile mainStream", State::Unknown, "not judged: the list of profiles could not be read");
    assert_eq!(double.with(|it| it.asked.len()), 3);
    let host = Host::new().revealed("password", "wrong");
    let (ran, double) = judged(token_camera(), host, login(profile(json!({}))));
    has(&ran, "profiles", State::Critical, "it refuses the login of `watchkeep`");
    has(&ran, "profile mainStream", State::Unknown, "not judged");
    assert_eq!(ran.report().summary.matches("login").count(), 1);
    // Further tries would lock the user out.
    assert_eq!(double.with(|it| it.asked.len()), 4);
}

#[test]
fn a_user_with_letters_of_xml_is_escaped() {
    let host = Host::new().revealed("password", Onvif::PASSWORD);
    let (ran, _) = judged(token_camera(), host, login(json!({ "user": "<a>&b" })));
    has(&ran, "profiles", State::Critical, "it refuses the login of `<a>&b`");
    assert!(ran.sent.iter().any(|sent| String::from_utf8_lossy(&sent.body).contains("&lt;a&gt;&amp;b")));
}
