//! The examples are taken, the reference is the table of keys, and the schema for editors agrees with `load`.

use std::path::Path;

use crate::lab::{Lab, plugins};
use boon::{Compiler, Schemas};
use serde_json::Value;
use watchkeep_config::{Colour, config_schema, load, reference, render};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn environment() -> std::collections::BTreeMap<String, String> {
    let pairs = [
        ("SLACK_WEBHOOK", "https://hooks.slack.com/services/x"),
        ("SHOP_TOKEN", "t0k3n-of-the-shop"),
        ("WATCHKEEP_ADMIN_TOKEN", "token"),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn taken(name: &str) -> watchkeep_config::Config {
    let loaded = load(&root().join("examples/config").join(name), &plugins(), &environment());
    assert_eq!(loaded.problems, [], "{}", render(&loaded.problems, Colour::Plain));
    loaded.config.unwrap()
}

#[test]
fn the_minimal_example_is_taken() {
    assert_eq!(taken("minimal.toml").setup.checks.len(), 1);
}

#[test]
fn the_example_of_one_site_is_taken() {
    let config = taken("one-site.toml");
    assert!(config.setup.checks.values().any(|check| check.run_hours.is_some()));
}

#[test]
fn the_example_of_a_team_is_taken() {
    let config = taken("team");
    assert!(config.setup.checks.len() >= 5);
    assert_eq!(config.setup.root.unwrap().children.len(), 2);
}

#[test]
fn every_example_is_tested() {
    let mut names: Vec<String> = std::fs::read_dir(root().join("examples/config"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["minimal.toml", "one-site.toml", "team"]);
}

/// After a change to the table of keys: `UPDATE_DOCS=1 cargo test -p watchkeep-config documents`.
#[test]
fn the_reference_is_the_table_of_keys() {
    let path = root().join("docs/config.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, reference()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == reference(), "docs/config.md is not what `reference` says; run with UPDATE_DOCS=1");
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn the_schema_for_editors_takes_the_examples_and_refuses_what_load_refuses() {
    let schema = config_schema(&plugins());
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("https://editor.invalid/config", schema).unwrap();
    let index = compiler.compile("https://editor.invalid/config", &mut schemas).unwrap();
    let problem = |text: &str| schemas.validate(&as_json(text), index).err().map(|error| error.to_string());
    for name in ["minimal.toml", "one-site.toml", "team/checks.toml", "team/main.toml", "team/routes.toml"] {
        let text = std::fs::read_to_string(root().join("examples/config").join(name)).unwrap();
        assert_eq!(problem(&text), None, "{name}");
    }
    let bad = [
        "[host]\ndata-dir = \"x\"\n",
        "[defaults]\ninterval = 30\n",
        "[defaults]\nfailure_threshold = 0\n",
        "[[check]]\nplugin = \"tcp\"\n",
        "[[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = { urll = \"x\" }\n",
        "[[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = { bearer = \"literal\" }\n",
        "[plugin.http]\nallow = { htp = [] }\n",
        "[secrets]\na = \"literal\"\n",
        "[[rule]]\nname = \"x\"\n",
    ];
    for text in bad {
        assert!(problem(text).is_some(), "{text}");
        assert!(Lab::new(&[("main.toml", text)]).load("main.toml").config.is_none(), "{text}");
    }
}
