//! Sockets of this machine: by name, and HTTP over them by method and path.

use super::Answer::{Denied, Never, Open};
use super::check;

#[test]
fn a_stream_is_granted_by_the_name_that_the_operator_gave() {
    let named = "socket redis /run/redis.sock";
    let granted = "socket redis /run/redis.sock; net_local redis";
    check(&[
        (named, "stream redis", Denied),
        (granted, "stream redis", Open),
        (granted, "stream redis -> /run/redis.sock", Open),
        (granted, "stream Redis", Never),
        (granted, "stream docker", Never),
        (granted, "stream /run/redis.sock", Never),
        (granted, "stream ../redis", Never),
        (granted, "stream ", Never),
        ("net_local redis", "stream redis", Never),
        ("socket redis /run/redis.sock; net tcp://redis:6379", "stream redis", Denied),
        ("socket redis /run/redis.sock; http_local redis GET /", "stream redis", Denied),
    ]);
}

#[test]
fn http_over_a_socket_is_granted_by_method_and_path() {
    let named = "socket docker /run/docker.sock";
    let lists = "socket docker /run/docker.sock; http_local docker GET /containers/";
    let all = "socket docker /run/docker.sock; http_local docker * /";
    check(&[
        (named, "local docker GET /containers/json", Denied),
        (lists, "local docker GET /containers/json", Open),
        (lists, "local docker GET /containers", Open),
        (lists, "local docker GET /containers/", Open),
        (lists, "local docker GET /containers/a/json -> /run/docker.sock", Open),
        (lists, "local docker GET /containersx", Denied),
        (lists, "local docker GET /Containers/json", Denied),
        (lists, "local docker GET /", Denied),
        (lists, "local docker POST /containers/create", Denied),
        (lists, "local docker get /containers/json", Denied),
        (lists, "local docker HEAD /containers/json", Denied),
        (lists, "local other GET /containers/json", Never),
        (lists, "stream docker", Denied),
        (all, "local docker DELETE /images/x", Open),
        (all, "local docker GET /", Open),
        ("http_local docker GET /", "local docker GET /", Never),
        ("socket docker /run/docker.sock; net_local docker", "local docker GET /", Denied),
        (
            "socket docker /run/docker.sock; http_local docker GET /v1.43/info",
            "local docker GET /v1.43/info",
            Open,
        ),
    ]);
}

#[test]
fn a_star_in_a_path_is_any_one_part() {
    let restarts = "socket docker /run/docker.sock; http_local docker POST /v1.41/containers/*/restart";
    check(&[
        (restarts, "local docker POST /v1.41/containers/web/restart", Open),
        (restarts, "local docker POST /v1.41/containers/*/restart", Open),
        (restarts, "local docker POST /v1.41/containers/web/restart -> /run/docker.sock", Open),
        (restarts, "local docker POST /v1.41/containers/web", Denied),
        (restarts, "local docker POST /v1.41/containers/web/exec", Denied),
        (restarts, "local docker POST /v1.41/containers/restart", Denied),
        (restarts, "local docker POST /v1.41/containers/a/b/restart", Denied),
        (restarts, "local docker POST /v1.41/containers/create", Denied),
        (restarts, "local docker GET /v1.41/containers/web/restart", Denied),
    ]);
}

#[test]
fn a_path_that_could_be_read_as_another_is_never_granted() {
    let all = "socket docker /run/docker.sock; http_local docker * /";
    check(&[
        (all, "local docker GET /containers/../exec", Never),
        (all, "local docker GET /containers/./json", Never),
        (all, "local docker GET /containers/%2e%2e/exec", Never),
        (all, "local docker GET /containers/%2E%2E/exec", Never),
        (all, "local docker GET /containers%2fexec", Never),
        (all, "local docker GET /containers%252fexec", Never),
        (all, "local docker GET /containers\\exec", Never),
        (all, "local docker GET //exec", Never),
        (all, "local docker GET exec", Never),
        (all, "local docker GET /a?b", Never),
    ]);
}

#[test]
fn the_hosts_own_sockets_are_never_reached() {
    let own = "socket own /srv/data/control.sock; own_socket /srv/data/control.sock; net_local own; http_local own * /";
    check(&[
        (own, "stream own -> /srv/data/control.sock", Never),
        (own, "local own GET /api/v1/checks -> /srv/data/control.sock", Never),
        (own, "stream own -> /run/other.sock", Open),
    ]);
}
