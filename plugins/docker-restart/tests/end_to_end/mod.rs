//! The bundled `docker-restart` against a real dockerd. What a host makes of it is in the suite's `recovery`.

use serde_json::{Value, json};
use watchkeep_end_to_end::cases::acted;
use watchkeep_end_to_end::servers::Docker;
use watchkeep_end_to_end::{Folder, eventually};

#[tokio::test]
async fn containers_of_a_real_daemon_are_looked_at_and_restarted() {
    const RUNS: &str = "while :; do /bin/busybox sleep 1; done";
    let (docker, folder) = (Docker::start(), Folder::new(""));
    // It was started after the problem began, but something speaks against that start.
    let sick = r#","Labels":{"team":"shop"},"Healthcheck":{"Test":["CMD-SHELL","exit 1"],"Interval":100000000,"Timeout":5000000000,"Retries":2}"#;
    docker.run("web", RUNS, sick);
    docker.run("job", "exit 3", "");
    docker.run("bank", RUNS, r#","Labels":{"team":"shop"}"#);
    eventually("it has ended", async || {
        (docker.inspected("job")["State"]["Status"] == "exited").then_some(())
    })
    .await;
    eventually("its health checks failed", async || {
        (docker.inspected("web")["State"]["Health"]["Status"] == "unhealthy").then_some(())
    })
    .await;
    folder.write(
        "machine.toml",
        &format!("[sockets]\ndocker = {{ path = \"{}\" }}\n", docker.socket().display()),
    );
    let granted = [
        "--machine",
        "machine.toml",
        "--grant",
        "http_local=docker GET /",
        "--grant",
        "http_local=docker POST /v1.41/containers/*/restart",
    ];
    let config = |more: Value| {
        let mut config = json!({ "socket": "docker", "names": ["web", "job"], "stop_timeout": "0s" });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let began = |name: &str| docker.inspected(name)["State"]["StartedAt"].as_str().unwrap().to_owned();
    let (web, job, bank) = (began("web"), began("job"), began("bank"));

    let dry = [&granted[..], &["--dry-run"]].concat();
    let said = acted(&folder, "docker-restart", &config(json!({ "container": "job" })), &dry).await;
    assert!(said.0 == 0 && said.1.starts_with("WOULD: restart the container, which exited "), "{said:?}");
    assert_eq!(began("job"), job);
    let said = acted(&folder, "docker-restart", &config(json!({ "container": "job" })), &granted).await;
    assert!(said.0 == 0 && said.1.contains("DONE: restarted `job`, which had exited "), "{said:?}");
    assert_ne!(began("job"), job);
    // By labels, and only what the patterns name.
    let said = acted(&folder, "docker-restart", &config(json!({ "labels": "team=shop" })), &granted).await;
    assert!(said.0 == 0 && said.1.contains("DONE: restarted `web`, which was running since "), "{said:?}");
    assert!(began("web") != web && began("bank") == bank);

    for (more, rights, words) in [
        (
            json!({ "container": "web", "how": "start" }),
            &granted[..],
            "NOTHING TO DO: `web`: it runs already",
        ),
        (json!({ "container": "job", "how": "start" }), &granted, "docker POST /v1.41/containers/job/start"),
        (json!({ "container": "job" }), &granted[..4], "docker POST /v1.41/containers/job/restart"),
    ] {
        eventually("the job has ended again", async || {
            (docker.inspected("job")["State"]["Status"] == "exited").then_some(())
        })
        .await;
        let said = acted(&folder, "docker-restart", &config(more), rights).await;
        assert!(said.1.contains(words), "{said:?}");
    }
    docker.remove("job");
    let said = acted(&folder, "docker-restart", &config(json!({ "container": "job" })), &granted).await;
    assert!(
        said.0 == 2 && said.1.contains("`No such container: job`; nothing was done; hint: it was removed"),
        "{said:?}"
    );
    drop(docker);
    let said = acted(&folder, "docker-restart", &config(json!({ "container": "web" })), &granted).await;
    assert!(said.0 == 2 && said.1.contains("nothing was done; hint: is Docker running"), "{said:?}");
}
