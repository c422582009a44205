//! The bundled `stream-quality` against pictures of nginx, and against MJPEG of GStreamer and of cameras that misbehave.

use std::fs;
use std::path::Path;

use watchkeep_end_to_end::cases::{case, hold, outcome};
use watchkeep_end_to_end::servers::Mjpeg;
use watchkeep_end_to_end::{Folder, Host, Identity, Nginx, closed_port, eventually, eventually_seeing};
use watchkeep_lab::certificate;

/// At once, so that nobody reads half of it.
fn put(folder: &Path, name: &str, picture: &[u8]) {
    let (new, served) = (folder.join("new"), folder.join(name));
    fs::write(&new, picture).unwrap();
    fs::rename(new, served).unwrap();
}

/// Of a plate of rings that has moved by so much, as a camera would draw it.
fn rings(moment: usize, change: impl Fn([f32; 3], f32) -> [f32; 3]) -> Vec<u8> {
    watchkeep_sdk::picture::encode(640, 360, |x, y| {
        let (u, v) = (x as f32 - 320.0, y as f32 - 180.0);
        let ring = ((u.hypot(v) + moment as f32 * 3.0) / 9.0).sin();
        let panel = if (x / 80 + y / 60) % 2 == 0 { [1.0, 0.8, 0.6] } else { [0.5, 0.8, 1.0] };
        change(panel.map(|part| part * (128.0 + 80.0 * ring.signum())), x as f32 / 640.0)
    })
}

async fn says(host: &Host, check: &str, state: &str, said: &str) {
    eventually_seeing(&format!("`{check}` is {state}: {said}"), async || {
        let (found, summary) = outcome(host, check).await;
        match found == state && summary.contains(said) {
            true => Ok(()),
            false => Err(format!("{found}: {summary}")),
        }
    })
    .await;
}

#[tokio::test]
async fn pictures_of_a_web_server_are_judged_one_by_one() {
    let pictures = tempfile::tempdir().unwrap();
    put(pictures.path(), "snap.jpg", &rings(0, |point, _| point));
    let signed = certificate::signed(&["127.0.0.1"], time::Duration::days(30)).unwrap();
    let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
    let nginx =
        Nginx::start(&format!("location / {{ root {}; }}", pictures.path().display()), &identity).await;
    let url = format!("http://127.0.0.1:{}/snap.jpg", nginx.port);
    let check = |name: &str, more: &str| {
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"stream-quality\"\ninterval = \"1s\"\nconfig = {{ camera = \"{url}\"{more} }}\n\n"
        )
    };
    let folder = Folder::new(&format!(
        "{}{}{}",
        check("yard", ", frozen_after = \"0s\""),
        check("still", ", frozen_after = \"2s\""),
        check("large", ", width = 1920, height_min = 720, frozen_after = \"0s\"")
    ));
    let host = Host::start(&folder).await;
    says(&host, "yard", "ok", "640x360 JPEG; nothing is wrong with it").await;
    says(&host, "large", "critical", "the picture has 640x360 pixels, fewer than a height of 720").await;
    says(&host, "still", "critical", "pictures are the same, point by point, since ").await;
    let kept = host.get("/api/v1/checks/still/results?limit=1").await.json();
    let attached = &kept["items"][0]["attachments"];
    assert!(attached.to_string().contains("picture.jpg"), "{kept}");
    put(pictures.path(), "snap.jpg", &rings(1, |point, _| point));
    says(&host, "still", "ok", "nothing is wrong with it").await;

    for (picture, state, said) in [
        (
            rings(2, |point, _| point.map(|part| part * 0.03)),
            "critical",
            "black: 100 % of the picture is dark",
        ),
        (rings(2, |_, _| [255.0; 3]), "critical", "white: 100 % of the picture is over-exposed"),
        (rings(2, |_, _| [30.0, 60.0, 200.0]), "critical", "of the picture has one colour"),
        (rings(2, |point, _| point.map(|part| 120.0 + part * 0.16)), "warning", "low contrast: "),
        (
            b"<html><head><title>Log in</title></head></html>".to_vec(),
            "critical",
            "it answers with a web page (`Log in`)",
        ),
        (rings(2, |point, _| point)[..9_000].to_vec(), "critical", "its JPEG breaks off after 9000 bytes"),
    ] {
        put(pictures.path(), "snap.jpg", &picture);
        says(&host, "yard", state, said).await;
    }
    put(pictures.path(), "snap.jpg", &rings(3, |point, _| point));
    says(&host, "yard", "ok", "nothing is wrong with it").await;
}

