//! What a camera answers over ONVIF. The first byte says which answer these bytes are: those before it are well.

use watchkeep_plugin_onvif::bytes::{DEVICE, MEDIA, profiles, read, time, uri};
use watchkeep_plugin_onvif::run;
use watchkeep_sdk::Fault;
use watchkeep_sdk::testing::{Answer, Host};

const TIME: &str = include_str!("../corpus/onvif/time");
const PROFILES: &str = include_str!("../corpus/onvif/profiles");
const CONFIG: &str = r#"{"url":"http://cam.example.com/onvif/device_service","media_url":"http://cam.example.com/media",
    "profiles":[{"name":"mainStream","resolution":"1920x1080","frame_rate_min":5,"stream_url":"rtsp://cam.example.com/a"}]}"#;

/// Whatever it says: it is judged in a sentence, or not for a reason, and no login that stands in a URL is shown.
pub fn onvif(bytes: &[u8]) {
    let Some((&first, said)) = bytes.split_first() else { return };
    parsers(said);
    let well = |text: &str| Answer::status(200).body(text.get(1..).unwrap_or_default());
    let status = [200, 400, 401, 500][usize::from(first >> 4) % 4];
    let own = || Answer::status(status).body(said);
    let (device, media, uri) =
        ("POST http://cam.example.com/onvif/device_service", "POST http://cam.example.com/media", 2);
    let at = first % 3;
    let answers = [if at == 0 { own() } else { well(TIME) }, if at == 1 { own() } else { well(PROFILES) }];
    let [time, profiles] = answers;
    let host = Host::new().always(device, time);
    // The last answer of the media service is the one that is repeated.
    let host = match at == uri {
        true => host.answer(media, profiles).always(media, own()),
        false => host.always(media, profiles),
    };
    let ran = host.check(run, CONFIG);
    match &ran.result {
        Ok(report) => {
            let findings = report.findings.iter();
            assert!(
                findings.clone().flat_map(|finding| &finding.metrics).all(|metric| metric.value.is_finite())
            );
            let sentences = findings.map(|finding| &finding.summary).chain([&report.summary]);
            for sentence in sentences {
                assert!(!sentence.is_empty() && !sentence.chars().any(char::is_control), "{sentence:?}");
            }
        }
        Err(Fault::Config(said) | Fault::Inconclusive(said)) => assert!(!said.is_empty()),
        Err(other) => panic!("{other:?}"),
    }
}

fn parsers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for (service, name) in [(DEVICE, "GetSystemDateAndTimeResponse"), (MEDIA, "GetProfilesResponse")] {
        let _ = read(&text, service, name, &mut |answer| {
            let _ = time(answer);
            if let Ok(profiles) = profiles(answer) {
                assert!(
                    profiles.iter().all(|profile| !profile.token.is_empty() && profile.token.len() <= 256)
                );
            }
            Ok(())
        });
    }
    let Ok(uri) = uri(&text) else { return };
    assert!(!uri.authority.contains('@') && uri.path.starts_with('/'), "{uri:?}");
    assert!(!uri.shown().contains('?') && !uri.shown().contains(char::is_control), "{uri:?}");
}
