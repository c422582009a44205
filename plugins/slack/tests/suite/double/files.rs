//! Uploads: ask where to, send the bytes, say where they belong.

use serde_json::{Value, json};

use super::Slack;
use super::rules::{Refused, field};
use watchkeep_doubles::{Reply, Request};

#[derive(Debug)]
pub(super) struct Upload {
    length: usize,
    is_there: bool,
}

impl Slack {
    pub(super) fn upload_place(&mut self, request: &Request, base: &str) -> Result<Value, Refused> {
        self.scope("files:write")?;
        if request.media_type() != "application/x-www-form-urlencoded" {
            return Err(Refused::word("invalid_arguments"));
        }
        let name = field(request, "filename").filter(|name| !name.is_empty());
        let length = field(request, "length").and_then(|text| text.parse().ok()).filter(|length| *length > 0);
        let (Some(_), Some(length)) = (name, length) else { return Err(Refused::word("invalid_arguments")) };
        let id = format!("F{:08}", self.uploads.len());
        self.uploads.insert(id.clone(), Upload { length, is_there: false });
        Ok(json!({ "ok": true, "upload_url": format!("{base}/upload/{id}"), "file_id": id }))
    }

    pub(super) fn uploaded(&mut self, id: &str, request: &Request) -> Reply {
        match self.uploads.get_mut(id) {
            None => Reply::text(404, "no such upload"),
            // The ticket is in the URL: a token has no business here.
            Some(_) if request.header("authorization").is_some() => {
                Reply::text(400, "unexpected credentials")
            }
            Some(upload) if upload.length != request.body.len() => Reply::text(400, "wrong length"),
            Some(upload) => {
                upload.is_there = true;
                Reply::text(200, format!("OK - {}", upload.length))
            }
        }
    }

    pub(super) fn complete(&mut self, body: &Value) -> Result<Value, Refused> {
        self.scope("files:write")?;
        let files = body["files"].as_array().filter(|files| !files.is_empty());
        let files = files.ok_or_else(|| Refused::word("invalid_arguments"))?;
        // By its id: it takes no names.
        if body["channel_id"] != *self.channel.id {
            return Err(Refused::word("channel_not_found"));
        }
        self.in_channel(&body["channel_id"])?;
        let ts = body["thread_ts"].as_str().unwrap_or_default();
        let first = self.first(ts).ok_or_else(|| Refused::word("invalid_thread_ts"))?;
        for file in files {
            let upload = file["id"].as_str().and_then(|id| self.uploads.get(id));
            if !upload.is_some_and(|upload| upload.is_there) {
                return Err(Refused::word("file_not_found"));
            }
        }
        let titles = files.iter().map(|file| file["title"].as_str().unwrap_or_default().to_owned());
        self.messages[first].pictures.extend(titles);
        Ok(json!({ "ok": true, "files": files }))
    }
}