#[tokio::test]
async fn streams_are_judged_and_what_is_none_is_told_apart() {
    let mjpeg = Mjpeg::new();
    let refused = closed_port().await;
    let stream = |path: &str, more: &str| {
        format!("stream = {{ url = \"http://127.0.0.1:{}/{path}\", listen = \"2s\"{more} }}", mjpeg.port)
    };
    let rates =
        ", frame_rate = { warning_below = 6, warning_above = 14 }, bitrate = { critical_above = 100000 }";
    let cases = [
        case("moving", stream("moving", rates), "ok", &["640x480 JPEG; nothing is wrong with it"]),
        case(
            "slow",
            stream("moving", ", frame_rate = { critical_below = 20 }"),
            "critical",
            &["/s, below 20/s"],
        ),
        case("bars", stream("bars", ""), "critical", &["colour bars, a test picture"]),
        case("black", stream("black", ""), "critical", &["black: 100 % of the picture is dark"]),
        case("blue", stream("blue", ""), "critical", &["of the picture has one colour (#"]),
        case("ends", stream("ends", ""), "warning", &["its stream ends by itself"]),
        case("resets", stream("resets", ""), "warning", &["its stream breaks off: "]),
        case(
            "no-boundary",
            stream("no-boundary", ""),
            "critical",
            &["the boundary `next` that it names does not come in"],
        ),
        case("gibibyte", stream("gibibyte", ""), "critical", &["its first picture does not end within"]),
        case(
            "drip",
            stream("drip", ""),
            "critical",
            &["the boundary `next` that it names does not come in "],
        ),
        case(
            "silent",
            stream("silent", ""),
            "critical",
            &["it accepts the request, and sends nothing within 2.0 s"],
        ),
        case("missing", stream("nothing", ""), "critical", &["it answers with status 404"]),
        case(
            "refused",
            format!("stream = {{ url = \"http://{refused}/\" }}"),
            "critical",
            &["connection refused"],
        ),
        case(
            "as-a-picture",
            format!("camera = \"http://127.0.0.1:{}/moving\", timeout = \"2s\"", mjpeg.port),
            "critical",
            &["it answers with a stream of pictures instead of one"],
        ),
    ];
    let folder = Folder::new("");
    let _host = hold(&folder, "", "stream-quality", &cases).await;
    eventually("the other path was asked for", async || {
        mjpeg.unexpected().contains("GET /nothing").then_some(())
    })
    .await;
    assert!(mjpeg.unexpected().lines().all(|line| line == "GET /nothing"), "{}", mjpeg.unexpected());
    assert!(mjpeg.picture().starts_with(&[0xff, 0xd8]));
}

#[tokio::test]
async fn a_stream_that_repeats_one_picture_is_frozen() {
    let mjpeg = Mjpeg::new();
    let folder = Folder::new(&format!(
        "[[check]]\nname = \"yard\"\nplugin = \"stream-quality\"\ninterval = \"2s\"\nconfig = {{ frozen_after = \"2s\", stream = {{ \
         url = \"http://127.0.0.1:{}/frozen\", listen = \"1s\" }} }}\n",
        mjpeg.port
    ));
    let host = Host::start(&folder).await;
    says(&host, "yard", "critical", "pictures are the same, point by point, since ").await;
}
