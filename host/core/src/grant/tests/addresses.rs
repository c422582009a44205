//! Which addresses are allowed, written as such or reached through a name.

use super::Answer::{Denied, Never, Open};
use super::check;

#[test]
fn every_spelling_of_an_address_is_that_address() {
    let any = "http http://*:*";
    check(&[
        (any, "http http://127.0.0.1:80", Denied),
        (any, "http http://0x7f.1:80", Denied),
        (any, "http http://0x7f000001:80", Denied),
        (any, "http http://2130706433:80", Denied),
        (any, "http http://017700000001:80", Denied),
        (any, "http http://127.1:80", Denied),
        (any, "http http://127.0.1:80", Denied),
        (any, "http http://0177.0.0.1:80", Denied),
        (any, "http http://127.0.0.1.:80", Denied),
        (any, "http http://[::1]:80", Denied),
        (any, "http http://[0:0:0:0:0:0:0:1]:80", Denied),
        (any, "http http://[::ffff:127.0.0.1]:80", Denied),
        (any, "http http://[::ffff:7f00:1]:80", Denied),
        (any, "http http://0:80", Denied),
        (any, "http http://0.0.0.0:80", Denied),
        (any, "http http://[::]:80", Denied),
        (any, "http http://256.0.0.1:80", Never),
        (any, "http http://1.2.3.4.5:80", Never),
        (any, "http http://08.0.0.1:80", Never),
        (any, "http http://[fe80::1%eth0]:80", Never),
        (any, "http http://[::1:80", Never),
        ("http http://127.0.0.1", "http http://0x7f.1:80", Open),
        ("http http://0x7f.1", "http http://127.0.0.1:80", Open),
        ("http http://127.0.0.1", "http http://[::ffff:127.0.0.1]:80", Open),
        ("http http://[2001:db8::1]", "http http://[2001:0DB8:0::1]:80", Open),
    ]);
}

#[test]
fn special_addresses_are_closed_unless_written() {
    let any = "http http://*:*";
    check(&[
        (any, "http http://a.test:80 -> 93.184.216.34", Open),
        (any, "http http://a.test:80 -> 2606:2800:220:1::1", Open),
        (any, "http http://a.test:80 -> 127.0.0.1", Denied),
        (any, "http http://a.test:80 -> 127.9.9.9", Denied),
        (any, "http http://a.test:80 -> ::1", Denied),
        (any, "http http://a.test:80 -> 0.0.0.0", Denied),
        (any, "http http://a.test:80 -> 0.1.2.3", Denied),
        (any, "http http://a.test:80 -> ::", Denied),
        (any, "http http://a.test:80 -> 169.254.169.254", Denied),
        (any, "http http://a.test:80 -> 169.254.0.1", Denied),
        (any, "http http://a.test:80 -> fe80::1", Denied),
        (any, "http http://a.test:80 -> 168.63.129.16", Denied),
        (any, "http http://a.test:80 -> 100.100.100.200", Denied),
        (any, "http http://a.test:80 -> 192.0.0.192", Denied),
        (any, "http http://a.test:80 -> fd00:ec2::254", Denied),
        (any, "http http://a.test:80 -> 100.64.0.1", Denied),
        (any, "http http://a.test:80 -> 100.127.255.255", Denied),
        (any, "http http://a.test:80 -> 100.128.0.1", Open),
        (any, "http http://a.test:80 -> 224.0.0.1", Denied),
        (any, "http http://a.test:80 -> 239.255.255.250", Denied),
        (any, "http http://a.test:80 -> 255.255.255.255", Denied),
        (any, "http http://a.test:80 -> ff02::1", Denied),
        (any, "http http://a.test:80 -> 2001::1", Denied),
        ("http http://169.254.169.254", "http http://169.254.169.254:80", Open),
        ("target http http://169.254.169.254/latest", "http http://169.254.169.254:80", Open),
        ("http http://127.0.0.0/8:*", "http http://127.0.0.1:80", Denied),
        ("http http://127.0.0.1/32:*", "http http://127.0.0.1:80", Open),
        ("private 127.0.0.0/8; http http://*:*", "http http://a.test:80 -> 127.0.0.1", Denied),
        ("private fd00::/8; http http://*:*", "http http://a.test:80 -> fd00:ec2::254", Denied),
    ]);
}

