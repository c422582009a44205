//! Pictures in the message's thread: Slack is asked where to, takes the bytes, and is told in which thread they belong.
//!
//! The alert is told by then. A picture that cannot be had, or that Slack does not take, is a line in the log.

use serde_json::{Value, json};
use watchkeep_sdk::Picture;
use watchkeep_sdk::prelude::*;

use crate::config::Bot;
use crate::place::Posted;

const PICTURES_MAX: usize = 4;
const PICTURE_BYTES_MAX: u64 = 8 << 20;
/// How much of a picture's id, which is a digest, is remembered.
const ID_CHARS: usize = 16;

/// Those that this life's thread does not show yet. All of them become one message.
pub(crate) fn upload(bot: &Bot<'_>, first: &Posted, notification: &Notification) {
    let key = format!("shown/{}", notification.dedup_key);
    let shown = kv::get_text(&key).unwrap_or_default();
    let is_new = |picture: &&Picture| !shown.split(' ').any(|id| id == brief(picture));
    let pictures = notification.alerts.iter().flat_map(|alert| &alert.pictures);
    let pictures: Vec<&Picture> = pictures.filter(is_new).take(PICTURES_MAX).collect();
    let mut files: Vec<Value> = Vec::new();
    for picture in &pictures {
        match upload_one(bot, picture) {
            Ok(id) => files.push(json!({ "id": id, "title": picture.name })),
            Err(problem) => log::warn(&format!("the picture `{}` is not shown: {problem}", picture.name)),
        }
    }
    if !files.is_empty() {
        let body = json!({ "files": files, "channel_id": first.channel, "thread_ts": first.ts });
        if let Err(trouble) = bot.call("files.completeUploadExternal", &body) {
            log::warn(&format!("{} pictures are not shown: {}", files.len(), trouble.sentence()));
        }
    }
    if !pictures.is_empty() || notification.kind == NotificationKind::Resolved {
        remember(&key, notification);
    }
}

/// All of them: what failed once is not tried at every reminder.
fn remember(key: &str, notification: &Notification) {
    let over = notification.alerts.iter().all(|alert| alert.until.is_some());
    let kept = if over {
        kv::delete(key)
    } else {
        let pictures = notification.alerts.iter().flat_map(|alert| &alert.pictures);
        kv::set(key, pictures.map(brief).collect::<Vec<_>>().join(" ")).map(|_| ())
    };
    if kept.is_err() {
        log::warn("which pictures were shown could not be kept: they may be shown again");
    }
}

fn brief(picture: &Picture) -> &str {
    picture.id.get(..ID_CHARS).unwrap_or(&picture.id)
}

fn upload_one(bot: &Bot<'_>, picture: &Picture) -> Result<String, String> {
    let bytes = match picture.read(PICTURE_BYTES_MAX) {
        Ok(bytes) if bytes.is_empty() => return Err("it is empty".to_owned()),
        Ok(bytes) => bytes,
        Err(error) => return Err(error.sentence()),
    };
    let (name, length) = (file_name(picture), bytes.len().to_string());
    let method = "files.getUploadURLExternal";
    let place = bot.call_with_form(method, &[("filename", &name), ("length", &length)]);
    let place = place.map_err(|trouble| trouble.sentence())?;
    let (Some(url), Some(id)) = (place["upload_url"].as_str(), place["file_id"].as_str()) else {
        return Err(format!("{method}: the answer names no place"));
    };
    let upload = http::post(url).header("content-type", "application/octet-stream").body(bytes);
    match upload.timeout(bot.timeout).redirects_max(0).body_bytes_max(1 << 10).send() {
        Ok(answer) if answer.is_success() => Ok(id.to_owned()),
        Ok(answer) => Err(format!("the upload was answered with {}", answer.status)),
        Err(failure) => Err(failure.sentence()),
    }
}

/// A file without an ending is not shown as a picture.
fn file_name(picture: &Picture) -> String {
    let ending = match picture.media_type.as_str() {
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => "png",
    };
    let name: String = picture.name.chars().filter(|c| !c.is_control() && *c != '/').take(80).collect();
    if name.to_ascii_lowercase().ends_with(&format!(".{ending}")) { name } else { format!("{name}.{ending}") }
}
