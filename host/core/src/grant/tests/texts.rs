//! What is written in a config, and the messages about it.

use super::*;

#[test]
fn a_denial_of_a_plugin_that_is_run_by_hand_says_which_option_to_add() {
    for (tried, option) in [
        ("http https://api.example.com:443", "`--grant http=https://api.example.com`"),
        ("net tcp://db.example.com:5432", "`--grant net=tcp://db.example.com:5432`"),
        ("reveal api-key", "`--grant reveal=api-key`"),
        ("http http://[2001:db8::1]:80", "`--grant 'http=http://[2001:db8::1]'`"),
    ] {
        let mut by_hand = rights("");
        Arc::make_mut(&mut by_hand.ceiling).granted_by = GrantedBy::CommandLine;
        let hint = decided(&by_hand, tried).unwrap_err().hint;
        assert_eq!(hint, format!("add {option}"), "{tried}");
        let option = option.trim_matches('`').trim_start_matches("--grant ").trim_matches('\'');
        let (capability, entry) = option.split_once('=').unwrap();
        Arc::make_mut(&mut by_hand.allow).parse_entry(capability, entry).unwrap();
        assert_eq!(decided(&by_hand, tried), Ok(()), "{option}");
    }
    let mut by_hand = rights("http http://cam.internal");
    Arc::make_mut(&mut by_hand.ceiling).granted_by = GrantedBy::CommandLine;
    let hint = decided(&by_hand, "http http://cam.internal:80 -> 10.1.2.3").unwrap_err().hint;
    assert_eq!(hint, "add `--grant http=http://10.1.2.3`");
}

#[test]
fn a_denial_says_what_who_and_what_to_add() {
    let text = |given: &str, tried: &str| decided(&rights(given), tried).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            text("", "http https://api.example.com:443"),
            text("", "http http://api.example.com:8080"),
            text("", "net tcp://db.example.com:5432"),
            text("", "icmp 203.0.113.9"),
            text("", "dns example.com@9.9.9.9:53"),
            text("", "reveal api-key"),
            text("", "tls https://old.example.com:443"),
            text("", "host shop.example.com for 203.0.113.9"),
            text("http http://cam.internal", "http http://cam.internal:80 -> 10.1.2.3"),
            text("http http://*:*", "http http://rebind.test:80 -> 169.254.169.254"),
            text("http http://*:*", "http http://2130706433:80"),
            text("own 127.0.0.1:8686", "http http://localhost:8686"),
            text("own 127.0.0.1:8686", "http http://127.0.0.1:8686"),
            text("asks http https://a.test; http https://*", "http https://b.test:443"),
            text("", "http https://user@example.com:443"),
        ]
        .join("\n"),
        @r#"
        denied: http to https://api.example.com; hint: add `http = ["https://api.example.com"]` under [plugin.probe.allow]
        denied: http to http://api.example.com:8080; hint: add `http = ["http://api.example.com:8080"]` under [plugin.probe.allow]
        denied: net to tcp://db.example.com:5432; hint: add `net = ["tcp://db.example.com:5432"]` under [plugin.probe.allow]
        denied: icmp to 203.0.113.9; hint: add `icmp = ["203.0.113.9"]` under [plugin.probe.allow]
        denied: dns question for example.com@9.9.9.9; hint: add `dns = ["example.com@9.9.9.9"]` under [plugin.probe.allow]
        denied: reveal of secret `api-key`; hint: add `reveal = ["api-key"]` under [plugin.probe.allow]
        denied: unverified TLS to https://old.example.com; hint: add `tls_unverified = ["https://old.example.com"]` under [plugin.probe.allow]
        denied: server name `shop.example.com` in place of the URL's host; hint: add `server_name = ["shop.example.com"]` under [plugin.probe.allow]
        denied: http to http://cam.internal, since `cam.internal` leads to `10.1.2.3`, a private address; hint: add `http = ["http://10.1.2.3"]` under [plugin.probe.allow], or `private_networks = ["10.1.2.3/32"]` under [host]
        denied: http to http://rebind.test, since `rebind.test` leads to `169.254.169.254`, a cloud metadata address; hint: add `http = ["http://169.254.169.254"]` under [plugin.probe.allow]
        denied: http to http://127.0.0.1, a loopback address; hint: add `http = ["http://127.0.0.1"]` under [plugin.probe.allow]
        denied: http to http://localhost:8686; hint: add `http = ["http://localhost:8686"]` under [plugin.probe.allow]
        denied: http to http://127.0.0.1:8686, where this host itself listens; hint: no grant opens the host's own listeners to a plugin
        denied: http to https://b.test, which plugin `probe` does not request; hint: its author has to request `http` to `https://b.test`
        denied: http to `user@example.com`: it carries a user name; hint: leave it out and place the credential as a secret
        "#
    );
}

