//! Answers of no camera, and of hostile ones.

use serde_json::json;
use watchkeep_plugin_onvif::run;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

use super::{DEVICE, config};

fn answered(answer: Answer) -> Ran<Report, Fault> {
    Host::new().answer(DEVICE, answer).check(run, &config(json!({})))
}

/// The whole report is critical, and there is no finding: nobody is there who could say more.
#[track_caller]
fn says(answer: Answer, said: &str) {
    let ran = answered(answer);
    let report = ran.report();
    assert!(
        report.state == State::Critical && report.summary.contains(said),
        "{:?}: {}",
        report.state,
        report.summary
    );
    assert!(report.findings.is_empty());
    assert!(!report.summary.chars().any(char::is_control));
}

fn envelope(body: &str) -> Answer {
    let text = format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>{body}</s:Body></s:Envelope>"
    );
    Answer::status(200).body(text)
}

#[test]
fn who_does_not_speak_onvif_is_told_apart() {
    says(
        Answer::status(200).body("<!DOCTYPE html><html></html>"),
        "its answer has a document type, which SOAP forbids",
    );
    says(Answer::status(200).body("<html><body/></html>"), "it answers with XML that is not SOAP (`html`)");
    says(Answer::status(200).body("hello"), "its answer is not XML");
    says(Answer::status(200).body(""), "its answer is not XML");
    says(Answer::status(404).body("<html/>"), "it answers with status 404; hint: look at the path of `url`");
    says(Answer::status(405), "status 405: no service of ONVIF is there");
    says(Answer::status(503), "it answers with status 503");
    says(Answer::status(403), "status 403; hint: the user may not use ONVIF");
    says(
        Answer::status(302).header("location", "https://cam/\u{1b}[2J"),
        "redirects to `https://cam/\\u{1b}[2J` (status 302)",
    );
    let old = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>";
    says(Answer::status(200).body(old), "it answers in SOAP 1.1; ONVIF uses 1.2");
    says(envelope(""), "its answer has `nothing` in place of `GetSystemDateAndTimeResponse`");
    says(envelope("<x/>"), "its answer has `x` in place of `GetSystemDateAndTimeResponse`");
    let failed = Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.7", 80);
    says(failed, "connection refused by 192.0.2.7:80");
}

#[test]
fn entities_depth_and_size_are_limited() {
    let entity = "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><a>&b;</a>";
    says(Answer::status(200).body(entity), "its answer has a document type");
    let outside = "<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><a>&a;</a>";
    says(Answer::status(200).body(outside), "its answer has a document type");
    says(envelope("&b;"), "its answer is not XML");
    says(envelope(&format!("{}{}", "<a>".repeat(100), "</a>".repeat(100))), "nested too deeply");
    says(envelope(&format!("{}{}", "<a>".repeat(19_000), "</a>".repeat(19_000))), "nested too deeply");
    says(envelope(&"<a>".repeat(100_000)), "its answer is ");
    says(envelope(&"<a/>".repeat(100_000)), "its answer is XML of more than 20000 parts");
    says(envelope(&"x".repeat(600_000)), "its answer is longer than 524288 bytes");
    says(Answer::status(200).body(vec![0xff; 10_000]), "its answer is not XML");
}

#[test]
fn times_that_are_none_are_named() {
    let told = |utc: &str| {
        envelope(&format!(
            "<GetSystemDateAndTimeResponse xmlns='http://www.onvif.org/ver10/device/wsdl'><SystemDateAndTime \
             xmlns:t='http://www.onvif.org/ver10/schema'>{utc}</SystemDateAndTime></GetSystemDateAndTimeResponse>"
        ))
    };
    let utc = |year: &str, hour: &str| {
        told(&format!(
            "<t:UTCDateTime><t:Time><t:Hour>{hour}</t:Hour><t:Minute>0</t:Minute><t:Second>0</t:Second></t:Time><t:Date>\
             <t:Year>{year}</t:Year><t:Month>2</t:Month><t:Day>29</t:Day></t:Date></t:UTCDateTime>"
        ))
    };
    says(told(""), "it tells its local time alone");
    for (year, hour) in
        [("2026", "0"), ("2024", "24"), ("0", "0"), ("-2024", "0"), ("2024", ""), ("99999999999", "0")]
    {
        says(utc(year, hour), "the time that it tells is not a time after 1970");
    }
}

#[test]
fn a_fault_of_the_device_is_quoted_and_the_rest_is_asked_even_so() {
    let fault = envelope(
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:Action</s:Value></s:Subcode></s:Code><s:Reason>\
         <s:Text>Out of\u{85} memory</s:Text></s:Reason></s:Fault>",
    );
    let media = json!({ "media_url": "http://cam.example.com/onvif/media_service" });
    let ran = Host::new()
        .answer(DEVICE, fault)
        .answer(super::MEDIA, Answer::status(500))
        .check(run, &config(media));
    super::has(&ran, "clock", State::Unknown, "not judged: it refuses GetSystemDateAndTime: Out of");
    super::has(&ran, "profiles", State::Critical, "it answers with status 500");
    let denied = Host::new().answer(DEVICE, Answer::denied("denied: http")).check(run, &config(json!({})));
    assert!(matches!(denied.error(), Fault::Denied(_)));
}
