//! The bundled `command` with a real program, with one that is not granted, and with parameters that do not fit. What a host makes of
//! it is in the suite's `recovery`.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use watchkeep_end_to_end::Folder;
use watchkeep_end_to_end::cases::acted;

#[tokio::test]
async fn a_program_runs_with_what_its_pattern_lets_through() {
    let folder = Folder::new("");
    let script = folder.path().join("mend.sh");
    std::fs::write(
        &script,
        format!("#!/bin/sh\necho \"$1\" >>{}/ran\necho mended $1\nexit $2\n", folder.path().display()),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder.write(
        "machine.toml",
        &format!(
            "[commands.mend]\nprogram = \"{}\"\nargs = [\"{{who}}\", \"{{code}}\"]\n\
             parameters = {{ who = \"[a-z-]+\", code = \"[0-9]\" }}\n",
            script.display()
        ),
    );
    let machine = ["--machine", "machine.toml"];
    let granted = ["--machine", "machine.toml", "--grant", "commands=mend"];
    let config = |who: &str, code: &str| json!({ "command": "mend", "parameters": { "who": who, "code": code }, "exit_codes_nothing": 3 });
    for (config, more, code, words) in [
        (config("{check}", "0"), &granted[..], 0, "DONE: ran `mend`"),
        (config("shop", "3"), &granted, 0, "NOTHING TO DO: `mend` had nothing to do: it exited with 3"),
        (config("shop", "4"), &granted, 2, "`mend` exited with 4: `mended shop`; it may have acted"),
        (config("$(id)", "0"), &granted, 2, "nothing was done"),
        (config("shop", "0"), &machine, 2, "commands"),
        (config("shop", "0"), &[&granted[..], &["--dry-run"]].concat(), 0, "WOULD: run the command (mend "),
    ] {
        let said = acted(&folder, "command", &config, more).await;
        assert!(said.0 == code && said.1.contains(words), "{words}: {said:?}");
        // What it printed stands below, as the details.
        let has_run = said.1.starts_with("DONE") || said.1.starts_with("NOTHING TO DO");
        assert_eq!(said.1.contains("\n  mended "), has_run, "{said:?}");
    }
    let ran = std::fs::read_to_string(folder.path().join("ran")).unwrap();
    assert_eq!(ran, "shop\nshop\nshop\n");
}
