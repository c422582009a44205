//! Answers, as the specification has them.

use watchkeep_sdk::wording::rfc3339;

use super::OnvifProfile;
use crate::Reply;

pub(super) const DEVICE: &str = "http://www.onvif.org/ver10/device/wsdl";
pub(super) const MEDIA: &str = "http://www.onvif.org/ver10/media/wsdl";

fn envelope(status: u16, body: &str) -> Reply {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<s:Envelope xmlns:s=\"{}\" xmlns:tds=\"{DEVICE}\" xmlns:trt=\"{MEDIA}\" \
         xmlns:tt=\"{}\" xmlns:ter=\"http://www.onvif.org/ver10/error\"><s:Body>{body}</s:Body></s:Envelope>\n",
        super::ENVELOPE,
        super::SCHEMA
    );
    Reply::text(status, text).header("content-type", "application/soap+xml; charset=utf-8")
}

pub(super) fn say(prefix: &str, name: &str, content: &str) -> Reply {
    envelope(200, &format!("<{prefix}:{name}Response>{content}</{prefix}:{name}Response>"))
}

/// With codes from the outer to the inner.
pub(super) fn fault(status: u16, code: &str, inner: &[&str], reason: &str) -> Reply {
    let inner = inner.iter().rev().fold(String::new(), |within, code| {
        format!("<s:Subcode><s:Value>{code}</s:Value>{within}</s:Subcode>")
    });
    envelope(
        status,
        &format!(
            "<s:Fault><s:Code><s:Value>{code}</s:Value>{inner}</s:Code><s:Reason><s:Text xml:lang=\"en\">{reason}</s:Text>\
             </s:Reason></s:Fault>"
        ),
    )
}

pub(super) fn moment(now: u64, is_manual: bool) -> String {
    let text = rfc3339(now);
    // Numbers without zeros before them, as devices write them.
    let part = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap_or_default();
    let kind = if is_manual { "Manual" } else { "NTP" };
    format!(
        "<tds:SystemDateAndTime><tt:DateTimeType>{kind}</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>\
         <tt:TimeZone><tt:TZ>CET-1</tt:TZ></tt:TimeZone><tt:UTCDateTime><tt:Time><tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute>\
         <tt:Second>{}</tt:Second></tt:Time><tt:Date><tt:Year>{}</tt:Year><tt:Month>{}</tt:Month><tt:Day>{}</tt:Day></tt:Date>\
         </tt:UTCDateTime></tds:SystemDateAndTime>",
        part(11, 13),
        part(14, 16),
        part(17, 19),
        part(0, 4),
        part(5, 7),
        part(8, 10)
    )
}

pub(super) fn profile(profile: &OnvifProfile) -> String {
    let OnvifProfile { token, name, encoding, size: (width, height), frame_rate, .. } = profile;
    let encoder = encoding.as_ref().map_or_else(String::new, |encoding| {
        format!(
            "<tt:VideoEncoderConfiguration token=\"E{token}\"><tt:Name>{name}</tt:Name><tt:UseCount>1</tt:UseCount>\
             <tt:Encoding>{encoding}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>\
             </tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>{frame_rate}</tt:FrameRateLimit>\
             <tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>\
             </tt:VideoEncoderConfiguration>"
        )
    });
    format!(
        "<trt:Profiles token=\"{token}\" fixed=\"true\"><tt:Name>{name}</tt:Name>{encoder}</trt:Profiles>"
    )
}

pub(super) fn uri(uri: &str) -> String {
    let uri = uri.replace('&', "&amp;");
    format!(
        "<trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>\
         <tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri>"
    )
}
