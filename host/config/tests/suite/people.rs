//! `[person.NAME]` and `people` of receivers.

use watchkeep_core::ids::{PersonName, ReceiverName};
use watchkeep_core::reply::Readers;

use crate::lab::{check, good};

const RECEIVER: &str = "[[receiver]]\nname = \"chat\"\nplugin = \"console\"\n";

#[test]
fn people_and_readers_are_read() {
    let config = good(&format!(
        "[person.ada]\nname = \"Ada Berg\"\nids = {{ console = \"U1\" }}\n[person.ben]\n\n\
         {RECEIVER}people = [\"ada\", \"ben\"]\n[[receiver]]\nname = \"all\"\nplugin = \"console\"\npeople = [\"*\"]\n\
         [[receiver]]\nname = \"none\"\nplugin = \"console\"\n\
         [[route]]\nname = \"root\"\nreceivers = [\"chat\", \"all\", \"none\"]\n"
    ));
    let people = &config.setup.people;
    let shown: Vec<_> = people.values().map(|person| person.shown.as_str()).collect();
    assert_eq!(shown, ["Ada Berg", "ben"]);
    assert!(people[&PersonName::new("ada")].ids.values().flatten().eq(["U1"]));
    let readers = |name: &str| config.setup.readers.get(&ReceiverName::new(name));
    assert_eq!(readers("chat"), Some(&Readers::These(["ada", "ben"].map(PersonName::new).into())));
    assert_eq!(readers("all"), Some(&Readers::Everybody));
    assert_eq!(readers("none"), None);
}

#[test]
fn what_is_wrong_with_people_is_said() {
    let printed = check(&format!(
        "[host]\npublic_url = \"watch.example.com\"\n[person.ada]\nnmae = \"Ada\"\nids = {{ console = \"U1\", consol = \"U9\" }}\n\
         [person.ben]\nname = \"a\\u0007\"\nids = {{ console = \"U1\" }}\n[person.carl]\nids = \"U1\"\n[person.dan]\nids = {{ console = 7 }}\n\
         [person.\"d e\"]\n{RECEIVER}people = [\"adda\"]\n"
    ));
    for told in [
        "`public_url` is not a URL: it has no scheme",
        "unknown key `nmae` in a person",
        "nothing here uses a plugin `consol`, so this id is of no use",
        "this is empty, too long, or has control characters in it",
        "`U1` is the id of person `ada` already",
        "key: person.carl.ids",
        "write it as `ids = { slack = \"U012AB3CD\" }`",
        "key: person.dan.ids.console",
        "unknown person `adda`",
        "did you mean `ada`?",
        "key: person.d e",
    ] {
        assert!(printed.contains(told), "`{told}` is not in:\n{printed}");
    }
}
