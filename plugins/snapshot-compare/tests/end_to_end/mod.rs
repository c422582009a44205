//! The bundled `snapshot-compare` against nginx and lighttpd, whose pictures are replaced between runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use watchkeep_end_to_end::cases::outcome;
use watchkeep_end_to_end::servers::Lighttpd;
use watchkeep_end_to_end::{Folder, Hook, Host, Identity, Nginx, eventually_seeing, run_to_end, within};
use watchkeep_lab::certificate;

const WIDTH: usize = 320;
const HEIGHT: usize = 180;

/// Of a wall of panels: how bright it is at a place, in widths from the middle.
fn wall(x: f32, y: f32) -> f32 {
    let (column, row) = ((x * 24.0).floor(), (y * 24.0).floor());
    let number = (column * 7.0 + row * 13.0 + 40_000.0) as u64;
    let panel = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
    let is_hole = (x * 24.0 - column - 0.5).hypot(y * 24.0 - row - 0.5) < 0.25;
    if is_hole { 255.0 - panel as f32 } else { panel as f32 }
}

/// From a camera that is turned so far.
fn turned(degrees: f32) -> Vec<u8> {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    png(|x, y| wall(cosine * x - sine * y, sine * x + cosine * y))
}

/// Grey, and not compressed.
fn png(light: impl Fn(f32, f32) -> f32) -> Vec<u8> {
    let mut raw = Vec::new();
    for row in 0..HEIGHT {
        raw.push(0);
        let y = (row as f32 - HEIGHT as f32 / 2.0) / WIDTH as f32;
        raw.extend(
            (0..WIDTH).map(|column| light((column as f32 - WIDTH as f32 / 2.0) / WIDTH as f32, y) as u8),
        );
    }
    let mut packed = vec![0x78, 0x01];
    for (at, block) in raw.chunks(0xffff).enumerate() {
        packed.push(u8::from((at + 1) * 0xffff >= raw.len()));
        packed.extend((block.len() as u16).to_le_bytes());
        packed.extend((!(block.len() as u16)).to_le_bytes());
        packed.extend(block);
    }
    let (one, two) = raw.iter().fold((1_u32, 0_u32), |(one, two), byte| {
        let one = (one + u32::from(*byte)) % 65_521;
        (one, (two + one) % 65_521)
    });
    packed.extend((two << 16 | one).to_be_bytes());
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], content: &[u8]| {
        file.extend((content.len() as u32).to_be_bytes());
        file.extend(kind);
        file.extend(content);
        // Nobody computes the checksum.
        file.extend([0; 4]);
    };
    let head = [&(WIDTH as u32).to_be_bytes()[..], &(HEIGHT as u32).to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    chunk(b"IHDR", &head);
    chunk(b"IDAT", &packed);
    chunk(b"IEND", &[]);
    file
}

/// At once, so that nobody reads half of it.
fn put(folder: &Path, picture: &[u8]) {
    let (new, served) = (folder.join("new"), folder.join("snap.png"));
    fs::write(&new, picture).unwrap();
    fs::rename(new, served).unwrap();
}

async fn says(host: &Host, check: &str, state: &str, said: &str) {
    let what = format!("`{check}` is {state}: {said}");
    let look = async || {
        let latest = host.get(&format!("/api/v1/checks/{check}/results?limit=1")).await.json();
        let details = latest["items"][0]["details"].as_str().unwrap_or_default().to_owned();
        let (found, summary) = outcome(host, check).await;
        let all = format!("{summary}\n{details}");
        (found.clone(), all)
    };
    eventually_seeing(&what, async || {
        let (found, all) = look().await;
        match found == state && all.contains(said) {
            true => Ok(()),
            false => Err(format!("{found}: {all}")),
        }
    })
    .await;
}

