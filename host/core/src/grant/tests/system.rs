//! What may be read of the machine.

use super::Answer::{Denied, Never, Open};
use super::{check, decided, rights};

#[test]
fn each_reading_has_a_grant_of_its_own() {
    check(&[
        ("", "system disks", Denied),
        ("", "system memory", Denied),
        ("", "system load", Denied),
        ("", "system links", Denied),
        ("system disks", "system disks", Open),
        ("system disks", "system memory", Denied),
        ("system memory", "system memory", Open),
        ("system load", "system load", Open),
        ("system links", "system links", Open),
        ("system pressure", "system pressure", Open),
        ("system pressure", "system load", Denied),
        ("system clock", "system clock", Open),
        ("system file-handles", "system file-handles", Open),
        ("system temperatures", "system temperatures", Open),
        ("system reboot", "system reboot", Open),
        ("system listeners", "system listeners", Open),
        ("system disks; system memory; system load; system links", "system pressure", Denied),
        ("system pressure; system file-handles", "system clock", Denied),
        ("system clock", "system file-handles", Denied),
        ("system pressure", "system temperatures", Denied),
        ("system units:*", "system reboot", Denied),
        ("system processes:*; system units:*", "system listeners", Denied),
        ("system listeners", "system processes:*", Denied),
        ("system units:*", "system disks", Denied),
        ("system units:*", "system processes:*", Denied),
        ("system processes:*", "system units:*", Denied),
        ("system processes:*", "system commands-of:java", Denied),
        ("system commands-of:*", "system processes:*", Denied),
        ("asks system disks; system disks; system load", "system disks", Open),
        ("asks system disks; system disks; system load", "system load", Never),
    ]);
}

#[test]
fn a_question_is_open_only_if_one_pattern_covers_all_of_it() {
    let nginx = "system units:nginx*";
    check(&[
        ("system units:*", "system units:*", Open),
        ("system units:*", "system units:nginx.service", Open),
        (nginx, "system units:nginx.service", Open),
        (nginx, "system units:nginx-?.timer", Open),
        (nginx, "system units:*", Denied),
        (nginx, "system units:*nginx*", Denied),
        (nginx, "system units:nginz.service", Denied),
        (nginx, "system units:Nginx.service", Denied),
        ("system units:a*.service; system units:b*.service", "system units:*.service", Denied),
        (r"system units:dev-disk-by\x2duuid*", r"system units:dev-disk-by\x2duuid-1.device", Open),
        ("", r"system units:dev-disk-by\x2duuid*", Denied),
        ("system processes:postgres", "system processes:postgres", Open),
        ("system processes:postgres", "system processes:postgre?", Denied),
        ("system processes:tmux: *", "system processes:tmux: server", Open),
        ("", "system processes:say \"yes\"", Denied),
        ("system commands-of:java", "system commands-of:java", Open),
        ("system commands-of:java", "system commands-of:javac", Denied),
    ]);
}

#[test]
fn what_names_nothing_is_open_to_nobody() {
    let all = "system units:*; system processes:*; system commands-of:*";
    check(&[
        (all, "system units:nginx", Never),
        (all, "system units:.service", Never),
        (all, "system units:", Never),
        (all, "system units:a b.service", Never),
        (all, "system units:--help", Never),
        (all, "system units:[a-z]*", Never),
        (all, "system processes:", Never),
        (all, "system processes:a\nb", Never),
    ]);
    let long = format!("system processes:{}", "x".repeat(256));
    check(&[(all, &long, Never)]);
}

#[test]
fn a_denial_says_what_to_add() {
    let text = |given: &str, tried: &str| decided(&rights(given), tried).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            text("", "system disks"),
            text("system units:nginx*", "system units:*.service"),
            text("system units:*", "system units:nginx"),
            text("", r"system units:dev-disk-by\x2duuid*"),
            text("asks system disks; system load", "system load"),
        ]
        .join("\n"),
        @r#"
        denied: reading `disks` of this machine; hint: add `system = ["disks"]` under [plugin.probe.allow]
        denied: reading `units:*.service` of this machine; hint: add `system = ["units:*.service"]` under [plugin.probe.allow]
        denied: reading `units:nginx` of this machine: a unit's name ends in its type; hint: write it as `nginx.service`, or `nginx*` for all that begin so
        denied: reading `units:dev-disk-by\x2duuid*` of this machine; hint: add `system = ["units:dev-disk-by\\x2duuid*"]` under [plugin.probe.allow]
        denied: reading `load` of this machine, which plugin `probe` does not request; hint: its author has to request `system` to `load`
        "#
    );
}
