//! What a camera answers that is to restart by ONVIF. The first byte says to which question, and with which status.

use watchkeep_plugin_stream_restart::{perform, soap};
use watchkeep_sdk::http::Sent;
use watchkeep_sdk::testing::{Answer, Host, occasion};

const STATUSES: [u16; 6] = [200, 200, 400, 401, 500, 302];
const CONFIG: &str =
    r#"{"onvif":{"url":"http://camera.example.com/device","user":"u","password":{"secret":"s"}}}"#;

/// No answer ends the action otherwise than in a sentence, and none but a success restarts a camera.
pub fn reboot(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(body);
    let _ = (soap::texts(&text, "Value"), soap::moment(&text));
    let status = STATUSES[usize::from(first) % STATUSES.len()];
    let is_second = usize::from(first) / STATUSES.len() % 2 == 1;
    let answered = body.to_vec();
    let serve =
        move |sent: &Sent| match String::from_utf8_lossy(&sent.body).contains("SystemReboot") == is_second {
            true => Answer::status(status).body(answered.clone()),
            false => Answer::status(200).body("<a><SystemRebootResponse/></a>"),
        };
    let host = Host::new().revealed("s", "p").served_by(serve);
    let ran = host.perform(perform, CONFIG, occasion("lobby"));
    let said = match &ran.result {
        Ok(effect) => {
            assert!(
                !is_second || (status == 200 && text.contains("SystemRebootResponse")),
                "{}",
                effect.summary
            );
            effect.summary.as_str()
        }
        Err(fault) => fault.message(),
    };
    assert!(!said.is_empty() && said.len() <= 2 << 10, "{} bytes", said.len());
    assert!(!said.chars().any(char::is_control), "{said:?}");
}