#[test]
fn ipv4_inside_ipv6_is_judged_as_what_it_leads_to() {
    let any = "http http://*:*";
    check(&[
        (any, "http http://a.test:80 -> ::ffff:127.0.0.1", Denied),
        (any, "http http://a.test:80 -> ::ffff:169.254.169.254", Denied),
        (any, "http http://a.test:80 -> ::ffff:10.0.0.1", Denied),
        (any, "http http://a.test:80 -> ::ffff:93.184.216.34", Open),
        (any, "http http://a.test:80 -> ::127.0.0.1", Denied),
        (any, "http http://a.test:80 -> 64:ff9b::7f00:1", Denied),
        (any, "http http://a.test:80 -> 64:ff9b::a9fe:a9fe", Denied),
        (any, "http http://a.test:80 -> 64:ff9b::5db8:d822", Open),
        (any, "http http://a.test:80 -> 64:ff9b:1::7f00:1", Denied),
        (any, "http http://a.test:80 -> 2002:7f00:1::", Denied),
        (any, "http http://a.test:80 -> 2002:a9fe:a9fe::1", Denied),
        (any, "http http://a.test:80 -> 2002:a00:1::1", Denied),
        (any, "http http://a.test:80 -> 2002:5db8:d822::1", Open),
        ("private 10.0.0.0/8; http http://*:*", "http http://a.test:80 -> ::ffff:10.0.0.1", Open),
        ("http http://a.test; http http://127.0.0.1", "http http://a.test:80 -> 64:ff9b::7f00:1", Denied),
    ]);
}

#[test]
fn an_address_that_was_written_is_open_for_its_scheme_and_port_alone() {
    check(&[
        ("http http://a.test:*; http http://127.0.0.1:8080", "http http://a.test:8080 -> 127.0.0.1", Open),
        ("http http://a.test:*; http http://127.0.0.1:8080", "http http://a.test:9090 -> 127.0.0.1", Denied),
        ("http http://127.0.0.1:8080", "net tcp://127.0.0.1:8080", Denied),
        ("http http://127.0.0.1:8080", "http http://127.0.0.2:8080", Denied),
    ]);
}

#[test]
fn localhost_is_loopback_when_it_was_written() {
    check(&[
        ("target http http://localhost:8080/health", "http http://localhost:8080 -> 127.0.0.1", Open),
        ("target http http://localhost:8080/health", "http http://localhost:8080 -> ::1", Open),
        ("target http http://localhost:8080/health", "http http://LOCALHOST.:8080 -> 127.0.0.1", Open),
        ("target http http://localhost:8080/health", "http http://localhost:8081 -> 127.0.0.1", Denied),
        ("target http http://localhost:8080/health", "http http://127.0.0.1:8080", Denied),
        ("target http http://localhost:8080/health", "http http://localhost:8080 -> 169.254.169.254", Denied),
        ("target http http://localhost:8080/health", "http http://localhost:8080 -> 10.0.0.1", Denied),
        ("http http://*:*", "http http://localhost:8080 -> 127.0.0.1", Denied),
        ("http http://*:*; http http://localhost:8080", "http http://a.test:8080 -> 127.0.0.1", Denied),
        ("http http://*.localhost", "http http://app.localhost:80 -> 127.0.0.1", Denied),
        ("net tcp://localhost:5432", "net tcp://localhost:5432 -> ::1", Open),
        ("icmp localhost", "icmp localhost -> 127.0.0.1", Open),
    ]);
}

