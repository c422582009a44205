//! The bundled `onvif` in the real host, against a strict double of a camera on loopback; streams and pictures that it names are
//! those of real servers.

use std::time::{SystemTime, UNIX_EPOCH};

use watchkeep_doubles::Served;
use watchkeep_doubles::onvif::{Login, Onvif};
use watchkeep_end_to_end::cases::{case, hold};
use watchkeep_end_to_end::servers::{CameraDouble, Lighttpd};
use watchkeep_end_to_end::{Folder, closed_port};

fn camera(login: Login) -> Onvif {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    Onvif::new(u64::try_from(now).unwrap(), login)
}

#[tokio::test]
async fn cameras_are_judged_with_each_login_and_nothing_foreign_is_reached() {
    let rtsp = CameraDouble::new();
    let lighttpd = Lighttpd::with_digest(Onvif::USER, Onvif::PASSWORD);
    for place in ["MD5", "open"] {
        lighttpd.file(
            place,
            "snap.jpg",
            b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9",
        );
    }
    let mut open = camera(Login::Open);
    open.profiles[0].stream = format!("rtsp://127.0.0.1:{}/loses", rtsp.port);
    open.profiles[0].snapshot = Some(format!("http://127.0.0.1:{}/open/snap.jpg", lighttpd.port));
    open.profiles[1].stream = format!("rtsp://127.0.0.1:{}/not-sdp", rtsp.port);
    // Nobody grants this one.
    open.profiles[1].snapshot = Some("http://169.254.169.254/latest/meta-data".to_owned());
    let (open, digest, token) = (
        Served::start(open).await,
        Served::start(camera(Login::Digest)).await,
        Served::start(camera(Login::Token)).await,
    );
    let mut late = camera(Login::Token);
    late.ahead_ms = -3_600_000;
    let late = Served::start(late).await;
    let at =
        |served: &Served<Onvif>, more: &str| format!("url = \"{}{}\"{more}", served.url, Onvif::DEVICE_PATH);
    let login =
        |secret: &str| format!(", user = \"{}\", password = {{ secret = \"{secret}\" }}", Onvif::USER);
    let main = |more: &str| format!(", profiles = [{{ name = \"mainStream\"{more} }}]");
    let closed = closed_port().await;
    let gone = format!("url = \"http://127.0.0.1:{}/open/gone\"", lighttpd.port);
    let cases = [
        case(
            "open",
            at(&open, &main(", encoding = \"H264\", resolution = \"1920x1080\"")),
            "ok",
            &["all 3 ok"],
        ),
        case("opened", at(&open, &main(", stream = \"opened\", snapshot = \"opened\"")), "ok", &["all 3 ok"]),
        case(
            "refused-stream",
            at(&open, ", profiles = [{ name = \"subStream\", stream = \"opened\" }]"),
            "critical",
            &["its stream at `rtsp://127.0.0.1:", "it answers DESCRIBE with `RTSP/1.0 406"],
        ),
        case(
            "foreign",
            at(&open, ", profiles = [{ name = \"subStream\", snapshot = \"opened\" }]"),
            "fault",
            &["http", "169.254.169.254"],
        ),
        case(
            "smaller",
            at(&open, &main(", resolution = \"2560x1440\"")),
            "critical",
            &["expected 2560x1440 pixels"],
        ),
        case(
            "missing",
            at(&open, ", profiles = [{ name = \"thirdStream\" }]"),
            "critical",
            &["`thirdStream` is missing"],
        ),
        case("digest", at(&digest, &format!("{}{}", login("hidden"), main(""))), "ok", &["all 3 ok"]),
        case(
            "digest-wrong",
            at(&digest, &login("wrong")),
            "critical",
            &["it refuses the login of `watchkeep`"],
        ),
        case("token", at(&token, &format!("{}{}", login("right"), main(""))), "ok", &["all 3 ok"]),
        case(
            "token-wrong",
            at(&token, &login("wrong")),
            "critical",
            &["it refuses the login of `watchkeep`"],
        ),
        case("token-hidden", at(&token, &login("hidden")), "fault", &["reveal of secret `hidden`"]),
        case("no-login", at(&token, ""), "critical", &["it requires a login; hint: add `user`"]),
        case(
            "late",
            at(&late, &login("right")),
            "critical",
            &["1 of 2 critical: the clock is ", " min behind, more than 60.0 s"],
        ),
        case(
            "closed",
            format!("url = \"http://{closed}/\""),
            "critical",
            &["connection refused by 127.0.0.1:"],
        ),
        case("gone", gone, "critical", &["status 404; hint: look at the path of `url`"]),
    ];
    let folder = Folder::new("");
    for (name, value) in
        [("right", Onvif::PASSWORD), ("hidden", Onvif::PASSWORD), ("wrong", "correct-horse-buttery")]
    {
        folder.secret(name, value);
    }
    let to = [&digest, &token, &late].map(|served| format!("\"{}\"", served.url)).join(", ");
    let secret = |name: &str| format!("{name} = {{ file = \"{name}\", to = [{to}] }}\n");
    let rest = format!(
        "[plugin.onvif.allow]\nreveal = [\"right\", \"wrong\"]\nnet = [\"tcp://127.0.0.1:{}\"]\nhttp = [\"http://127.0.0.1:{}\"]\n\n[secrets]\n{}",
        rtsp.port,
        lighttpd.port,
        ["right", "hidden", "wrong"].map(secret).concat()
    );
    let host = hold(&folder, &rest, "onvif", &cases).await;
    assert!(!host.log().contains(Onvif::PASSWORD));
    for served in [&open, &digest, &token, &late] {
        assert_eq!(served.with(|it| it.unexpected.clone()), Vec::<String>::new());
    }
    assert_eq!(rtsp.unexpected(), "");
}
