//! Every config that documents and examples show is one that the binary takes.

use watchkeep_end_to_end::{Folder, run_to_end};
use watchkeep_tidy::{documents, repository};

#[tokio::test]
async fn every_config_block_in_a_document_validates() {
    for file in
        repository::files(&repository::root()).unwrap().iter().filter(|file| documents::is_document(file))
    {
        for block in documents::blocks(file) {
            if block.info.iter().map(String::as_str).ne(["toml", "config"]) {
                continue;
            }
            let folder = Folder::new("");
            folder.write("watchkeep.toml", &block.text);
            let (code, out, errors) = run_to_end(&folder, &["validate", "--config", "watchkeep.toml"]).await;
            assert_eq!(code, 0, "{}:{}:\n{out}{errors}", block.document, block.line);
        }
    }
}

#[tokio::test]
async fn the_demonstration_validates_and_its_urls_are_those_of_the_lab() {
    use watchkeep_lab::Ports;

    let demo = repository::root().join("examples/demo");
    let sites = std::fs::read_to_string(demo.join("conf.d/sites.toml")).unwrap();
    let Ports { healthy, flapping, slow, expiring, camera, worker, inbox: _ } = Ports::DEMO;
    for port in [healthy, flapping, slow, expiring, camera, worker] {
        assert!(sites.contains(&format!(":{port}/")), "port {port}");
    }
    let folder = Folder::new("");
    folder.write("conf.d/sites.toml", &sites);
    let main = std::fs::read_to_string(demo.join("watchkeep.toml")).unwrap();
    let main = main.replace("{ env = \"SLACK_WEBHOOK\" }", "{ file = \"webhook\" }");
    folder.write("watchkeep.toml", &main);
    folder.secret("webhook", "http://127.0.0.1:8705/services/T/B/x");
    let (code, out, errors) = run_to_end(&folder, &["validate", "--config", "watchkeep.toml"]).await;
    assert_eq!(code, 0, "{out}{errors}");
}
