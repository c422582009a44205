//! `[[status_page]]`: what is read, and what mistakes are told as.

use crate::lab::{Lab, check, good};
use watchkeep_config::altered;
use watchkeep_core::status::components;
use watchkeep_core::status_page::{Latencies, Shows};

const CHECK: &str = "[[check]]\nname = \"api-internal\"\nplugin = \"tcp\"\nlabels = { service = \"api\" }\n\
                     display = \"The shop\"\nconfig = { address = \"db:5432\" }\n";
const SERVICE: &str = "[[service]]\nname = \"API\"\ndisplay = \"Our API\"\nmatch = ['service=\"api\"']\n";

#[test]
fn a_page_shows_services_or_checks_under_their_titles() {
    let config = good(&format!(
        "{CHECK}{SERVICE}[[status_page]]\nname = \"acme\"\ntitle = \"Acme\"\nservices = [\"API\"]\n\
         time_zone = \"Europe/Oslo\"\nlatencies = true\nurl = \"https://status.example.com/acme/\"\n\
         [[status_page]]\nname = \"checks\"\ntitle = \"Checks\"\nmatch = ['service=\"api\"']\n"
    ));
    let [acme, checks] = &config.setup.status_pages[..] else { panic!("{:?}", config.setup.status_pages) };
    assert_eq!((acme.name.as_str(), acme.title.as_str()), ("acme", "Acme"));
    assert_eq!(acme.shows, Shows::Services(vec!["API".into()]));
    assert_eq!((acme.zone.name(), acme.latencies), ("Europe/Oslo", Latencies::Shown));
    assert_eq!(acme.url.as_deref(), Some("https://status.example.com/acme"));
    assert_eq!(checks.latencies, Latencies::Hidden);
    let titles = |page| components(page, &config.setup).into_iter().map(|it| it.title).collect::<Vec<_>>();
    assert_eq!((titles(acme), titles(checks)), (vec!["Our API".to_owned()], vec!["The shop".to_owned()]));
    let told = altered(&good(&format!("{CHECK}{SERVICE}")), &config);
    assert_eq!(told, ["status page `acme`, which is new", "status page `checks`, which is new"]);
}

#[test]
fn a_token_is_a_secret_that_fits_into_an_address_and_is_never_printed() {
    let page = "[secrets]\ntoken = { file = \"token\" }\n[[status_page]]\nname = \"acme\"\ntitle = \"Acme\"\n\
                services = [\"API\"]\ntoken = { secret = \"token\" }\n";
    let lab = |token: &str| Lab::new(&[("main.toml", &format!("{CHECK}{SERVICE}{page}")), ("token", token)]);
    let config = lab("0123456789abcdef-_").load("main.toml").config.unwrap();
    assert_eq!(config.setup.status_pages[0].token.as_ref().map(|name| name.as_str()), Some("token"));
    for wrong in ["short-canary", "with/slash-canary-and-more", "with space canary and more"] {
        let printed = lab(wrong).printed("main.toml");
        assert!(printed.contains("the secret `token` cannot be the token of a page"), "{printed}");
        assert!(!printed.contains("canary"), "{printed}");
    }
    let printed = check(&format!(
        "{CHECK}{SERVICE}[[status_page]]\nname = \"acme\"\ntitle = \"Acme\"\nservices = [\"API\"]\n\
         token = \"canary-0123456789\"\n"
    ));
    assert!(printed.contains("write it as `token = { secret = \"NAME\" }`"), "{printed}");
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn what_makes_no_page_is_told() {
    let printed = check(&format!(
        "{CHECK}{SERVICE}[[status_page]]\nname = \"a\"\nservices = [\"API\"]\nmatch = ['service=\"api\"']\n\
         [[status_page]]\nname = \"b\"\ntitle = \"B\"\n[[status_page]]\nname = \"b\"\ntitle = \"B\"\nservices = [\"APO\"]\n\
         [[status_page]]\nname = \"c\"\ntitle = \"C\"\nservices = []\nshow = 1\n\
         [[status_page]]\nname = \"d\"\ntitle = \"D\"\nservices = [\"API\"]\nurl = \"ftp://x\"\ntoken = {{ secret = \"none\" }}\n"
    ));
    for told in [
        "the status page has no `title`",
        "`services` and `match` exclude each other",
        "the status page does not say what it shows",
        "the status page `b` is given twice",
        "unknown service `APO`",
        "did you mean `API`?",
        "no service is listed",
        "`show`",
        "`url` is not a URL",
        "unknown secret `none`",
    ] {
        assert!(printed.contains(told), "{told}: {printed}");
    }
}

#[test]
fn a_page_that_shows_less_than_it_seems_to_is_warned_of() {
    let other = CHECK.replace("api-internal", "api-2").replace("display = \"The shop\"\n", "");
    let page = "[[status_page]]\nname = \"a\"\ntitle = \"A\"\nmatch = ['service=\"api\"']\n";
    let printed = check(&format!("{CHECK}{other}{page}"));
    let told = "1 of the checks that it matches have no `display` and are not shown";
    assert!(printed.contains(told), "{printed}");
    assert!(check(&format!("{other}{page}")).contains("the status page shows nothing"));
    let never = page.replace("api", "apo");
    assert!(check(&format!("{CHECK}{never}")).contains("no check fits `service=\"apo\"`"));
}

const LETTERS: &str =
    "[[receiver]]\nname = \"letters\"\nplugin = \"mail\"\nconfig = { to = \"ops@example.com\" }\n";

fn page_with_letters(rest: &str) -> String {
    format!(
        "{CHECK}{SERVICE}[[status_page]]\nname = \"acme\"\ntitle = \"Acme\"\nservices = [\"API\"]\n{rest}"
    )
}

#[test]
fn letters_go_by_a_receiver_of_their_own_which_nothing_else_has_to_use() {
    let rest = "url = \"https://status.example.com/acme\"\nsubscriptions = \"letters\"\n";
    let text = page_with_letters(&format!("{rest}{LETTERS}"));
    assert_eq!(good(&text).setup.status_pages[0].subscriptions, Some("letters".into()));
    assert!(!check(&text).contains("no route tells the receiver"), "{}", check(&text));
    let route = "[[route]]\nname = \"root\"\nreceivers = [\"letters\"]\n";
    let printed = check(&format!("{text}{route}"));
    assert!(
        printed.contains("the receiver `letters` is for alerts as well, which would wait behind letters"),
        "{printed}"
    );
}

#[test]
fn a_receiver_that_sends_no_letters_and_a_page_without_an_address_are_told() {
    let url = "url = \"https://status.example.com/acme\"\n";
    for (rest, told) in [
        (
            format!("subscriptions = \"letters\"\n{LETTERS}"),
            "letters have links to the page, which has no `url`",
        ),
        (format!("{url}subscriptions = \"leters\"\n{LETTERS}"), "did you mean `letters`?"),
        (
            format!("{url}subscriptions = \"chat\"\n[[receiver]]\nname = \"chat\"\nplugin = \"console\"\n"),
            "its plugin `console` has no `to` and `list_unsubscribe`",
        ),
    ] {
        let printed = check(&page_with_letters(&rest));
        assert!(printed.contains(told), "{told}: {printed}");
    }
}
