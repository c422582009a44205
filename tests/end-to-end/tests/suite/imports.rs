//! `watchkeep import`: what it makes of other tools' configs is a config that the host takes, and no secret shows on the way.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use watchkeep_doubles::Served;
use watchkeep_doubles::statuscake::{Mood, StatusCake, uptime_test};
use watchkeep_end_to_end::{Folder, eventually, run_to_end, run_with_input};

use crate::samples::{BLACKBOX, GATUS, KUMA, PROMETHEUS, STATUSCAKE};

const WHAT_IS_SECRET: &str = "planted";
const ENVIRONMENT: [(&str, &str); 1] = [("API_TOKEN", "from-the-environment")];

/// Imported into `imported.toml`, without a secret in sight; what was said.
async fn imported(folder: &Folder, arguments: &[&str]) -> String {
    let arguments: Vec<&str> =
        ["import"].iter().chain(arguments).copied().chain(["--out", "imported.toml"]).collect();
    let (code, output, errors) = run_to_end(folder, &arguments).await;
    assert_eq!(code, 0, "{arguments:?}: {errors}");
    let toml = std::fs::read_to_string(folder.path().join("imported.toml")).unwrap();
    for (what, text) in [("the config", &toml), ("the output", &output), ("the summary", &errors)] {
        assert!(!text.contains(WHAT_IS_SECRET), "{arguments:?}: {what} shows a secret\n{text}");
    }
    errors
}

async fn is_accepted(folder: &Folder, words: &str) {
    let arguments = ["validate", "--config", "imported.toml"];
    let (code, output, errors) = run_with_input(folder, &arguments, &ENVIRONMENT, "").await;
    let toml = std::fs::read_to_string(folder.path().join("imported.toml")).unwrap();
    assert!(code == 0 && output.contains(words), "{output}{errors}\n{toml}");
    assert!(!errors.contains("error:"), "{errors}");
}

fn folder() -> Folder {
    let folder = Folder::new("");
    for (name, text) in [
        ("gatus.yaml", GATUS),
        ("blackbox.yml", BLACKBOX),
        ("prometheus.yml", PROMETHEUS),
        ("kuma.json", KUMA),
        ("statuscake.json", STATUSCAKE),
    ] {
        folder.write(name, text);
    }
    folder
}

#[tokio::test]
async fn what_is_imported_is_accepted_at_once() {
    let cases: [(&[&str], &str); 5] = [
        (&["gatus", "gatus.yaml"], "12 checks, 1 heartbeat, 8 secrets"),
        (&["blackbox", "blackbox.yml"], "0 checks, 6 templates"),
        (&["blackbox", "blackbox.yml", "--prometheus", "prometheus.yml"], "6 checks, 4 secrets"),
        (&["kuma", "kuma.json"], "10 checks, 1 heartbeat, 7 secrets"),
        (&["statuscake", "statuscake.json"], "3 checks, 3 secrets"),
    ];
    for (arguments, made) in cases {
        let folder = folder();
        let said = imported(&folder, arguments).await;
        assert!(said.contains(made), "{arguments:?}: {said}");
        is_accepted(&folder, "the config is good").await;
    }
}

#[tokio::test]
async fn secrets_are_written_for_their_owner_and_nothing_is_overwritten() {
    let folder = folder();
    imported(&folder, &["kuma", "kuma.json"]).await;
    let secrets = folder.path().join("secrets");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&secrets), mode(&secrets.join("shop-password"))), (0o700, 0o600));
    assert_eq!(std::fs::read_to_string(secrets.join("cache-password")).unwrap(), "planted-redis");
    let before = folder.contents();
    let again = ["import", "kuma", "kuma.json", "--out", "imported.toml"];
    let (code, _, errors) = run_to_end(&folder, &again).await;
    assert!(code == 1 && errors.contains("`imported.toml` exists already; hint:"), "{errors}");
    assert_eq!(before, folder.contents());
}

#[tokio::test]
async fn a_config_goes_to_standard_output_and_the_summary_elsewhere() {
    let folder = folder();
    let (code, output, errors) = run_with_input(&folder, &["import", "gatus", "-"], &[], GATUS).await;
    assert!(code == 0 && output.contains("[[check]]\nname = \"web.shop\""), "{output}{errors}");
    assert!(errors.contains("secrets/web.shop-cookie") && errors.contains("set these variables"), "{errors}");
    assert!(!folder.path().join("secrets").exists());
    let (code, output, errors) = run_to_end(&folder, &["import", "kuma", "kuma.json", "--json"]).await;
    let summary: Value = serde_json::from_str(&output).unwrap();
    assert!(code == 0 && errors.is_empty(), "{errors}");
    assert!(summary["toml"].as_str().unwrap().contains("[[heartbeat]]"), "{summary:#}");
    assert_eq!(summary["entries"][0]["plugin"], "http", "{summary:#}");
    let is_lost = |note: &&Value| note["kind"] == "not carried over";
    assert!(summary["notes"].as_array().unwrap().iter().filter(is_lost).count() > 2, "{summary:#}");
    assert!(!output.contains(WHAT_IS_SECRET), "{output}");
}

