//! The bundled `stream-restart` against a double of a camera, since no camera can be installed, and against what is none.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/camera.rs"]
mod camera;

use serde_json::json;
use watchkeep_doubles::Served;
use watchkeep_end_to_end::cases::acted;
use watchkeep_end_to_end::servers::{Lighttpd, Stranger};
use watchkeep_end_to_end::{Folder, closed_port};

use camera::{Camera, PASSWORD, USER};

#[tokio::test]
async fn a_camera_whose_clock_is_off_is_restarted_and_its_streams_are_waited_for() {
    let mut camera = Camera::new();
    (camera.drift, camera.is_real) = (-7_200, true);
    let served = Served::start(camera).await;
    let rtsp = Stranger::Saying(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n".to_vec()).start().await;
    let folder = Folder::new("");
    folder.secret("password", PASSWORD);
    folder.secret("wrong", "other");
    let config = json!({
        "onvif": { "url": format!("{}/onvif/device_service", served.url), "user": USER, "password": { "secret": "camera" } },
        "wait_for": rtsp.to_string(),
        "wait_first": "0s",
    });
    let secret = ["--secret", "camera=password", "--grant", "reveal=camera"];
    let planned = acted(&folder, "stream-restart", &config, &[&secret[..], &["--dry-run"]].concat()).await;
    assert!(planned.0 == 0 && planned.1.contains("its device service answers 405 to a GET"), "{planned:?}");
    let said = acted(&folder, "stream-restart", &config, &secret).await;
    let done = "DONE: the camera restarts: `Rebooting in 30 seconds`; RTSP answers after ";
    assert!(said.0 == 0 && said.1.starts_with(done), "{said:?}");
    let wrong =
        acted(&folder, "stream-restart", &config, &["--secret", "camera=wrong", "--grant", "reveal=camera"])
            .await;
    assert!(wrong.0 == 2 && wrong.1.contains("its clock is 7200 s behind"), "{wrong:?}");
    let denied = acted(&folder, "stream-restart", &config, &secret[..2]).await;
    assert!(denied.0 == 2 && denied.1.contains("reveal"), "{denied:?}");
}

#[tokio::test]
async fn a_request_logs_in_by_digest_at_a_real_server() {
    let server = Lighttpd::with_digest("admin", "correct-horse");
    let folder = Folder::new("");
    folder.secret("password", "correct-horse");
    folder.secret("wrong", "battery-staple");
    let closed = closed_port().await;
    let config = |url: String, wait: Option<&str>| {
        let login = json!({ "user": "admin", "password": { "secret": "camera" } });
        let mut config = json!({ "request": { "url": url, "method": "GET", "digest": login } });
        if let Some(wait) = wait {
            config["wait_for"] = json!(wait);
            config["wait_first"] = json!("0s");
            config["wait_max"] = json!("300ms");
        }
        config
    };
    let url = format!("http://127.0.0.1:{}/MD5/", server.port);
    let said =
        acted(&folder, "stream-restart", &config(url.clone(), None), &["--secret", "camera=password"]).await;
    assert!(said.0 == 0 && said.1.starts_with(&format!("DONE: GET {url} was answered with 200")), "{said:?}");
    let said =
        acted(&folder, "stream-restart", &config(url.clone(), None), &["--secret", "camera=wrong"]).await;
    assert!(said.0 == 2 && said.1.contains("the login is refused; nothing was done"), "{said:?}");
    let said =
        acted(&folder, "stream-restart", &config(url, Some(&closed)), &["--secret", "camera=password"]).await;
    assert!(
        said.0 == 2 && said.1.contains("but RTSP does not answer in time: connection refused"),
        "{said:?}"
    );
}
