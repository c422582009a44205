//! Every guest program has a host test: naming one here without its test does not compile, and a program that
//! is not named here fails the test below.

macro_rules! programs {
    ($($program:literal => $test:path,)*) => {
        const NAMES: &[&str] = &[$($program),*];
        const _: &[fn()] = &[$($test),*];
    };
}

programs! {
    "actor" => crate::acting::an_action_does_what_it_says_and_says_what_it_did,
    "adversary" => crate::adversary::a_body_that_is_cut_within_a_secret_shows_nothing_of_it,
    "bad_pointer" => crate::raw::a_report_beyond_the_memory_breaks_the_contract,
    "bad_report" => crate::calls::a_report_with_a_number_that_is_none_is_invalid,
    "check_with_pictures" => crate::loading::only_notifiers_may_import_pictures,
    "command_caller" => crate::commands::a_command_is_run_and_its_end_is_told,
    "denied_as_down" => crate::calls::a_denied_call_reported_as_down_is_a_denial,
    "dns_caller" => crate::dns::every_answer_of_a_server_is_an_answer,
    "endless_describe" => crate::loading::an_endless_describe_is_cut_off,
    "endless_loop" => crate::calls::an_endless_loop_ends_with_its_cpu_time,
    "far_access" => crate::raw::no_access_beyond_a_memory_reaches_anything,
    "files_caller" => crate::files::a_file_is_read_from_where_it_is_asked_and_seen_as_it_is,
    "host_call_flood" => crate::calls::a_flood_of_host_calls_meets_a_limit,
    "http_flood" => crate::hostile::a_flood_of_requests_meets_a_limit,
    "huge_report" => crate::calls::a_huge_report_is_refused,
    "icmp_caller" => crate::icmp::loopback_answers_by_datagram_sockets,
    "invalid_utf8" => crate::raw::text_that_is_none_breaks_the_contract,
    "kv_writer" => crate::calls::kv_writes_are_kept_only_if_the_call_ends_well,
    "like_the_examples" => crate::languages::rust::a_granted_target_is_reached,
    "log_flood" => crate::calls::log_lines_over_the_limit_are_counted_and_dropped,
    "memories_bomb" => crate::raw::memories_are_bounded_together,
    "memory_bomb" => crate::calls::a_memory_bomb_ends_with_its_memory,
    "million_metrics" => crate::raw::a_million_metrics_are_refused,
    "net_caller" => crate::net::a_flood_of_connections_meets_a_limit,
    "notifier" => crate::delivering::what_a_notifier_returns_is_the_attempts_result,
    "notifier_hangs" => crate::delivering::a_notifier_that_hangs_is_tried_again,
    "null" => crate::calls::a_null_check_reports_ok,
    "picture_reader" => crate::snapshots::a_notifier_reads_the_pictures_of_its_notification_and_no_others,
    "placeholder_bomb" => crate::hostile::a_request_that_secrets_would_make_huge_is_not_sent,
    "placeholder_oracle" => crate::secrets::a_guess_of_a_secret_changes_nothing_that_a_guest_can_see,
    "prober" => crate::adversary::what_a_secret_is_like_is_told_to_the_operator_alone,
    "reenters" => crate::raw::a_guest_may_not_call_the_host_while_the_host_serves_it,
    "rival" => crate::rivals::a_plugin_that_holds_every_connection_it_gets_keeps_no_other_from_judging,
    "says" => crate::nagios::a_status_that_is_told_counts_and_not_what_is_said,
    "secret_echo" => crate::secrets::a_secret_that_comes_back_is_masked_everywhere,
    "secret_reveal" => crate::secrets::only_who_may_reveal_a_secret_holds_its_bytes,
    "signature_caller" => crate::verifying::what_the_standards_sign_is_right_and_nothing_near_it,
    "sleeper" => crate::sleeping::a_sleep_ends_before_the_run_does_as_a_read_that_hangs,
    "slow_target" => crate::http::a_hanging_target_ends_as_a_report_before_the_deadline,
    "snapshots_caller" => crate::snapshots::a_check_reads_its_own_series,
    "stack_overflow" => crate::calls::endless_recursion_traps,
    "system_caller" => crate::system::readings_are_those_of_the_machine,
    "table_bomb" => crate::raw::a_table_bomb_meets_a_limit,
    "trap" => crate::calls::a_trap_says_who_where_and_what_was_logged_last,
    "wasi_adversary" => crate::adversary::a_secret_is_placed_and_comes_back_by_nothing,
    "wasi_probe" => crate::wasi::what_is_printed_becomes_lines_of_the_log,
}

#[test]
fn every_guest_program_has_a_host_test() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs/programs");
    for entry in std::fs::read_dir(folder).expect("the programs are there") {
        let file = entry.expect("the folder is readable").file_name().into_string().expect("names are text");
        let name = file.strip_suffix(".rs").or_else(|| file.strip_suffix(".wat"));
        let name = name.expect("programs are Rust or WebAssembly's text");
        assert!(NAMES.contains(&name), "program `{name}` has no host test");
    }
}
