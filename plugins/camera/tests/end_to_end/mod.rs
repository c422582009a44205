//! The bundled `camera` against GStreamer's RTSP server, against pictures of lighttpd, and against cameras that misbehave.

use std::time::Duration;

use watchkeep_end_to_end::cases::{Case, case, checks, hold, judge};
use watchkeep_end_to_end::servers::{Bench, CameraDouble, Cameras, Lighttpd, Stranger, Wanted};
use watchkeep_end_to_end::{Folder, Host, Identity, closed_port, eventually, resetting};

fn cameras(bench: &Bench) -> Cameras {
    bench.root("root");
    bench.signed("root", "well", Wanted::default());
    let file = |name: &str| String::from_utf8(bench.read(name)).unwrap();
    Cameras::start(&Identity { chain: file("well.pem"), key: file("well.key") })
}

const LOGIN: &str = "user = \"watchkeep\", password = { secret = \"right\" }";

fn stream(port: u16, path: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!("stream = {{ url = \"rtsp://127.0.0.1:{port}/{path}\"{more} }}")
}

/// With the right to reveal them, and bound to these addresses.
fn secrets(folder: &Folder, to: &[String]) -> String {
    let to: Vec<_> = to.iter().map(|address| format!("\"{address}\"")).collect();
    let to = to.join(", ");
    folder.secret("right", Cameras::PASSWORD);
    folder.secret("wrong", "correct-horse-buttery");
    folder.secret("hidden", Cameras::PASSWORD);
    let secret = |name: &str| format!("{name} = {{ file = \"{name}\", to = [{to}] }}\n");
    format!(
        "[plugin.camera.allow]\nreveal = [\"right\", \"wrong\"]\n\n[secrets]\n{}",
        ["right", "wrong", "hidden"].map(secret).concat()
    )
}

#[tokio::test]
async fn streams_of_gstreamer_are_measured_and_told_apart() {
    let bench = Bench::new();
    let cameras = cameras(&bench);
    let Cameras { port, digest_port, basic_port, tls_port, .. } = cameras;
    let login =
        |port: u16, secret: &str| format!("{}, {}", stream(port, "h264", ""), LOGIN.replace("right", secret));
    let band = "frame_rate = { warning_below = 13, warning_above = 17 }, key_frame_critical = \"2s\"";
    let one = |name: &str, port: u16, path: &str| {
        format!("{{ name = \"{name}\", {} }}", stream(port, path, "listen = \"1s\""))
    };
    let tls = |more: &str| format!("stream = {{ url = \"rtsps://127.0.0.1:{tls_port}/mjpeg\" }}{more}");
    let cases = [
        case("h264", stream(port, "h264", band), "ok", &["H.264 320x240, 1", " frames/s, "]),
        case("h265", stream(port, "h265", band), "ok", &["H.265 320x240, 1", " frames/s, "]),
        case("mjpeg", stream(port, "mjpeg", band), "ok", &["MJPEG 320x240, 1", " frames/s, "]),
        case(
            "too-slow",
            stream(port, "h264", "frame_rate = { critical_below = 20 }"),
            "critical",
            &["/s, below 20/s"],
        ),
        case(
            "too-thin",
            stream(port, "h264", "bitrate = { warning_below = 90000 }"),
            "warning",
            &["below 90000 kbit/s"],
        ),
        case("ends", stream(port, "ends", ""), "critical", &["it ends the stream after "]),
        case("broken", stream(port, "broken", ""), "critical", &["it answers DESCRIBE with 503"]),
        case("sound", stream(port, "sound", ""), "critical", &["its stream has no video, only audio"]),
        case(
            "no-such",
            stream(port, "other", ""),
            "critical",
            &["DESCRIBE with 404 Not Found; hint: it has no such"],
        ),
        case("digest", login(digest_port, "right"), "ok", &["H.264 320x240"]),
        case(
            "digest-wrong",
            login(digest_port, "wrong"),
            "critical",
            &["it refuses the login of `watchkeep` (401"],
        ),
        case("digest-unrevealed", login(digest_port, "hidden"), "fault", &["reveal of secret `hidden`"]),
        case(
            "no-login",
            stream(digest_port, "h264", ""),
            "critical",
            &["it requires a login (401 Unauthorized)"],
        ),
        case("basic", login(basic_port, "right"), "ok", &["H.264 320x240"]),
        case("basic-unrevealed", login(basic_port, "hidden"), "ok", &["H.264 320x240"]),
        case(
            "basic-wrong",
            login(basic_port, "wrong"),
            "critical",
            &["it refuses the login of `watchkeep` (401"],
        ),
        case("tls", tls(""), "ok", &["MJPEG 320x240"]),
        case(
            "tls-expires",
            format!(
                "stream = {{ url = \"rtsps://127.0.0.1:{tls_port}/mjpeg\", expiry_warning_days = 3650 }}"
            ),
            "warning",
            &["MJPEG 320x240", "certificate `", "` expires in "],
        ),
        case(
            "several",
            format!(
                "cameras = [{}, {}, {}]",
                one("well", port, "h264"),
                one("gone", port, "other"),
                one("mute", port, "sound")
            ),
            "critical",
            &["2 of 3 critical: `gone`; it answers DESCRIBE with 404"],
        ),
        case(
            "four",
            format!(
                "cameras = [{}], {LOGIN}",
                ["a", "b", "c", "d"].map(|name| one(name, digest_port, "h264")).join(", ")
            ),
            "ok",
            &["all 4 ok"],
        ),
        case(
            "tls-untrusted",
            tls(", server_name = \"cam.example.com\""),
            "critical",
            &["untrusted certificate from 127.0.0.1:"],
        ),
        case("tls-in-the-clear", stream(tls_port, "mjpeg", ""), "critical", &["127.0.0.1:"]),
    ];
    let folder = Folder::new("");
    folder.write("authority.pem", &String::from_utf8_lossy(&bench.read("root.pem")));
    let to = [digest_port, basic_port].map(|port| format!("tcp://127.0.0.1:{port}"));
    let rest = secrets(&folder, &to).replace("allow]\n", "allow]\nserver_name = [\"cam.example.com\"]\n");
    let host = hold(&folder, &format!("ca_file = \"authority.pem\"\n\n{rest}"), "camera", &cases).await;
    assert!(!host.log().contains(Cameras::PASSWORD));
    // The fault of one hides nothing of the others.
    let several = host.get("/api/v1/checks/several/results?limit=1").await.text;
    assert!(
        several.contains("`well`: H.264 320x240") && several.contains("`mute`; its stream has no video"),
        "{several}"
    );
    for Case { name, .. } in &cases {
        let results = host.get(&format!("/api/v1/checks/{name}/results")).await.text;
        assert!(!results.contains(Cameras::PASSWORD), "{name}: {results}");
    }
}