#[tokio::test]
async fn what_cannot_be_imported_is_told_in_a_sentence() {
    let folder = folder();
    folder.write("binary", "\u{0}");
    std::fs::write(folder.path().join("latin1"), b"endpoints: \xe4").unwrap();
    folder.write("broken.yaml", "endpoints: [\n  - name: 'x");
    for (arguments, words) in [
        (vec!["gatus", "none.yaml"], "cannot read `none.yaml`; hint:"),
        (vec!["gatus", "latin1"], "`latin1` is not UTF-8; hint:"),
        (vec!["gatus", "broken.yaml"], "cannot import `broken.yaml`: it is not YAML at line "),
        (vec!["gatus", "prometheus.yml"], "it is a config of Prometheus, and not a config of Gatus"),
        (vec!["kuma", "gatus.yaml"], "it is not JSON at line 2"),
        (vec!["kuma", "statuscake.json"], "hint:"),
        (vec!["blackbox", "gatus.yaml"], "import it with `watchkeep import gatus FILE`"),
        (vec!["blackbox", "blackbox.yml", "--prometheus", "blackbox.yml"], "has no `scrape_configs`; hint:"),
        (vec!["statuscake", "kuma.json"], "import it with `watchkeep import kuma FILE`"),
        (vec!["statuscake", "--api-token-file", "none"], "cannot read the token from `none`"),
    ] {
        let typed: Vec<&str> = ["import"].into_iter().chain(arguments).collect();
        let (code, output, errors) = run_to_end(&folder, &typed).await;
        assert!(code == 1 && output.is_empty() && errors.contains(words), "{typed:?}: {errors}");
        assert!(!errors.contains(WHAT_IS_SECRET) && !errors.contains("panicked"), "{errors}");
    }
    let (code, _, errors) = run_to_end(&folder, &["import", "statuscake"]).await;
    assert!(code == 2 && errors.contains("--api-token-file"), "{errors}");
    let (_, output, _) = run_to_end(&folder, &["import", "--help"]).await;
    assert!(output.contains("watchkeep import gatus config.yaml --out watchkeep.toml"), "{output}");
}

#[tokio::test]
async fn statuscake_is_asked_for_every_test_and_waited_for() {
    let mut shop = uptime_test("1", "shop");
    shop["find_string"] = "Basket".into();
    let account = StatusCake::new().with("uptime", shop).with("uptime", uptime_test("2", "blog"));
    let served = Served::start(account).await;
    let folder = folder();
    folder.secret("token", StatusCake::TOKEN);
    let url = format!("{}/v1", served.url);
    let arguments = ["statuscake", "--api-token-file", "token", "--url", &url];

    served.with(|it| it.be(Mood::Limits(Some(1))));
    let waiting = imported(&folder, &arguments);
    let lets_go = eventually("it is asked, and asks again", async || {
        served.with(|it| {
            let asked = it.asked();
            asked.first().map(|_| it.be(Mood::Well))
        })
    });
    let (said, ()) = tokio::join!(waiting, lets_go);
    assert!(said.contains("2 checks"), "{said}");
    assert!(!said.contains("a list holds little"), "{said}");
    is_accepted(&folder, "2 checks").await;
    let asked = served.with(|it| (it.asked(), it.wrong().to_vec()));
    assert_eq!(asked.0, ["/v1/uptime?page=1&limit=100&nouptime=true", "/v1/uptime/1", "/v1/uptime/2"]);
    assert_eq!(asked.1, Vec::<String>::new());

    served.with(|it| it.expect_token("another"));
    let typed: Vec<&str> = ["import"].into_iter().chain(arguments).collect();
    let (code, _, errors) = run_to_end(&folder, &typed).await;
    assert!(code == 1 && errors.contains("does not know the token (401); hint:"), "{errors}");
    assert!(!errors.contains(StatusCake::TOKEN), "{errors}");
    served.with(|it| it.be(Mood::Page));
    served.with(|it| it.expect_token(StatusCake::TOKEN));
    let (code, _, errors) = run_to_end(&folder, &typed).await;
    assert!(code == 1 && errors.contains("something that is not JSON; hint:"), "{errors}");
}