#[tokio::test]
async fn what_changes_is_told_each_night_until_somebody_accepts_it() {
    let pictures = tempfile::tempdir().unwrap();
    put(pictures.path(), &turned(0.0));
    let signed = certificate::signed(&["127.0.0.1"], time::Duration::days(30)).unwrap();
    let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
    let nginx =
        Nginx::start(&format!("location / {{ root {}; }}", pictures.path().display()), &identity).await;
    let hook = Hook::start().await;
    let folder = Folder::new(&format!(
        "[[check]]\nname = \"yard\"\nplugin = \"snapshot-compare\"\ninterval = \"1s\"\nfailure_threshold = 1\n\
         config = {{ camera = \"http://127.0.0.1:{}/snap.png\", previous = \"2s\", previous_within = \"2s\" }}\n\n\
         [[receiver]]\nname = \"hook\"\nplugin = \"webhook\"\nconfig = {{ url = \"{}\" }}\n\n\
         [[route]]\nname = \"root\"\nreceivers = [\"hook\"]\ngroup_wait = \"0s\"\n",
        nginx.port,
        hook.url()
    ));
    let host = Host::start(&folder).await;
    says(&host, "yard", "ok", "compared with the first picture, taken ").await;

    put(pictures.path(), &turned(4.0));
    says(&host, "yard", "warning", "camera turned: the picture is rotated by 4 degrees").await;
    // A check that compared with the night before would be content again here.
    says(&host, "yard", "warning", "It was so already in the previous picture, taken ").await;
    within(Duration::from_secs(20), "the alert is told", async || hook.of("firing", "yard").pop()).await;
    assert!(hook.of("resolved", "yard").is_empty());
    let kept = host.get("/api/v1/checks/yard/snapshots?limit=3").await.json();
    let names: Vec<_> =
        kept["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    for name in ["before.png", "after.png", "difference.jpg"] {
        assert!(names.contains(&name), "{names:?}");
    }

    let (code, _, said) = run_to_end(&folder, &["check", "accept", "yard", "snapshot"]).await;
    assert_eq!(code, 0, "{said}");
    says(&host, "yard", "ok", "compared with the accepted picture, taken ").await;
    within(Duration::from_secs(20), "the end is told", async || hook.of("resolved", "yard").pop()).await;

    put(pictures.path(), &png(|x, y| 120.0 + 60.0 * x - 40.0 * y));
    says(&host, "yard", "critical", "of what had structure has none, more than 60 %").await;
    put(pictures.path(), &png(|x, y| wall(x, y) * 0.03));
    says(&host, "yard", "fault", "the picture is too dark to be judged: ").await;
    put(pictures.path(), b"<html><head><title>Log in</title></head></html>");
    says(&host, "yard", "critical", "it answers with a web page (`Log in`) instead of a picture").await;
    // The first picture is not what was accepted.
    put(pictures.path(), &turned(0.0));
    says(&host, "yard", "warning", "camera turned").await;
    put(pictures.path(), &turned(4.0));
    says(&host, "yard", "ok", "the camera looks where it did").await;
}

#[tokio::test]
async fn pictures_behind_a_login_and_pictures_of_another_check_are_compared() {
    let lighttpd = Lighttpd::with_digest("watchkeep", "correct-horse-battery");
    for place in ["MD5", "SHA-256", "open"] {
        lighttpd.file(place, "snap.jpg", &turned(0.0));
    }
    let at = |place: &str| format!("http://127.0.0.1:{}/{place}/snap.jpg", lighttpd.port);
    let folder = Folder::new("");
    folder.secret("right", "correct-horse-battery");
    folder.secret("wrong", "correct-horse-buttery");
    let to = format!("http://127.0.0.1:{}", lighttpd.port);
    let secrets = ["right", "wrong"]
        .map(|name| format!("{name} = {{ file = \"{name}\", to = [\"{to}\"] }}\n"))
        .concat();
    let check = |name: &str, plugin: &str, config: &str| {
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"{plugin}\"\ninterval = \"1s\"\nconfig = {{ {config} }}\n\n"
        )
    };
    let login = |place: &str, secret: &str| {
        format!("camera = \"{}\", user = \"watchkeep\", password = {{ secret = \"{secret}\" }}", at(place))
    };
    folder.config(&format!(
        "[secrets]\n{secrets}\n[plugin.snapshot-compare]\nallow = {{ snapshots = [\"gate/snapshot\"] }}\n\n{}{}{}{}{}{}",
        check("md5", "snapshot-compare", &login("MD5", "right")),
        check("sha-256", "snapshot-compare", &login("SHA-256", "right")),
        check("refused", "snapshot-compare", &login("MD5", "wrong")),
        check("gate", "camera", &format!("snapshot = {{ url = \"{}\", keep = true }}", at("open"))),
        check("series", "snapshot-compare", "series = { check = \"gate\" }"),
        check("denied", "snapshot-compare", "series = { check = \"yard\" }"),
    ));
    let host = Host::start(&folder).await;
    for check in ["md5", "sha-256", "series"] {
        says(&host, check, "ok", "compared with the first picture").await;
    }
    says(&host, "refused", "critical", "it refuses the login of `watchkeep` (401)").await;
    says(&host, "denied", "fault", "snapshots").await;
    lighttpd.file("open", "snap.jpg", &turned(-5.0));
    says(&host, "series", "warning", "camera turned: the picture is rotated by 5 degrees").await;
}
