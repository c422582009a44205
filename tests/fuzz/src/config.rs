//! A config's text, in a folder of its own.

use std::collections::BTreeMap;

use serde_json::json;
use tempfile::TempDir;
use watchkeep_config::{Colour, PluginFacts, PluginKind, load, render, to_json};
use watchkeep_core::ids::{Digest, PluginName};

/// What nothing that is printed may show; texts name it as `{ env = "TOKEN" }`.
const SECRET: &str = "kept-in-the-vault";

/// Whatever the text is: problems that lie in it and say what to do, or a config.
pub fn config(bytes: &[u8]) {
    thread_local! {
        static FOLDER: TempDir = folder();
    }
    if std::str::from_utf8(bytes).is_ok_and(leaves_its_folder) {
        return;
    }
    FOLDER.with(|folder| {
        let path = folder.path().join("main.toml");
        std::fs::write(&path, bytes).expect("the folder can be written");
        let environment = BTreeMap::from([("TOKEN".to_owned(), SECRET.to_owned())]);
        let loaded = load(&path, &plugins(), &environment);
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<&str> = text.split('\n').collect();
        for problem in &loaded.problems {
            assert!(problem.hint.is_some(), "{problem:?}");
            let place = &problem.place;
            if place.line > 0 && place.file == path {
                let line = lines[place.line as usize - 1];
                assert!(place.column as usize <= line.chars().count() + 1, "{problem:?}");
            }
        }
        let printed = render(&loaded.problems, Colour::Plain);
        assert!(!printed.chars().any(|c| c.is_control() && c != '\n'), "{printed:?}");
        let printed = printed + &to_json(&loaded.problems).to_string();
        // A text that holds the value itself shows it to everybody already.
        assert!(text.contains(SECRET) || !printed.contains(SECRET), "{printed}");
    });
}

/// A walk over all files of this machine takes hours, and some of them never end or answer.
fn leaves_its_folder(text: &str) -> bool {
    let from_root = text.split(['"', '\'']).filter(|part| part.starts_with('/'));
    let walks =
        |path: &str| path.contains(['*', '?', '[']) || path.starts_with("/dev") || path.starts_with("/proc");
    from_root.into_iter().any(walks)
        || text.contains("..")
        || text.contains("\\u")
        || text.contains("\\U")
        || text.contains("\\x")
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let holidays = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let files = [
        ("sites.csv", "key,url\na,https://a.example/\nb,https://b.example/\n"),
        ("free.ics", holidays),
        ("more.toml", "[[check]]\nname = \"more\"\nplugin = \"http\"\nconfig = { url = \"https://m/\" }\n"),
        ("token", "from-a-file\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("the folder can be written");
    }
    folder
}

fn plugins() -> BTreeMap<PluginName, PluginFacts> {
    let secret = json!({
        "type": "object",
        "properties": { "secret": { "type": "string" } },
        "required": ["secret"],
        "additionalProperties": false,
        "x-watchkeep-secret": true,
    });
    let http = json!({
        "type": "object",
        "properties": {
            "url": { "type": "string", "x-watchkeep-grant": "http" },
            "expect_status": { "type": "array", "items": { "type": "string", "pattern": "^[0-9]{3}$" } },
            "headers": { "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, secret] } },
            "bearer": secret,
            "redirects_max": { "type": "integer", "minimum": 0, "maximum": 20 },
        },
        "required": ["url"],
        "additionalProperties": false,
    });
    let slack = json!({
        "type": "object",
        "properties": { "webhook_url": { "$ref": "#/$defs/Secret", "x-watchkeep-grant": "http" } },
        "required": ["webhook_url"],
        "additionalProperties": false,
        "$defs": { "Secret": secret },
    });
    [("http", PluginKind::Check, http), ("slack", PluginKind::Notifier, slack)]
        .into_iter()
        .map(|(name, kind, schema)| {
            let name = PluginName::from(name);
            (name.clone(), PluginFacts { name, kind, schema, digest: Digest::of(b"") })
        })
        .collect()
}
