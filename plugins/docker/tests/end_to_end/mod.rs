//! The bundled `docker` against a real dockerd, against a double with more containers than any machine has, and against what
//! is none.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use all of it")]
#[path = "../suite/double.rs"]
mod double;

use watchkeep_doubles::Served;
use watchkeep_end_to_end::cases::{Case, case, hold, judge, outcome};
use watchkeep_end_to_end::servers::{Bench, Docker, Stranger, Wanted};
use watchkeep_end_to_end::{Folder, closed_port, eventually};

use double::{Daemon, container, exited};

/// A health check that is made every 100 ms and ends so.
fn health(script: &str) -> String {
    format!(
        r#","Healthcheck":{{"Test":["CMD-SHELL","{script}"],"Interval":100000000,"Timeout":5000000000,"Retries":2}}"#
    )
}

fn policy(name: &str) -> String {
    format!(r#","HostConfig":{{"RestartPolicy":{{"Name":"{name}"}}}}"#)
}

async fn until(what: &str, docker: &Docker, name: &str, is_so: impl Fn(&serde_json::Value) -> bool) {
    eventually(what, async || is_so(&docker.inspected(name)).then_some(())).await;
}

#[tokio::test]
async fn containers_of_a_real_daemon_are_judged_and_a_crash_loop_is_found() {
    const RUNS: &str = "while :; do /bin/busybox sleep 1; done";
    let docker = Docker::start();
    docker.run("web", RUNS, r#","Labels":{"team":"shop"}"#);
    docker.run("well", RUNS, &health("exit 0"));
    docker.run("sick", RUNS, &health("echo no route to database; exit 1"));
    docker.run("job", "exit 0", "");
    docker.run("failed", "exit 3", "");
    docker.run("stopped", RUNS, &policy("unless-stopped"));
    docker.act("stopped", "kill");
    docker.run("paused", RUNS, "");
    docker.act("paused", "pause");
    docker.create("created", RUNS, "");
    docker.run("loop", "exit 7", &policy("always"));
    docker.run("busy", "while :; do :; done", r#","HostConfig":{"NanoCpus":100000000}"#);
    until("a health check passed", &docker, "well", |it| it["State"]["Health"]["Status"] == "healthy").await;
    until("health checks failed", &docker, "sick", |it| it["State"]["Health"]["Status"] == "unhealthy").await;
    for name in ["job", "failed", "stopped"] {
        until("it has ended", &docker, name, |it| it["State"]["Status"] == "exited").await;
    }

    let of = |names: &str, more: &str| format!("socket = \"docker\", names = \"{names}\"{more}");
    let cases = [
        case("web", of("web", ""), "ok", &["web is up for "]),
        case("by-label", "socket = \"docker\", labels = \"team=shop\"".to_owned(), "ok", &["web is up for "]),
        case(
            "by-other-label",
            "socket = \"docker\", labels = \"team=blog\"".to_owned(),
            "unknown",
            &["no containers"],
        ),
        case("chosen-version", of("web", ", api_version = \"1.41\""), "ok", &["web is up for "]),
        case(
            "future-version",
            of("web", ", api_version = \"1.99\""),
            "fault",
            &["client version 1.99 is too new", "hint: leave `api_version` out"],
        ),
        case("well", of("well", ""), "ok", &["well is up for ", ", healthy"]),
        case("sick", of("sick", ""), "critical", &["unhealthy: ", "the last with `no route to database`"]),
        case("job", of("job", ""), "ok", &["job exited with 0 "]),
        case("job-expected", of("job", ", expected = \"job\""), "critical", &["it is expected to run"]),
        case("failed", of("failed", ""), "critical", &["failed exited with 3 ", "it does not run"]),
        case("failed-accepted", of("failed", ", exit_codes_ok = [0, 3]"), "ok", &["failed exited with 3 "]),
        case("stopped", of("stopped", ""), "critical", &["stopped exited with 137 (killed by SIGKILL) "]),
        case("paused", of("paused", ""), "warning", &["paused is paused"]),
        case("created", of("created", ", expected = \"created\""), "ok", &["created was just created"]),
        case(
            "young",
            of("web", ", started_within_warning = \"1h\""),
            "warning",
            &["it was started less than 1 h ago"],
        ),
        case(
            "missing",
            "socket = \"docker\", names = \"w*\", expected = [\"web\", \"www\"]".to_owned(),
            "critical",
            &["1 of 3 critical: www is not there: Docker has no container of this name"],
        ),
    ];
    let folder = Folder::new("");
    let rest = |path: &std::path::Path| {
        format!(
            "[sockets]\ndocker = {{ path = \"{}\" }}\n\n[plugin.docker.allow]\n\
             http_local = [\"docker GET /version\", \"docker GET /v1.41/containers\", \"docker GET /v1.99/containers\"]\n",
            path.display()
        )
    };
    let later = [
        case("loop", of("loop", ""), "critical", &[]),
        case("busy", of("busy", ", cpu_warning = 50, throttled_warning = 0"), "warning", &[]),
    ];
    let now = cases.len();
    let all: Vec<Case> = cases.into_iter().chain(later).collect();
    let judged = &all[..now];
    folder.config(&format!(
        "{}\n\n{}",
        rest(&docker.socket()),
        watchkeep_end_to_end::cases::checks("docker", &all)
    ));
    let host = watchkeep_end_to_end::Host::start(&folder).await;
    judge(&host, judged).await;
    // Started by hand, it fails several times within seconds.
    docker.act("loop", "restart");
    eventually("the crash loop is found", async || {
        let (state, said) = outcome(&host, "loop").await;
        (state == "critical" && said.contains(" in ") && said.contains(": a crash loop")).then_some(())
    })
    .await;
    // Compared with the run before.
    eventually("the busy one is found", async || {
        let (state, said) = outcome(&host, "busy").await;
        (state == "warning" && said.contains("% of its limit of 0.1 CPUs in ")).then_some(())
    })
    .await;
    // A container that goes away is missing from the next run on.
    docker.remove("web");
    eventually("the container is missed", async || {
        let (state, said) = outcome(&host, "missing").await;
        (state == "critical" && said.starts_with("2 of 3 critical")).then_some(())
    })
    .await;
    // As is the daemon, which is no judgement.
    drop(docker);
    eventually("the daemon is missed", async || {
        let (state, said) = outcome(&host, "well").await;
        (state == "fault" && said.contains("hint: is Docker running, and listening there?")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_real_daemon_under_tls_demands_a_certificate_of_its_authority() {
    let bench = Bench::new();
    for (authority, names) in [("root", &["server", "client"][..]), ("other", &["stranger"])] {
        bench.root(authority);
        for name in names {
            bench.signed(authority, name, Wanted::default());
        }
    }
    let docker = Docker::start_verifying(&bench);
    docker.run("web", "while :; do /bin/busybox sleep 1; done", "");
    let folder = Folder::new("");
    folder.write("authority.pem", &String::from_utf8_lossy(&bench.read("root.pem")));
    let port = docker.tls_port;
    let mut rest = "ca_file = \"authority.pem\"\n\n[secrets]\n".to_owned();
    for name in ["client", "stranger"] {
        let both = [bench.read(&format!("{name}.pem")), bench.read(&format!("{name}.key"))].concat();
        folder.secret(name, &String::from_utf8_lossy(&both));
        rest.push_str(&format!("{name} = {{ file = \"{name}\", to = [\"https://127.0.0.1:{port}\"] }}\n"));
    }
    rest.push_str("\n[plugin.docker.allow]\nserver_name = [\"docker.example.com\"]\n");
    let shows = |name: &str| {
        format!("url = \"https://127.0.0.1:{port}\", client_certificate = {{ secret = \"{name}\" }}")
    };
    let demands = "hint: a daemon with `--tlsverify` demands a `client_certificate`";
    let cases = [
        case("certified", shows("client"), "ok", &["web is up for "]),
        case(
            "uncertified",
            format!("url = \"https://127.0.0.1:{port}\""),
            "fault",
            &["inconclusive: ", demands],
        ),
        case(
            "stranger",
            shows("stranger"),
            "fault",
            &[
                "inconclusive: ",
                "hint: is the `client_certificate` one of the authority in the daemon's `--tlscacert`?",
            ],
        ),
        case(
            "in-the-clear",
            format!("url = \"http://127.0.0.1:{port}\""),
            "fault",
            &["config: ", "Docker answers 400 to `GET /version`", "hint: write `https://` in `url`"],
        ),
        case(
            "another-name",
            format!("{}, server_name = \"docker.example.com\"", shows("client")),
            "fault",
            &["inconclusive: ", "not valid for `docker.example.com`"],
        ),
    ];
    hold(&folder, &rest, "docker", &cases).await;
}

#[tokio::test]
async fn what_is_no_daemon_judges_nothing() {
    let (closed, ssh) =
        (closed_port().await, Stranger::Saying(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()).start().await);
    let silent = Stranger::Silent.start().await;
    let folder = Folder::new("");
    let rest = format!(
        "[sockets]\ngone = {{ path = \"{0}/gone.sock\" }}\nfile = {{ path = \"{0}/note.txt\" }}\n\n\
         [plugin.docker.allow]\nhttp_local = [\"gone GET /version\", \"file GET /version\"]\n",
        folder.path().display()
    );
    folder.write("note.txt", "no socket");
    let cases = [
        case(
            "gone",
            "socket = \"gone\"",
            "fault",
            &["inconclusive: ", "socket `gone` is not there: no file `", "hint: is Docker running"],
        ),
        case("file", "socket = \"file\"", "fault", &["inconclusive: ", "Docker could not be asked: "]),
        case("unnamed", "socket = \"docker\"", "fault", &["docker"]),
        case(
            "ungranted",
            "socket = \"gone\", api_version = \"1.41\"",
            "fault",
            &["gone GET /v1.41/containers/json"],
        ),
        case(
            "closed",
            format!("url = \"http://{closed}\""),
            "fault",
            &["connection refused by 127.0.0.1:", "hint: is Docker running"],
        ),
        case(
            "ssh",
            format!("url = \"http://{ssh}\""),
            "fault",
            &["broken answer", "hint: is it Docker, and does it use TLS"],
        ),
        case(
            "silent",
            format!("url = \"http://{silent}\", timeout = \"200ms\""),
            "fault",
            &["timed out waiting"],
        ),
    ];
    hold(&folder, &rest, "docker", &cases).await;
}

#[tokio::test]
async fn ten_thousand_containers_stay_within_the_hosts_limits() {
    let all = (0..10_000).map(|at| match at {
        9_999 => exited("last", 3),
        at => container(&format!("web-{at}")),
    });
    let served = Served::start(Daemon::with(all)).await;
    let at = |more: &str| format!("url = \"{}\"{more}", served.url);
    let cases = [
        case(
            "all",
            at(""),
            "critical",
            &["1 of 10000 critical: last exited with 3", "9700 of 10000 containers are not shown"],
        ),
        case("none", at(", names = \"none\", empty = \"ok\""), "ok", &["no containers"]),
    ];
    hold(&Folder::new(""), "", "docker", &cases).await;
}
