//! What the fuzzer began with, and what it once found, keeps every promise.

use std::path::Path;

use watchkeep_fuzz::{
    TARGETS, camera, config, corpus, dbus, detectify, dns, docker, domain, grants, grpc, journey, mqtt, ntp,
    onvif, prometheus, quality, reboot, reputation, smtp, snapshot, snmp, ssh, starttls, statuscake, tls,
    vpn, websocket,
};

#[test]
fn pictures_keep_their_promises() {
    corpus::replay("snapshot", snapshot);
}

#[test]
fn cameras_keep_their_promises() {
    corpus::replay("camera", camera);
}

#[test]
fn configs_keep_their_promises() {
    corpus::replay("config", config);
}

#[test]
fn records_of_name_servers_keep_their_promises() {
    corpus::replay("dns", dns);
}

#[test]
fn answers_of_registries_keep_their_promises() {
    corpus::replay("domain", domain);
}

#[test]
fn reports_of_detectify_keep_their_promises() {
    corpus::replay("detectify", detectify);
}

#[test]
fn grants_keep_their_promises() {
    corpus::replay("grants", grants);
}

#[test]
fn answers_of_health_services_keep_their_promises() {
    corpus::replay("grpc", grpc);
}

#[test]
fn brokers_of_mqtt_keep_their_promises() {
    corpus::replay("mqtt", mqtt);
}

#[test]
fn sites_of_journeys_keep_their_promises() {
    corpus::replay("journey", journey);
}

#[test]
fn answers_of_time_servers_keep_their_promises() {
    corpus::replay("ntp", ntp);
}

#[test]
fn messages_of_a_bus_keep_their_promises() {
    corpus::replay("dbus", dbus);
}

#[test]
fn answers_to_a_reboot_keep_their_promises() {
    corpus::replay("reboot", reboot);
}

#[test]
fn answers_of_onvif_keep_their_promises() {
    corpus::replay("onvif", onvif);
}

#[test]
fn answers_of_docker_keep_their_promises() {
    corpus::replay("docker", docker);
}

#[test]
fn answers_of_prometheus_keep_their_promises() {
    corpus::replay("prometheus", prometheus);
}

#[test]
fn streams_of_pictures_keep_their_promises() {
    corpus::replay("quality", quality);
}

#[test]
fn answers_of_block_lists_keep_their_promises() {
    corpus::replay("reputation", reputation);
}

#[test]
fn mail_servers_and_mailboxes_keep_their_promises() {
    corpus::replay("smtp", smtp);
}

#[test]
fn answers_of_agents_keep_their_promises() {
    corpus::replay("snmp", snmp);
}

#[test]
fn servers_of_ssh_keep_their_promises() {
    corpus::replay("ssh", ssh);
}

#[test]
fn answers_before_tls_keep_their_promises() {
    corpus::replay("starttls", starttls);
}

#[test]
fn answers_of_statuscake_keep_their_promises() {
    corpus::replay("statuscake", statuscake);
}

#[test]
fn first_answers_and_stapled_responses_keep_their_promises() {
    corpus::replay("tls", tls);
}

#[test]
fn tunnels_keep_their_promises() {
    corpus::replay("vpn", vpn);
}

#[test]
fn servers_of_websocket_keep_their_promises() {
    corpus::replay("websocket", websocket);
}

#[test]
fn every_target_has_a_binary_a_corpus_that_stays_small_and_a_test() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = ["tests/corpora.rs", "../../host/engine/src/fuzzing/corpora.rs"]
        .map(|file| std::fs::read_to_string(here.join(file)).expect("it can be read"))
        .concat();
    for target in TARGETS {
        let binary = here.join("targets/bin").join(format!("{target}.rs"));
        assert!(binary.exists(), "{} is missing", binary.display());
        assert!(tests.contains(&format!("replay(\"{target}\"")), "no test replays {target}");
        let inputs = corpus::inputs(target);
        let bytes: u64 = inputs.iter().map(|path| path.metadata().expect("it is there").len()).sum();
        assert!(
            bytes <= 256 << 10,
            "the corpus of {target} has {bytes} bytes: minimise it, see CONTRIBUTING.md"
        );
    }
}