#[tokio::test]
async fn cameras_that_misbehave_are_told_apart() {
    let double = CameraDouble::new();
    let port = double.port;
    let (closed, resetting) = (closed_port().await, resetting().await);
    let silent = Stranger::Silent.start().await;
    let dripping = Stranger::Dripping(b"RTSP/1.0 200 OK\r\n", Duration::from_millis(20)).start().await;
    let http = Stranger::Saying(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).start().await;
    let other = format!("RTSP/1.0 200 OK\r\nCSeq: 9\r\nX: {}\r\n\r\n", "x".repeat(4_000));
    let flood = Stranger::Saying(other.repeat(4_000).into_bytes()).start().await;
    let lying =
        Stranger::Saying(b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n".to_vec()).start().await;
    let at = |address: &str| format!("stream = {{ url = \"rtsp://{address}/s\" }}, timeout = \"800ms\"");
    let own = |path: &str| format!("{}, timeout = \"1s\"", stream(port, path, ""));
    let cases = [
        case("no-media", own("silent"), "critical", &["PLAY is accepted, but no media came within "]),
        case(
            "one-picture",
            own("one-picture"),
            "critical",
            &["one picture came in 3.0 s, and no further one"],
        ),
        case(
            "no-pictures",
            own("no-pictures"),
            "critical",
            &["and no picture in them; hint: look at the camera's"],
        ),
        case(
            "stalls",
            own("stalls"),
            "critical",
            &["it stopped sending after ", "; hint: restart the camera"],
        ),
        case("loses", own("loses"), "critical", &["% of packets are lost, more than 10 %"]),
        case("closes", own("closes"), "critical", &["it closes the connection after "]),
        case(
            "udp-only",
            own("udp-only"),
            "critical",
            &["SETUP with 461 Unsupported Transport; hint: allow RTP over RTSP"],
        ),
        case("full", own("full"), "warning", &["it has no bandwidth for another viewer (SETUP: 453"]),
        case("not-sdp", own("not-sdp"), "critical", &["DESCRIBE with 406 Not Acceptable"]),
        case(
            "moved",
            own("moved"),
            "critical",
            &["it redirects to `rtsp://127.0.0.1/elsewhere` (302 Moved)"],
        ),
        case("sha256", format!("{}, {LOGIN}", own("sha256")), "ok", &["H.264, 25 frames/s"]),
        case("closed", at(&closed), "critical", &["connection refused by 127.0.0.1:"]),
        case("resetting", at(&resetting), "critical", &["connection reset by 127.0.0.1:"]),
        case("mute", at(&silent), "critical", &["its answer to OPTIONS did not come within 800 ms"]),
        case("dripping", at(&dripping), "critical", &["its answer to OPTIONS did not come within 800 ms"]),
        case(
            "http",
            at(&http),
            "critical",
            &["it does not speak RTSP; it says `HTTP/1.1 400 Bad Request`; hint:"],
        ),
        case("flood", at(&flood), "critical", &["not what was waited for"]),
        case("lying", at(&lying), "critical", &["its answer has 999999999 bytes; at most 65536 are read"]),
    ];
    let folder = Folder::new("");
    let rest = secrets(&folder, &[format!("tcp://127.0.0.1:{port}")]);
    hold(&folder, &rest, "camera", &cases).await;
    assert_eq!(double.unexpected(), "");
}

#[tokio::test]
async fn snapshots_of_a_web_server_are_pictures_or_not() {
    let bench = Bench::new();
    let picture = cameras(&bench).picture();
    let lighttpd = Lighttpd::with_digest("watchkeep", Cameras::PASSWORD);
    for place in ["MD5", "SHA-256", "open"] {
        lighttpd.file(place, "snap.jpg", &picture);
    }
    lighttpd.file("open", "cut.jpg", &picture[..picture.len() / 2]);
    lighttpd.file("open", "empty.jpg", b"");
    lighttpd.file(
        "open",
        "login.jpg",
        b"<!DOCTYPE html>\n<html><head><title>Web Viewer</title></head></html>",
    );
    let at = |path: &str, more: &str| {
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        format!("snapshot = {{ url = \"http://127.0.0.1:{}/{path}\"{more} }}", lighttpd.port)
    };
    let login = |path: &str, secret: &str| format!("{}, {}", at(path, ""), LOGIN.replace("right", secret));
    let cases = [
        case("open", at("open/snap.jpg", "max_age = \"1h\""), "ok", &["snapshot 320x240 JPEG, "]),
        case("md5", login("MD5/snap.jpg", "hidden"), "ok", &["snapshot 320x240 JPEG, "]),
        case("sha-256", login("SHA-256/snap.jpg", "hidden"), "ok", &["snapshot 320x240 JPEG, "]),
        case(
            "wrong",
            login("MD5/snap.jpg", "wrong"),
            "critical",
            &["it refuses the login of `watchkeep` (401)"],
        ),
        case("no-login", at("MD5/snap.jpg", ""), "critical", &["it requires a login (401)"]),
        case("old", at("open/snap.jpg", "max_age = \"0s\""), "critical", &["old, more than "]),
        case("cut", at("open/cut.jpg", ""), "critical", &["its JPEG breaks off after "]),
        case("empty", at("open/empty.jpg", ""), "critical", &["its answer is empty"]),
        case(
            "login-page",
            at("open/login.jpg", ""),
            "critical",
            &["a web page (`Web Viewer`) instead of a picture"],
        ),
        case("text", at("open/", ""), "critical", &["neither JPEG nor PNG; it begins with `welcome"]),
        case("gone", at("open/gone.jpg", ""), "critical", &["status 404; hint: look at the path of `url`"]),
        case("kept", at("open/snap.jpg", "keep = true"), "ok", &["snapshot 320x240 JPEG, "]),
    ];
    let folder = Folder::new("");
    let rest = secrets(&folder, &[format!("http://127.0.0.1:{}", lighttpd.port)]);
    let frozen = [case("frozen", at("open/snap.jpg", "must_change = true"), "critical", &[])];
    folder.config(&format!("{rest}\n\n{}{}", checks("camera", &cases), checks("camera", &frozen)));
    let host = Host::start(&folder).await;
    judge(&host, &cases).await;
    let kept = eventually("the picture is kept", async || {
        let kept = host.get("/api/v1/checks/kept/snapshots?limit=1").await.json();
        kept["items"].get(0).cloned()
    })
    .await;
    assert_eq!((&kept["series"], &kept["name"]), (&"snapshot".into(), &"snapshot.jpg".into()));
    eventually("the second picture is compared with the first", async || {
        let results = host.get("/api/v1/checks/frozen/results?limit=1").await;
        results.text.contains("the picture of the last run, byte by byte").then_some(())
    })
    .await;
}
