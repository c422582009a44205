//! The lab as a client meets it: every part over a real connection.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

use std::time::Duration;

use scraper::{Html, Selector};
use serde_json::{Value, json};
use watchkeep_lab::inbox::Pace;
use watchkeep_lab::{Lab, LabError, Options, Ports};

async fn start(options: Options) -> Lab {
    Lab::start(options).await.expect("the lab starts")
}

fn client() -> reqwest::Client {
    // Both rings of the workspace's rustls could be linked in; the test says which it means.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap()
}

async fn get(url: &str) -> (u16, String) {
    let answer = client().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn send(lab: &Lab, payload: &Value) -> (u16, String) {
    let answer = client().post(lab.url("webhook")).json(payload).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_healthy_site_has_text_to_look_for() {
    let lab = start(Options::default()).await;
    let (status, body) = get(lab.url("healthy")).await;
    assert_eq!(status, 200);
    assert!(body.contains("Add to cart"));
    let (status, body) = get(&format!("{}health", lab.url("healthy"))).await;
    assert_eq!(
        (status, serde_json::from_str::<Value>(&body).unwrap()["queue"]["depth"].clone()),
        (200, json!(3))
    );
    lab.stop().await;
}

#[tokio::test]
async fn the_flapping_site_does_as_it_is_told() {
    let lab = start(Options { flap_every: Duration::from_secs(3600), ..Options::default() }).await;
    let url = lab.url("flapping").to_owned();
    let control = format!("{url}control");
    let rule = |rule: &str| client().post(&control).json(&json!({ "rule": rule })).send();

    assert_eq!(get(&url).await.0, 200);
    rule("down").await.unwrap();
    assert_eq!(get(&url).await.0, 503);
    assert_eq!(get(&control).await, (200, r#"{"rule":"down"}"#.to_owned()));
    rule("up").await.unwrap();
    assert_eq!(get(&url).await.0, 200);
    assert_eq!(rule("sideways").await.unwrap().status().as_u16(), 422);
    assert_eq!(get(&url).await.0, 200);
    lab.stop().await;
}

#[tokio::test]
async fn the_camera_is_turned_when_it_is_told_and_no_two_pictures_are_the_same() {
    let lab = start(Options { turns_after: Duration::from_secs(3600), ..Options::default() }).await;
    let url = lab.url("camera").to_owned();
    let control = url.replace("/snapshot.png", "/control");
    let differing = |one: &[u8], other: &[u8]| {
        let far = one.iter().zip(other).filter(|(one, other)| one.abs_diff(**other) > 20).count();
        far * 100 / one.len()
    };
    let (first, second) = (pixels(&url).await, pixels(&url).await);
    assert_ne!(first, second);
    assert_eq!(differing(&first, &second), 0, "what differs is noise");
    client().post(&control).json(&json!({ "rule": "turned" })).send().await.unwrap();
    assert!(differing(&first, &pixels(&url).await) > 10);
    client().post(&control).json(&json!({ "rule": "straight" })).send().await.unwrap();
    assert_eq!(differing(&first, &pixels(&url).await), 0);
    lab.stop().await;
}

async fn pixels(url: &str) -> Vec<u8> {
    let answer = client().get(url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    let bytes = answer.bytes().await.unwrap();
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap();
    let mut data = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (chunk, after) = after.split_at(u32::from_be_bytes(*length) as usize + 4);
        let (sum, after) = after.split_first_chunk::<4>().unwrap();
        assert_eq!(u32::from_be_bytes(*sum), crc32fast::hash(chunk));
        if chunk.starts_with(b"IDAT") {
            data.extend_from_slice(&chunk[4..]);
        }
        rest = after;
    }
    let pixels = miniz_oxide::inflate::decompress_to_vec_zlib(&data).unwrap();
    assert_eq!(pixels.len(), 360 * (640 * 3 + 1));
    pixels
}

#[tokio::test]
async fn the_worker_works_again_once_it_is_restarted() {
    let lab = start(Options { first_life: Duration::ZERO, ..Options::default() }).await;
    let url = lab.url("worker").to_owned();
    assert_eq!(get(&url).await, (500, "out of memory\n".to_owned()));
    assert_eq!(get(&format!("{url}restart")).await.0, 405, "nobody restarts it by looking");
    assert_eq!(lab.worker.restarts(), 0);
    client().post(format!("{url}restart")).send().await.unwrap();
    assert_eq!(lab.worker.restarts(), 1);
    lab.stop().await;

    let lab = start(Options { first_life: Duration::from_secs(3600), ..Options::default() }).await;
    assert_eq!(get(lab.url("worker")).await, (200, "working\n".to_owned()));
    lab.stop().await;
}

#[tokio::test]
async fn the_slow_site_waits_before_it_answers() {
    let delay = Duration::from_millis(150);
    let lab = start(Options { delay, ..Options::default() }).await;
    let before = std::time::Instant::now();
    assert_eq!(get(lab.url("slow")).await.0, 200);
    assert!(before.elapsed() >= delay);
    lab.stop().await;
}

#[tokio::test]
async fn the_tls_site_is_trusted_through_the_authority_that_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    let lab = start(Options { authority_file: Some(file.clone()), ..Options::default() }).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = reqwest::Certificate::from_pem(&std::fs::read(&file).unwrap()).unwrap();
    let trusting = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap();
    let answer = trusting.get(lab.url("expiring")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);

    let doubting = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    assert!(doubting.get(lab.url("expiring")).send().await.is_err());
    lab.stop().await;
}

#[tokio::test]
async fn the_inbox_takes_a_message_shows_it_and_lists_it_newest_first() {
    let lab = start(Options::default()).await;
    assert_eq!(send(&lab, &json!({"text": "first"})).await, (200, "ok".to_owned()));
    let second = json!({"text": "fallback", "attachments": [{"color": "danger", "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "shop <is> down"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*503* &lt;b&gt; <https://shop.example/|shop> <script>"}},
    ]}]});
    assert_eq!(send(&lab, &second).await, (200, "ok".to_owned()));

    let (_, listed) = get(&format!("{}messages.json", lab.url("inbox"))).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["taken"], json!(2));
    assert_eq!(listed["messages"][0]["payload"], second);
    assert_eq!(listed["messages"][1]["number"], json!(1));

    let (status, page) = get(lab.url("inbox")).await;
    assert_eq!(status, 200);
    let page = Html::parse_document(&page);
    let texts = |selector: &str| -> Vec<String> {
        page.select(&Selector::parse(selector).unwrap()).map(|found| found.text().collect()).collect()
    };
    assert_eq!(texts("li .who a"), ["#2", "#1"]);
    assert_eq!(texts("li > p"), ["fallback", "first"]);
    assert_eq!(texts("li h2"), ["shop <is> down"]);
    assert_eq!(texts("li strong"), ["503"]);
    assert_eq!(texts("li .attachment a"), ["shop"]);
    assert_eq!(texts("script"), Vec::<String>::new());
    lab.stop().await;
}