#[test]
fn entries_that_are_no_grants_are_refused_with_their_fix() {
    let text = |capability: &str, entry: &str| {
        Allow::default().parse_entry(capability, entry).unwrap_err().to_string()
    };
    insta::assert_snapshot!(
        [
            text("http", "api.example.com"),
            text("http", "ftp://example.com"),
            text("http", "tcp://example.com:80"),
            text("http", "https://example.com/v1"),
            text("http", "https://example.com?x"),
            text("http", "https://bob:secret@example.com"),
            text("http", "https://"),
            text("http", "https://ex*mple.com"),
            text("http", "https://*.10.0.0.1"),
            text("http", "https://bücher.example"),
            text("http", "https://example.com:0"),
            text("http", "https://example.com:70000"),
            text("http", "https://example.com:x"),
            text("http", "http://10.0.0.1/8"),
            text("http", "http://10.0.0.0/33"),
            text("net", "db.example.com"),
            text("net", "https://db.example.com:443"),
            text("net", "tcp://db.example.com:5432/x"),
            text("dns", "example.com@ns.example.com"),
            text("dns", ""),
            text("icmp", "https://example.com"),
            text("reveal", "*"),
            text("files", "/var/log"),
            text("commands", "/bin/sh"),
            text("system", "disk"),
            text("system", "disks:/home"),
            text("system", "listeners:443"),
            text("system", "units"),
            text("system", "units:nginx"),
            text("system", "units:a/b.mount"),
            text("system", "processes:"),
            text("htpp", "https://example.com"),
        ]
        .join("\n"),
        @r#"
        `api.example.com` is not a valid target: it has no scheme; hint: write it as `https://api.example.com`, `https://*.example.com:8443` or `http://10.0.0.0/8:*`
        `ftp://example.com` is not a valid target: `ftp` is not a scheme for it; hint: write it as `https://api.example.com`, `https://*.example.com:8443` or `http://10.0.0.0/8:*`
        `tcp://example.com:80` is not a valid target: `http` grants are for `http` and `https`; hint: put it into `net`
        `https://example.com/v1` is not a valid target: it has a path; hint: a grant is for a whole origin: write `https://example.com`
        `https://example.com?x` is not a valid target: it has a path; hint: a grant is for a whole origin: write `https://example.com`
        `https://` is not a valid target: it carries a user name or a password; hint: leave it out and place the credential as a secret
        `https://` is not a valid target: the host is empty; hint: name a host, such as `api.example.com`
        `https://ex*mple.com` is not a valid target: `*` stands for a whole host or for all in front of a domain; hint: write `*` or `*.example.com`
        `https://*.10.0.0.1` is not a valid target: an address has no subdomains; hint: write the network as `10.0.0.0/8`
        `https://bücher.example` is not a valid target: it has letters outside ASCII; hint: write the name in its `xn--` form
        `https://example.com:0` is not a valid target: `0` is not a port; hint: ports are numbers from 1 to 65535
        `https://example.com:70000` is not a valid target: `70000` is not a port; hint: ports are numbers from 1 to 65535
        `https://example.com:x` is not a valid target: `x` is not a port; hint: ports are numbers from 1 to 65535
        `http://10.0.0.1/8` is not a valid target: it has bits behind the prefix; hint: write `10.0.0.0/8`
        `http://10.0.0.0/33` is not a valid target: it is not a network; hint: write it as `10.0.0.0/8` or `[fd00::/8]`
        `db.example.com` is not a valid target: it has no port; hint: write `db.example.com:PORT`, or `db.example.com:*` for every port
        `https://db.example.com:443` is not a valid target: `net` grants are for `tcp` and `udp`, not `https`; hint: write it as `tcp://db.example.com:5432`, or `db.example.com:5432` for tcp and udp
        `tcp://db.example.com:5432/x` is not a valid target: it has a path; hint: a grant is for a whole origin: write `tcp://db.example.com:5432`
        `example.com@ns.example.com` is not a valid target: a name server is written as an address; hint: write it as `example.com@192.0.2.53`, or `example.com@*` for any server
        `` is not a valid target: the host is empty; hint: name a host, such as `api.example.com`
        `https://example.com` is not a valid target: it has a scheme; hint: write the host alone, such as `gw.example.com`
        `*` is not a valid target: it names no single secret; hint: name each secret on its own; there is no pattern for secrets
        `/var/log` is not a valid target: it names no single folder; hint: name a folder that stands under [roots]; names have letters, digits and `-_.`
        `/bin/sh` is not a valid target: it names no single program; hint: name a program that stands under [commands.NAME]; names have letters, digits and `-_.`
        `disk` is not a valid target: a machine has no `disk` to grant; hint: targets are `disks`, `memory`, `load`, `links`, `pressure`, `clock`, `file-handles`, `temperatures`, `reboot`, `listeners`, `units:NAME`, `processes:NAME` and `commands-of:NAME`
        `disks:/home` is not a valid target: `disks` takes no pattern; hint: write it as `disks`
        `listeners:443` is not a valid target: `listeners` takes no pattern; hint: write it as `listeners`
        `units` is not a valid target: `units` wants a name or a pattern; hint: write it as `units:NAME`, or `units:*` for all
        `units:nginx` is not a valid target: a unit's name ends in its type; hint: write it as `nginx.service`, or `nginx*` for all that begin so
        `units:a/b.mount` is not a valid target: no unit has `/` in its name; hint: patterns are made of `*` (any letters) and `?` (one)
        `processes:` is not a valid target: it names no processes; hint: write `*` for all
        `https://example.com` is not a valid target: there is no capability `htpp`; hint: capabilities are `http`, `net`, `dns`, `icmp`, `reveal`, `tls_unverified`, `server_name`, `net_local`, `http_local`, `snapshots`, `files`, `commands`, `system`
        "#
    );
}

