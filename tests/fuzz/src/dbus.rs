//! What comes from the system bus: messages of systemd, of the bus and of anybody else on it.

use watchkeep_plugin_systemd_restart::perform;
use watchkeep_plugin_systemd_restart::wire::message;
use watchkeep_sdk::Occasion;
use watchkeep_sdk::testing::{Dialogue, Host, occasion};

/// A message takes what it says and no more than there is; what the action makes of all of it is a sentence that drives no terminal.
pub fn dbus(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(Some((message, count))) = message(rest) {
        assert!((16..=rest.len()).contains(&count), "{count} of {}", rest.len());
        if let Ok(strings) = message.strings() {
            assert!(strings.iter().map(String::len).sum::<usize>() <= count);
        }
        rest = &rest[count..];
    }
    let bus = Dialogue::new().heedless().says("OK 0\r\n").says(bytes).closes();
    let occasion = Occasion { finding: Some("nginx.service".to_owned()), ..occasion("services") };
    let ran = Host::new().answer("unix system-bus", bus).perform(perform, r#"{"units":"*"}"#, occasion);
    let said = match &ran.result {
        Ok(effect) => effect.summary.as_str(),
        Err(fault) => fault.message(),
    };
    assert!(!said.is_empty() && said.len() <= 2 << 10, "{} bytes", said.len());
    assert!(!said.chars().any(char::is_control), "{said:?}");
}
