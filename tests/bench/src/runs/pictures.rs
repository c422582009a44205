//! Cameras: a picture of 1920x1080 pixels that nginx serves, and an ONVIF service.

use std::time::{SystemTime, UNIX_EPOCH};

use watchkeep_doubles::Served;
use watchkeep_doubles::onvif::{Login, Onvif};
use watchkeep_end_to_end::{Identity, Nginx};
use watchkeep_sdk::picture::encode;

use super::{Target, secret, target};

/// As many as two cores get along with.
pub(super) const CHECKS: usize = 1;

const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;

/// Rings and panels under a sensor's noise: as much to decode as a photograph has.
fn picture() -> Vec<u8> {
    let mut noise = 0x2545_f491_u32;
    let noise = (0..WIDTH * HEIGHT).map(|_| {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        (noise >> 24) as f32 / 16.0
    });
    let noise: Vec<f32> = noise.collect();
    encode(WIDTH, HEIGHT, |x, y| {
        let from_middle = (x as f32 - 960.0).hypot(y as f32 - 540.0);
        let light = 110.0 + 60.0 * (from_middle / 9.0).sin().signum() + noise[y * WIDTH + x];
        let panel = if (x / 240 + y / 180) % 2 == 0 { [1.0, 0.8, 0.6] } else { [0.6, 0.8, 1.0] };
        panel.map(|part| part * light)
    })
}

pub(super) async fn targets() -> Vec<Target> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("snap.jpg"), picture()).expect("a picture can be written");
    let signed = watchkeep_lab::certificate::signed(&["localhost"], time::Duration::days(30));
    let signed = signed.expect("a certificate for localhost can be made");
    let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
    let locations = format!("location / {{ root {}; }}", folder.path().display());
    let nginx = Nginx::start(&locations, &identity).await;
    let url = format!("http://127.0.0.1:{}/snap.jpg", nginx.port);
    let looked_at = format!("camera = \"{url}\", frozen_after = \"0s\"");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64);
    let camera = Served::start(Onvif::new(now, Login::Digest)).await;
    let onvif = format!(
        "url = \"{}{}\", user = \"{}\", password = {{ secret = \"camera\" }}, clock_warning = \"1h\", clock_critical = \"2h\"",
        camera.url,
        Onvif::DEVICE_PATH,
        Onvif::USER
    );
    let (rest, files) = secret("camera", Onvif::PASSWORD, &camera.url, "");
    let of = "nginx; a JPEG of 1920x1080";
    let servers: Vec<Box<dyn std::any::Any>> = vec![Box::new(nginx), Box::new(folder)];
    vec![
        target("camera", of, format!("snapshot = {{ url = \"{url}\" }}"), Vec::new()),
        Target {
            checks: CHECKS,
            ..target("snapshot-compare", of, format!("camera = \"{url}\""), Vec::new())
        },
        Target { checks: CHECKS, ..target("stream-quality", of, looked_at, servers) },
        Target { rest, files, ..target("onvif", "a double", onvif, vec![Box::new(camera)]) },
    ]
}