#[test]
fn config_values_that_are_no_targets_are_refused_and_never_patterns() {
    let text =
        |capability: &str, value: &str| Target::from_config(capability, value).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            text("http", "https://*"),
            text("http", "https://*.example.com/"),
            text("http", "https://bob:secret@example.com/"),
            text("http", "https:\\\\example.com"),
            text("http", "https://example.com\\@evil.test/"),
            text("http", "tcp://example.com:80/token"),
            text("http", "shop.example.com"),
            text("http", "https://exa\tmple.com/token"),
            text("http", "https://hooks.example.com:bad/token"),
            text("net", "db.example.com"),
            text("net", "2001:db8::5"),
            text("net", "10.0.0.0/8:5432"),
            text("net", "*:5432"),
            text("tcp", "udp://db:5432"),
            text("tcp", "wss://bob:secret@chat.example.com/"),
            text("tcp", "wss://chat.example.com:0/token"),
            text("tcp", "ws://chat example.com/token"),
            text("tcp", "rtsp://bob:secret@cam.example.com/"),
            text("tcp", "rtsp://cam.example.com:0/stream"),
            text("tcp", "rtsp://cam example.com/stream"),
            text("net", "wss://chat.example.com/token"),
            text("http", "wss://chat.example.com/token"),
            text("dns", "*"),
            text("icmp", "*"),
            text("files", "/var/log"),
        ]
        .join("\n"),
        @r#"
        `https://*` is not a valid target: `*` cannot be in a host name; hint: name a host, such as `api.example.com`
        `https://*.example.com` is not a valid target: `*` cannot be in a host name; hint: name a host, such as `api.example.com`
        `https` is not a valid target: it carries a user name or a password; hint: leave it out and place the credential as a secret
        `https:` is not a valid target: it has no scheme; hint: write it as `https://api.example.com/path`
        `https://example.com` is not a valid target: a backslash follows the host; hint: write it as `https://api.example.com/path`
        `tcp://example.com:80` is not a valid target: it is not the URL of a web server; hint: write a URL that begins with `https://` or `http://`
        `shop.example.com` is not a valid target: it has no scheme; hint: write it as `https://api.example.com/path`
        `https://exa\tmple.com` is not a valid target: it has a blank or a control character; hint: write it as `https://api.example.com/path`
        `https://hooks.example.com:bad` is not a valid target: `bad` is not a port; hint: ports are numbers from 1 to 65535
        `db.example.com` is not a valid target: it has no port; hint: write it as `db.example.com:PORT` with the port
        `2001:db8::5` is not a valid target: it has no port; hint: write it as `[2001:db8::5]:PORT` with the port
        `10.0.0.0/8:5432` is not a valid target: `/` cannot be in a host name; hint: name a host, such as `api.example.com`
        `*:5432` is not a valid target: `*` cannot be in a host name; hint: name a host, such as `api.example.com`
        `udp://db:5432` is not a valid target: `udp` has no place here; hint: write it as `host:port`
        `wss` is not a valid target: it carries a user name or a password; hint: leave it out and place the credential as a secret
        `wss://chat.example.com:0` is not a valid target: `0` is not a port; hint: ports are numbers from 1 to 65535
        `ws://chat example.com` is not a valid target: it has a blank or a control character; hint: write it as `wss://api.example.com/path`
        `rtsp` is not a valid target: it carries a user name or a password; hint: leave it out and place the credential as a secret
        `rtsp://cam.example.com:0` is not a valid target: `0` is not a port; hint: ports are numbers from 1 to 65535
        `rtsp://cam example.com` is not a valid target: it has a blank or a control character; hint: write it as `rtsps://api.example.com/path`
        `wss://chat.example.com/token` is not a valid target: `wss` has no place here; hint: write it as `host:port`
        `wss://chat.example.com` is not a valid target: the scheme is not `http`, `https`, `tcp` or `udp`; hint: write it as `https://api.example.com/path`
        `*` is not a valid target: `*` cannot be in a host name; hint: name a host, such as `api.example.com`
        `*` is not a valid target: `*` cannot be in a host name; hint: name a host, such as `api.example.com`
        `/var/log` is not a valid target: a config field cannot grant `files`; hint: the plugin may mark fields with `http`, `net`, `tcp`, `udp`, `dns` or `icmp`
        "#
    );
}

