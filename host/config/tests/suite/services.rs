//! `[[service]]`: what is read, and what mistakes are told as.

use crate::lab::{check, good};
use watchkeep_config::altered;

const CHECK: &str = "[[check]]\nname = \"api\"\nplugin = \"tcp\"\nlabels = { service = \"api\" }\n\
                     config = { address = \"db:5432\" }\n";

#[test]
fn a_service_has_the_checks_and_the_metrics_that_it_names() {
    let service =
        "[[service]]\nname = \"API\"\nmatch = ['service=\"api\"']\ndown_at = 2\np95 = \"request_p95\"\n";
    let config = good(&format!("{CHECK}{service}"));
    let [service] = &config.setup.services[..] else { panic!("{:?}", config.setup.services) };
    assert_eq!(service.name.as_str(), "API");
    assert_eq!(service.down_at.map(std::num::NonZeroU32::get), Some(2));
    assert_eq!(service.metrics.p95.as_deref(), Some("request_p95"));
    assert!(service.metrics.error_rate.is_none());
    assert!(service.has(&watchkeep_core::service::labels(&config.setup.checks["api"])));
    assert_eq!(altered(&good(CHECK), &config), ["service `API`, which is new"]);
}

#[test]
fn what_makes_no_service_is_told() {
    let printed = check(&format!(
        "{CHECK}[[service]]\nname = \"a\"\nmatch = []\n[[service]]\nmatch = ['service=\"api\"']\n\
         [[service]]\nname = \"b\"\nmatch = ['service=\"api\"']\ndown_at = 0\n\
         [[service]]\nname = \"b\"\nmatch = ['service=\"api\"']\np90 = \"x\"\n"
    ));
    for told in [
        "the service has no `match`",
        "a service has no `name`",
        "`down_at` cannot be 0",
        "`p90`",
        "the service `b` is given twice",
    ] {
        assert!(printed.contains(told), "{told}: {printed}");
    }
}

#[test]
fn a_service_without_checks_is_warned_of() {
    let printed = check(&format!("{CHECK}[[service]]\nname = \"a\"\nmatch = ['service=\"apo\"']\n"));
    assert!(printed.contains("warning: no check fits `service=\"apo\"`"), "{printed}");
}
