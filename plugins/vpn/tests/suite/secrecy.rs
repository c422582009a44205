//! No private and no preshared key is kept, told or logged.

use serde_json::json;
use watchkeep_plugin_vpn::{run, without_keys};
use watchkeep_sdk::testing::Host;

use super::{BERLIN, HAMBURG, base64, berlin, hex, interface, uapi, wireguard};

/// The private key and the preshared one, in all forms in which they could be seen.
fn secrets() -> Vec<String> {
    [0xdd, 0xee]
        .into_iter()
        .flat_map(|byte| [hex(byte)[..16].to_owned(), base64(byte)[..10].to_owned()])
        .collect()
}

/// With a key where none belongs, and whole answers as well.
fn answers() -> Vec<String> {
    let well = interface(&[BERLIN, HAMBURG]);
    let (private, preshared) = (hex(0xdd), hex(0xee));
    vec![
        well.clone(),
        well.replace("private_key=", "private_key"),
        well.replace("preshared_key=", "preshared_key "),
        well.replace("private_key=", "PRIVATE_KEY="),
        well.replace("errno=0", &format!("errno={private}")),
        well.replace("listen_port=51820", &private),
        well.replace("listen_port=51820", &format!("{private}={preshared}")),
        well.replace("endpoint=192.0.2.7:51820", &format!("endpoint={private}")),
        well.replace("endpoint=192.0.2.7:51820", &format!("endpoint={private}:51820")),
        well.replace("rx_bytes=5000", &format!("rx_bytes={private}")),
        well.replace("last_handshake_time_sec", &preshared),
        well.replace("allowed_ip=10.9.0.2/32", &format!("allowed_ip={preshared}")),
        well.replace("errno=0\n\n", &format!("private_key={private}\nerrno=0\n\n")),
        well.replace("errno=0\n\n", &format!("private_key={private}")),
        format!("private_key={private}"),
    ]
}

#[test]
fn keys_of_the_interface_are_in_nothing_that_a_run_leaves() {
    for said in answers() {
        let mut config = wireguard(berlin());
        config["wireguard"]["unexpected_peers"] = json!("warning");
        let answer = uapi(said.clone()).closes();
        let ran = Host::new().answer("unix wg0", answer).check(run, &config.to_string());
        let kept = ran.kv("peers").map(|kept| String::from_utf8_lossy(kept).into_owned());
        let left = format!("{:?} {:?} {} {kept:?}", ran.result, ran.log, ran.log_text());
        for secret in secrets() {
            assert!(
                !left.to_lowercase().contains(&secret.to_lowercase()),
                "{secret} of {said:?} is in {left}"
            );
        }
    }
}

#[test]
fn what_could_be_a_key_is_not_quoted() {
    let key = base64(0xdd);
    assert_eq!(without_keys(&format!("bad key: {key}, line 3\n")), "bad key: [key]=, line 3");
    assert_eq!(without_keys(&hex(0xdd)), "[key]");
    assert_eq!(without_keys(&format!("a={key}")), "a=[key]=");
    assert_eq!(without_keys(&format!("key={}", &hex(0xdd)[..20])), "key=[key]");
    assert_eq!(without_keys("Operation not permitted"), "Operation not permitted");
    let said = watchkeep_sdk::commands::Output {
        stderr: format!("interface: {key}\n").into_bytes(),
        ..watchkeep_sdk::testing::output(1, "")
    };
    let config = json!({ "wireguard": { "interface": "wg0", "command": "wg" } }).to_string();
    let asked = "command wg interface=wg0 what=latest-handshakes";
    let ran = Host::new().answer(asked, said).check(run, &config);
    super::inconclusive(&ran, "`wg` failed for wg0: interface: [key]=");
}
