//! The bundled `vpn-restart` against two real processes of OpenVPN that speak with one another without a device, and a command.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;
use watchkeep_end_to_end::cases::acted;
use watchkeep_end_to_end::servers::{Running, Server};
use watchkeep_end_to_end::{Folder, eventually};

fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn openvpn(folder: &Path, own: u16, other: u16, more: &[&str]) -> Running {
    let (own, other) = (own.to_string(), other.to_string());
    std::fs::create_dir_all(folder).unwrap();
    let log = folder.join("log");
    let log_name = log.to_str().unwrap().to_owned();
    Server::new("openvpn", folder)
        .arguments([
            "--dev",
            "null",
            "--local",
            "127.0.0.1",
            "--lport",
            &own,
            "--remote",
            "127.0.0.1",
            &other,
        ])
        .arguments(["--secret", "../key", "--cipher", "AES-256-CBC", "--ping", "1", "--log", &log_name])
        .arguments(more.iter().copied())
        .start_until(|| std::fs::read_to_string(&log).is_ok_and(|log| log.contains("link remote")))
}

/// The other end comes only once this one got its signal, so that it is waited for.
#[tokio::test]
async fn a_real_openvpn_is_restarted_by_either_signal_and_waited_for() {
    let folder = Folder::new("");
    Server::new("openvpn", folder.path()).arguments(["--genkey", "secret", "key"]).run();
    folder.secret("secret", "correct-horse");
    folder.secret("wrong", "battery-staple");
    for signal in ["sigusr1", "sighup"] {
        let (own, other) = (free_port(), free_port());
        let management = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        folder.write(&format!("{signal}/password"), "correct-horse\n");
        let door = ["--management", "127.0.0.1", &management, "password"];
        let own_folder = folder.path().join(signal);
        let _own = openvpn(&own_folder, own, other, &door);
        let config = json!({ "openvpn": {
            "address": format!("127.0.0.1:{management}"),
            "signal": signal,
            "password": { "secret": "management" },
        } });
        let wrong = acted(&folder, "vpn-restart", &config, &["--secret", "management=wrong"]).await;
        assert!(wrong.0 == 2 && wrong.1.contains("refuses the password; nothing was done"), "{wrong:?}");
        let right = ["--secret", "management=secret"];
        let planned = acted(&folder, "vpn-restart", &config, &[&right[..], &["--dry-run"]].concat()).await;
        let name = signal.to_uppercase();
        assert!(
            planned.0 == 0 && planned.1.starts_with(&format!("WOULD: send {name} to OpenVPN")),
            "{planned:?}"
        );

        let got = async {
            eventually("it got the signal", async || {
                let log = std::fs::read_to_string(own_folder.join("log")).unwrap_or_default();
                log.contains(&format!("{name}[")).then_some(())
            })
            .await;
            openvpn(&folder.path().join(format!("{signal}-other")), other, own, &[])
        };
        let (said, _other) = tokio::join!(acted(&folder, "vpn-restart", &config, &right), got);
        assert!(said.0 == 0 && said.1.starts_with(&format!("DONE: OpenVPN got {name}, was ")), "{said:?}");
        // It has been connected since, and nobody else's doing is undone.
        let again = acted(&folder, "vpn-restart", &config, &right).await;
        assert!(
            again.0 == 0 && again.1.starts_with("NOTHING TO DO: OpenVPN is connected since "),
            "{again:?}"
        );
    }
}

#[tokio::test]
async fn a_command_restarts_an_interface_that_is_up_afterwards() {
    let folder = Folder::new("");
    let script = folder.path().join("restart.sh");
    std::fs::write(&script, format!("#!/bin/sh\necho $1 >>{}/ran\n", folder.path().display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = format!(
        "[commands.restart]\nprogram = \"{}\"\nargs = [\"{{name}}\"]\nparameters = {{ name = \"[a-z0-9]+\" }}\n",
        script.display()
    );
    folder.write("machine.toml", &command);
    let granted = ["--machine", "machine.toml", "--grant", "commands=restart", "--grant", "system=links"];
    let config = |interface: &str| json!({ "wireguard": { "command": "restart", "parameters": { "name": "lo" }, "interface": interface }, "timeout": "1s" });
    let said = acted(&folder, "vpn-restart", &config("lo"), &granted).await;
    assert!(said.0 == 0 && said.1.starts_with("DONE: ran `restart`, and `lo` is up after "), "{said:?}");
    let said = acted(&folder, "vpn-restart", &config("wg99"), &granted).await;
    assert!(said.0 == 2 && said.1.contains("`wg99` is not up in time"), "{said:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("ran")).unwrap(), "lo\nlo\n");
}