#[tokio::test]
async fn the_inbox_refuses_as_slack_does() {
    let lab = start(Options { pace: Pace::slack(), ..Options::default() }).await;
    assert_eq!(send(&lab, &json!({"text": ""})).await.0, 400);
    let elsewhere = format!("{}services/T1/B1/other-token", lab.url("inbox"));
    let answer = client().post(elsewhere).json(&json!({"text": "x"})).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);

    let mut answers = Vec::new();
    for _ in 0..5 {
        let answer = client().post(lab.url("webhook")).json(&json!({"text": "x"})).send().await.unwrap();
        answers.push((answer.status().as_u16(), answer.headers().get("retry-after").is_some()));
    }
    assert!(answers.contains(&(200, false)) && answers.contains(&(429, true)), "{answers:?}");
    lab.stop().await;
}

#[tokio::test]
async fn forgets_the_oldest_messages() {
    let lab = start(Options::default()).await;
    let client = client();
    for number in 0..510 {
        let message = json!({ "text": number.to_string() });
        client.post(lab.url("webhook")).json(&message).send().await.unwrap();
    }
    let kept = lab.inbox.messages();
    assert_eq!((kept.len(), kept[0].number, kept[499].number), (500, 510, 11));
    lab.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_told_with_the_part_and_the_way_out() {
    let lab = start(Options::default()).await;
    let port = lab.url("healthy").trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    let again = Lab::start(Options { ports: Ports { slow: port, ..Ports::ANY }, ..Options::default() }).await;
    let Err(error @ LabError::Listen { .. }) = again else { panic!("the port is taken") };
    let text = error.to_string();
    assert!(text.contains("the slow part") && text.contains("--slow-port"), "{text}");
    lab.stop().await;
}
