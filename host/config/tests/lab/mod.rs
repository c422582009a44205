//! What every test of this crate needs: files in a folder of their own, two plugins, an environment.

#![allow(unreachable_pub, reason = "tests only")]
#![allow(clippy::unwrap_used, reason = "tests only")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;
use watchkeep_config::{Colour, Config, Loaded, PluginFacts, PluginKind, Problem, Severity, load, render};
use watchkeep_core::ids::{Digest, PluginName};

pub struct Lab {
    folder: TempDir,
    pub env: BTreeMap<String, String>,
}

impl Lab {
    /// Files by name; the first is the config.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap(), env: BTreeMap::new() };
        for (name, text) in files {
            lab.write(name, text.as_bytes());
        }
        lab
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    /// A file that only its owner may read.
    pub fn write_private(&self, name: &str, bytes: &[u8]) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(name, bytes);
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    /// Most tests are about something else than who is told: that nobody is, is left out.
    pub fn load(&self, name: &str) -> Loaded {
        but_for_telling(self.load_whole(name))
    }
    pub fn load_whole(&self, name: &str) -> Loaded {
        load(&self.path(name), &plugins(), &self.env)
    }
    /// What is printed, with the folder left out of paths.
    pub fn printed(&self, name: &str) -> String {
        self.print(&self.load(name))
    }
    pub fn printed_whole(&self, name: &str) -> String {
        self.print(&self.load_whole(name))
    }
    fn print(&self, loaded: &Loaded) -> String {
        let text = render(&loaded.problems, Colour::Plain);
        let folder = self.folder.path().display().to_string();
        text.replace(&format!("{folder}/"), "").replace(&folder, ".")
    }
}

/// Without the warnings that there is no receiver, and that links lead nowhere.
pub fn but_for_telling(loaded: Loaded) -> Loaded {
    let mut problems = loaded.problems;
    problems.retain(|problem| {
        problem.key != "receiver" && problem.key != "host.external_url" || is_error(problem)
    });
    Loaded { problems, ..loaded }
}

fn is_error(problem: &Problem) -> bool {
    problem.severity == Severity::Error
}

/// What is wrong with one file; `main.toml` in print.
pub fn check(text: &str) -> String {
    Lab::new(&[("main.toml", text)]).printed("main.toml")
}

/// A config without a problem.
pub fn good(text: &str) -> Config {
    let lab = Lab::new(&[("main.toml", text)]);
    let loaded = lab.load("main.toml");
    assert_eq!(loaded.problems, [], "{}", render(&loaded.problems, Colour::Plain));
    loaded.config.unwrap()
}

/// A config that is taken, whatever warnings it has.
pub fn taken(text: &str) -> Config {
    let lab = Lab::new(&[("main.toml", text)]);
    let loaded = lab.load("main.toml");
    loaded.config.unwrap_or_else(|| panic!("{}", render(&loaded.problems, Colour::Plain)))
}

pub fn plugins() -> BTreeMap<PluginName, PluginFacts> {
    let secret = json!({
        "type": "object",
        "properties": { "secret": { "type": "string" } },
        "required": ["secret"],
        "additionalProperties": false,
        "x-watchkeep-secret": true,
    });
    let http = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "url": { "type": "string", "description": "What to fetch.", "x-watchkeep-grant": "http" },
            "method": { "type": "string", "enum": ["GET", "HEAD", "POST"], "default": "GET" },
            "expect_status": { "type": "array", "items": { "type": "string", "pattern": "^[0-9]{3}(-[0-9]{3})?$" } },
            "find": { "type": "string" },
            "wait": { "type": "string", "pattern": "^([0-9]+s)+$", "x-watchkeep-hint": "write whole numbers with `s`: `10s`" },
            "code": { "type": "string", "pattern": "^[A-Z]{2}$", "examples": ["NO", "SE"] },
            "server_name": { "type": "string", "x-watchkeep-needs": "server_name" },
            "redirects_max": { "type": "integer", "minimum": 0, "maximum": 20 },
            "headers": { "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, secret] } },
            "bearer": secret,
            "proxy": { "type": "string", "default": "http://proxy.internal/", "x-watchkeep-grant": "http" },
        },
        "required": ["url"],
        "additionalProperties": false,
    });
    let tcp = json!({
        "type": "object",
        "properties": {
            "address": { "type": "string", "x-watchkeep-grant": "tcp" },
            "port": { "type": "integer" },
        },
        "required": ["address"],
        "additionalProperties": false,
    });
    let slack = json!({
        "type": "object",
        "properties": {
            "webhook_url": { "$ref": "#/$defs/Secret", "x-watchkeep-grant": "http" },
            "channel": { "type": "string" },
        },
        "required": ["webhook_url"],
        "additionalProperties": false,
        "$defs": { "Secret": secret.clone() },
    });
    let restart = json!({
        "type": "object",
        "properties": {
            "url": { "type": "string", "x-watchkeep-grant": "http" },
            "token": { "$ref": "#/$defs/Secret" },
        },
        "required": ["url"],
        "additionalProperties": false,
        "$defs": { "Secret": secret },
    });
    let mail = json!({
        "type": "object",
        "properties": { "to": { "type": "string" }, "list_unsubscribe": { "type": "string" } },
        "required": ["to"],
        "additionalProperties": false,
    });
    let console = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    [
        ("http", PluginKind::Check, http),
        ("tcp", PluginKind::Check, tcp),
        ("slack", PluginKind::Notifier, slack),
        ("mail", PluginKind::Notifier, mail),
        ("console", PluginKind::Notifier, console),
        ("restart", PluginKind::Action, restart),
    ]
    .into_iter()
    .map(|(name, kind, schema)| {
        let name = PluginName::from(name);
        let facts = PluginFacts { name: name.clone(), kind, schema, digest: Digest::of(b"") };
        (name, facts)
    })
    .collect()
}