#[test]
fn entries_are_shown_as_they_would_be_written() {
    for (capability, entry) in [
        ("http", "https://api.example.com"),
        ("http", "*://*.example.com:*"),
        ("http", "http://10.0.0.0/8:8080"),
        ("http", "http://[fd00::/8]:8080"),
        ("http", "https://[2001:db8::1]:8443"),
        ("net", "tcp://db.example.com:5432"),
        ("net", "db.example.com:*"),
        ("dns", "*"),
        ("dns", "."),
        ("dns", "*.example.com@10.0.0.53"),
        ("dns", "@[2001:db8::53]:5353"),
        ("icmp", "10.0.0.0/8"),
        ("reveal", "api-key"),
        ("tls_unverified", "https://old.example.com"),
        ("server_name", "*.example.com"),
        ("files", "logs"),
        ("commands", "disks"),
        ("system", "disks"),
        ("system", "units:nginx*"),
        ("system", "processes:kworker/0:1"),
        ("system", "commands-of:*"),
    ] {
        let mut allow = Allow::default();
        allow.parse_entry(capability, entry).unwrap();
        let shown: Vec<String> = allow.entries().map(|(of, text)| format!("{of} {text}")).collect();
        assert_eq!(shown, [format!("{capability} {entry}")]);
    }
}

#[test]
fn merging_adds_what_is_new_and_nothing_twice() {
    let mut allow = (*rights("http https://a.test; icmp a.test").allow).clone();
    allow.merge(&rights("http https://a.test; http https://b.test; reveal key").allow);
    assert_eq!(allow, *rights("http https://a.test; http https://b.test; icmp a.test; reveal key").allow);
    assert!(!allow.is_empty());
    assert!(Allow::default().is_empty());
}
