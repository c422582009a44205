//! The bundled `systemd-restart` on a real dbus-daemon, where python-dbusmock is systemd; and where there is no systemd, and no bus.

use serde_json::json;
use watchkeep_end_to_end::Folder;
use watchkeep_end_to_end::cases::acted;
use watchkeep_end_to_end::servers::Bus;

fn machine(folder: &Folder, socket: &std::path::Path) {
    folder.write("machine.toml", &format!("[sockets]\nsystem-bus = {{ path = \"{}\" }}\n", socket.display()));
}

const GRANTED: [&str; 4] = ["--machine", "machine.toml", "--grant", "net_local=system-bus"];

#[tokio::test]
async fn units_of_a_systemd_on_a_real_bus_are_restarted() {
    let (bus, folder) = (Bus::start(), Folder::new(""));
    machine(&folder, &bus.socket());
    for (unit, more, code, words) in [
        ("nginx.service", json!({}), 0, "DONE: restarted `nginx.service` in "),
        // Its job ends after the answer that names it.
        ("shop.service", json!({ "how": "start" }), 0, "DONE: started `shop.service` in "),
        ("fails.service", json!({}), 2, "`fails.service` did not start: its job failed"),
        ("hidden.service", json!({}), 2, "systemd does not allow it to the user of the host: `Interactive"),
        (
            "absent.service",
            json!({}),
            2,
            "systemd has no unit `absent.service`: `Unit absent.service not found.`",
        ),
    ] {
        let mut config = json!({ "units": "*", "unit": unit });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (ended, said) = acted(&folder, "systemd-restart", &config, &GRANTED).await;
        assert!(ended == code && said.contains(words), "{unit}: {ended}: {said}");
    }
}

#[tokio::test]
async fn a_bus_without_systemd_and_what_is_no_bus_are_told() {
    let (bus, folder) = (Bus::without_systemd(), Folder::new(""));
    let config = json!({ "units": "*", "unit": "nginx.service" });
    machine(&folder, &bus.socket());
    let (code, said) = acted(&folder, "systemd-restart", &config, &GRANTED).await;
    assert!(code == 2 && said.contains("there is no systemd on this bus"), "{said}");
    let (code, said) = acted(&folder, "systemd-restart", &config, &GRANTED[..2]).await;
    assert!(code == 2 && said.contains("net_local"), "{said}");
    machine(&folder, &folder.path().join("gone"));
    let (code, said) = acted(&folder, "systemd-restart", &config, &GRANTED).await;
    assert!(
        code == 2 && said.contains("socket `system-bus` is not there") && said.contains("nothing was done"),
        "{said}"
    );
}
