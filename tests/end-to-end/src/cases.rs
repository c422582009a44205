//! Many checks of one plugin in one host, each with what has to come of it.

use serde_json::Value;

use crate::servers::SServer;
use crate::{Folder, Host, eventually};

/// A check, and what comes of it.
pub struct Case {
    pub name: String,
    pub config: String,
    /// `fault` where nothing is to be judged.
    pub state: &'static str,
    /// All of these stand in its summary, or in what is said of the fault.
    pub words: Vec<String>,
    /// Ends with it.
    pub server: Option<SServer>,
}

/// The check's config, as it stands in the braces.
pub fn case(name: &str, config: impl Into<String>, state: &'static str, words: &[&str]) -> Case {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Case { name: name.to_owned(), config: config.into(), state, words, server: None }
}

/// As checks of this plugin stand in a config.
pub fn checks<'a>(plugin: &str, cases: impl IntoIterator<Item = &'a Case>) -> String {
    let check = |Case { name, config, .. }: &Case| {
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"{plugin}\"\ninterval = \"1s\"\nconfig = {{ {config} }}\n\n"
        )
    };
    cases.into_iter().map(check).collect()
}

/// A host that holds these in such a folder; `rest` stands in its config before them.
pub async fn hold(folder: &Folder, rest: &str, plugin: &str, cases: &[Case]) -> Host {
    folder.config(&format!("{rest}\n\n{}", checks(plugin, cases)));
    let host = Host::start(folder).await;
    judge(&host, cases).await;
    host
}

/// All that is wrong is shown at once.
///
/// # Panics
/// If there is any.
pub async fn judge(host: &Host, cases: impl IntoIterator<Item = &Case>) {
    let mut wrong = Vec::new();
    for Case { name, state, words, .. } in cases {
        let (found, said) = outcome(host, name).await;
        if found != *state || !words.iter().all(|word| said.contains(word.as_str())) {
            wrong.push(format!("{name}: {found}: {said}\n   expected {state}: {words:?}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Its state and its summary, or `fault` and what is said of it.
pub async fn outcome(host: &Host, name: &str) -> (String, String) {
    // A result is kept a moment after the check is known to have run.
    let last = eventually(&format!("`{name}` has a result"), async || {
        let results = host.get(&format!("/api/v1/checks/{name}/results?limit=1")).await.json();
        results["items"].get(0).cloned()
    })
    .await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match &last["failure"] {
        Value::Null => (text(&last["state"]), text(&last["summary"])),
        failure => {
            let said = ["reason", "message", "hint"].map(|key| text(&failure[key])).join(": ");
            ("fault".to_owned(), said)
        }
    }
}

/// What an action of the bundle prints when it is called by hand, here with the rights and the machine that `more` gives it: the exit
/// code and all that was printed.
pub async fn acted(folder: &Folder, plugin: &str, config: &Value, more: &[&str]) -> (i32, String) {
    let config = config.to_string();
    let arguments = ["plugin", "run", plugin, "--timeout", "60", "--config", &config];
    let (code, out, errors) = crate::run_to_end(folder, &[&arguments, more].concat()).await;
    (code, out + &errors)
}
