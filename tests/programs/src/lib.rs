//! What the programs share: a world, a manifest, and small functions that need no crates.

/// A check named after its file; `$run` gets the contract's `run` and returns its result.
#[macro_export]
macro_rules! check {
    ($name:literal, $run:expr) => {
        $crate::check!($name, $run, || {});
    };
    ($name:literal, $run:expr, $describing:expr) => {
        $crate::check!($name, $run, $describing, r#"{"type":"object"}"#);
    };
    ($name:literal, $run:expr, $describing:expr, $schema:expr) => {
        wit_bindgen::generate!({ path: "../../wit/0.1.0", world: "watchkeep:plugin/check-plugin", generate_all });
        $crate::manifest!($name, $describing, $schema);

        impl exports::watchkeep::plugin::check::Guest for Program {
            fn execute(run: exports::watchkeep::plugin::check::Run) -> Result<Report, Fault> {
                let run_it: fn(exports::watchkeep::plugin::check::Run) -> Result<Report, Fault> = $run;
                run_it(run)
            }
        }
        use watchkeep::plugin::types::{Fault, Report, State};

        #[allow(dead_code, reason = "not every program reports")]
        fn report(state: State, summary: impl Into<String>) -> Report {
            Report {
                state,
                summary: summary.into(),
                details: None,
                metrics: Vec::new(),
                findings: Vec::new(),
                events: Vec::new(),
                attachments: Vec::new(),
                labels: Vec::new(),
            }
        }

        #[allow(dead_code, reason = "not every program speaks HTTP")]
        fn get(url: &str) -> watchkeep::plugin::http::Request {
            watchkeep::plugin::http::Request {
                method: "GET".into(),
                url: url.into(),
                headers: Vec::new(),
                body: Vec::new(),
                credentials: Vec::new(),
                timeout: None,
                redirects_max: 5,
                body_max: 1 << 20,
                decompress: true,
                family: watchkeep::plugin::transport::Family::Any,
                tls: None,
            }
        }
        export!(Program);
    };
}

/// An action named after its file; `$plan` and `$perform` get the contract's `occasion`.
#[macro_export]
macro_rules! action {
    ($name:literal, $plan:expr, $perform:expr) => {
        wit_bindgen::generate!({ path: "../../wit/0.1.0", world: "watchkeep:plugin/action-plugin", generate_all });
        $crate::manifest!($name, || {}, r#"{"type":"object"}"#);
        use exports::watchkeep::plugin::action::{Effect, Guest, Occasion, Step};
        use watchkeep::plugin::types::Fault;

        impl Guest for Program {
            fn plan(occasion: Occasion) -> Result<Vec<Step>, Fault> {
                let plan: fn(Occasion) -> Result<Vec<Step>, Fault> = $plan;
                plan(occasion)
            }
            fn perform(occasion: Occasion) -> Result<Effect, Fault> {
                let perform: fn(Occasion) -> Result<Effect, Fault> = $perform;
                perform(occasion)
            }
        }
        export!(Program);
    };
}

/// A notifier named after its file.
#[macro_export]
macro_rules! notifier {
    ($name:literal, $deliver:expr) => {
        wit_bindgen::generate!({ path: "../../wit/0.1.0", world: "watchkeep:plugin/notifier-plugin", generate_all });
        $crate::manifest!($name, || {}, r#"{"type":"object"}"#);

        use exports::watchkeep::plugin::notifier::{DeliveryError, Notification};
        impl exports::watchkeep::plugin::notifier::Guest for Program {
            fn deliver(notification: Notification) -> Result<Option<String>, DeliveryError> {
                let deliver: fn(Notification) -> Result<Option<String>, DeliveryError> = $deliver;
                deliver(notification)
            }
        }
        export!(Program);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! manifest {
    ($name:literal, $describing:expr, $schema:expr) => {
        struct Program;
        impl exports::watchkeep::plugin::manifest::Guest for Program {
            fn describe() -> exports::watchkeep::plugin::manifest::Description {
                $describing();
                exports::watchkeep::plugin::manifest::Description {
                    name: $name.into(),
                    version: "1.0.0".into(),
                    summary: "A program for tests".into(),
                    config_schema: $schema.into(),
                    requests: Vec::new(),
                }
            }
            fn validate(config: String) -> Result<(), Vec<exports::watchkeep::plugin::manifest::Problem>> {
                if config.contains("\"wrong\"") {
                    return Err(vec![exports::watchkeep::plugin::manifest::Problem {
                        path: "/wrong".into(),
                        message: "is wrong".into(),
                    }]);
                }
                Ok(())
            }
        }
    };
}

/// The text of a string field of a flat JSON object; empty if it is not there.
pub fn field<'a>(config: &'a str, name: &str) -> &'a str {
    let quoted = format!("\"{name}\":\"");
    let Some(at) = config.find(&quoted) else { return "" };
    let rest = &config[at + quoted.len()..];
    rest.split('"').next().unwrap_or("")
}

/// As hexadecimal digits of every byte's complement, so that nothing which is taken out of reports hides it from a test.
pub fn turned(bytes: &[u8]) -> String {
    bytes.iter().take(30_000).map(|byte| format!("{:02x}", !byte)).collect()
}
