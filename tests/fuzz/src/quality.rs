//! A stream of pictures as a camera sends it: its parts, and what is judged of the last. The first line is the content type.

use watchkeep_plugin_stream_quality::parts::{boundary, parts};
use watchkeep_plugin_stream_quality::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Answer, Host};

const URL: &str = "http://cam.example.com/video";

/// Whatever comes: parts lie within the body, what is measured are numbers, and it is said in a sentence.
pub fn quality(bytes: &[u8]) {
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (kind, body) = (&bytes[..line], bytes.get(line + 1..).unwrap_or_default());
    let kind = String::from_utf8_lossy(kind);
    if let Ok(boundary) = boundary(&kind) {
        let found = parts(body, &boundary);
        let inside = found.whole.iter().map(|part| part.len()).sum::<usize>();
        assert!(inside <= body.len() && found.begun.is_none_or(|begun| begun <= body.len()), "{found:?}");
    }
    let asked = format!("GET {URL}");
    let stream = Answer::status(200).header("content-type", &kind).body(body);
    judged(Host::new().always(&asked, stream), &format!(r#"{{ "stream": {{ "url": "{URL}" }} }}"#));
    let picture = Answer::status(200).body(body);
    let masks = r#"[{ "left": 0, "top": 0, "width": 30, "height": 30 }]"#;
    judged(Host::new().always(&asked, picture), &format!(r#"{{ "camera": "{URL}", "masks": {masks} }}"#));
}

fn judged(host: Host, config: &str) {
    let ran = host.check(run, config);
    let Ok(report) = &ran.result else { return };
    assert!(report.state != State::Unknown && report.metrics.iter().all(|metric| metric.value.is_finite()));
    assert!(!report.summary.chars().any(char::is_control), "{:?}", report.summary);
}