#[test]
fn private_ranges_are_open_when_the_host_or_a_grant_names_them() {
    let any = "http http://*:*";
    check(&[
        (any, "http http://a.test:80 -> 10.1.2.3", Denied),
        (any, "http http://a.test:80 -> 172.16.0.1", Denied),
        (any, "http http://a.test:80 -> 172.31.255.255", Denied),
        (any, "http http://a.test:80 -> 172.32.0.1", Open),
        (any, "http http://a.test:80 -> 192.168.1.1", Denied),
        (any, "http http://a.test:80 -> fd12::1", Denied),
        (any, "http http://10.1.2.3:80", Denied),
        ("private 10.0.0.0/8; http http://*:*", "http http://a.test:80 -> 10.1.2.3", Open),
        ("private 10.0.0.0/8; http http://*:*", "http http://a.test:80 -> 192.168.1.1", Denied),
        ("private 10.0.0.0/8", "http http://a.test:80 -> 10.1.2.3", Denied),
        ("private 10.0.0.0/8; http http://*:*", "http http://10.1.2.3:80", Open),
        ("http http://a.test; http http://10.0.0.0/8:*", "http http://a.test:80 -> 10.1.2.3", Open),
        ("http http://a.test; http http://10.0.0.0/8:8080", "http http://a.test:80 -> 10.1.2.3", Denied),
        ("http http://a.test; http http://10.1.2.3", "http http://a.test:80 -> 10.1.2.3", Open),
        ("http http://a.test; http http://0.0.0.0/0:*", "http http://a.test:80 -> 10.1.2.3", Denied),
        // Networks that begin or end in a private range and extend beyond it.
        ("http http://a.test; http http://10.0.0.0/7:*", "http http://a.test:80 -> 10.1.2.3", Denied),
        ("http http://a.test; http http://172.0.0.0/11:*", "http http://a.test:80 -> 172.16.0.1", Denied),
        ("http http://0.0.0.0/0:*", "http http://93.184.216.34:80", Open),
        ("http http://10.0.0.0/8", "http http://10.1.2.3:80", Open),
        ("http http://10.0.0.0/8", "http http://a.test:80 -> 10.1.2.3", Denied),
        ("http http://[fd00::/8]:*", "http http://[fd12::1]:80", Open),
        ("target http http://10.1.2.3/", "http http://10.1.2.3:80", Open),
        ("target http http://cam.internal/", "http http://cam.internal:80 -> 10.1.2.3", Denied),
        (
            "private 10.0.0.0/8; target http http://cam.internal/",
            "http http://cam.internal:80 -> 10.1.2.3",
            Open,
        ),
        ("net tcp://db.internal:5432; private 10.0.0.0/8", "net tcp://db.internal:5432 -> 10.0.0.5", Open),
        ("icmp gw.internal", "icmp gw.internal -> 192.168.0.1", Denied),
        ("icmp gw.internal; icmp 192.168.0.0/16", "icmp gw.internal -> 192.168.0.1", Open),
    ]);
}

#[test]
fn the_hosts_own_listeners_stay_closed_whatever_is_written() {
    check(&[
        ("own 127.0.0.1:8686; http http://127.0.0.1:8686", "http http://127.0.0.1:8686", Never),
        ("own 127.0.0.1:8686; target http http://127.0.0.1:8686/", "http http://127.0.0.1:8686", Never),
        (
            "own 127.0.0.1:8686; target http http://localhost:8686/",
            "http http://localhost:8686 -> 127.0.0.1",
            Never,
        ),
        ("own 127.0.0.1:8686; http http://*:*", "http http://a.test:8686 -> ::ffff:127.0.0.1", Never),
        ("own 127.0.0.1:8686; http http://0.0.0.0:8686", "http http://0.0.0.0:8686", Never),
        ("own 127.0.0.1:8686; http http://127.0.0.1:8687", "http http://127.0.0.1:8687", Open),
        ("own 0.0.0.0:8687; http http://127.0.0.1:8687", "http http://127.0.0.1:8687", Never),
        ("own [::]:8687; net tcp://localhost:8687", "net tcp://localhost:8687 -> ::1", Never),
        ("own [::]:8687; net tcp://127.0.0.5:8687", "net tcp://127.0.0.5:8687", Never),
        ("own 203.0.113.7:8687; http http://*:*", "http http://a.test:8687 -> 203.0.113.7", Never),
        ("own 203.0.113.7:8687; http http://*:*", "http http://a.test:8687 -> 203.0.113.8", Open),
        ("own 127.0.0.1:53; dns *@127.0.0.1", "dns a.test@127.0.0.1:53", Never),
        ("own 127.0.0.1:8686; icmp 127.0.0.1", "icmp 127.0.0.1", Open),
    ]);
}

#[test]
fn the_address_layer_asks_the_name_again() {
    check(&[
        ("", "http http://a.test:80 -> 93.184.216.34", Denied),
        ("http http://93.184.216.34", "http http://a.test:80 -> 93.184.216.34", Denied),
        ("http http://a.test", "http http://a.test:80 -> 93.184.216.34", Open),
    ]);
}
