//! Connects the contract's exports with the author's functions. The attributes call it; authors need not.

use crate::action::{Effect, Occasion, Step, Unable};
use crate::bindings::described::exports::watchkeep::plugin::manifest as wit;
use crate::config::{self, Config};
use crate::ending::{Ending, Fault};
use crate::manifest::Manifest;
use crate::notification::{DeliveryError, Notification};
use crate::replies::{Listener, Listening};
use crate::report::{Report, Run, fitted};

pub fn describe(manifest: &Manifest) -> wit::Description {
    wit::Description {
        name: manifest.name.to_owned(),
        version: manifest.version.to_owned(),
        summary: manifest.summary.to_owned(),
        config_schema: manifest.config_schema.to_owned(),
        requests: manifest
            .requests
            .iter()
            .map(|request| wit::Request {
                capability: request.capability.to_owned(),
                target: request.target.to_owned(),
                reason: request.reason.to_owned(),
            })
            .collect(),
    }
}

pub fn validate<C: Config>(json: &str) -> Result<(), Vec<wit::Problem>> {
    config::parse::<C>(json).map(drop)
}

pub fn execute<C: Config, E: Ending>(run: Run, check: impl FnOnce(C, Run) -> E) -> Result<Report, Fault> {
    begin();
    match config::parse(&run.config) {
        Ok(config) => check(config, run).finish().map(fitted),
        Err(problems) => Err(Fault::Config(sentence(&problems))),
    }
}

pub fn deliver<C: Config>(
    notification: Notification,
    notifier: impl FnOnce(C, Notification) -> Result<Option<String>, DeliveryError>,
) -> Result<Option<String>, DeliveryError> {
    begin();
    match config::parse(&notification.config) {
        Ok(config) => notifier(config, notification),
        // The host validates before it runs, so this host did not. The operator can still fix it.
        Err(problems) => Err(DeliveryError::Retryable(sentence(&problems))),
    }
}

pub fn source<C: Listener>(json: &str) -> Option<String> {
    config::parse::<C>(json).ok()?.source()
}

pub fn listen<C: Listener>(listening: Listening) -> Result<(), Fault> {
    begin();
    match config::parse::<C>(&listening.config) {
        Ok(config) => config.listen(listening),
        Err(problems) => Err(Fault::Config(sentence(&problems))),
    }
}

pub fn perform<C: Config>(
    occasion: Occasion,
    action: impl FnOnce(C, Occasion) -> Result<Effect, Unable>,
) -> Result<Effect, Fault> {
    on(occasion, action)
}

pub fn plan<C: Config>(
    occasion: Occasion,
    plan: impl FnOnce(C, Occasion) -> Result<Vec<Step>, Unable>,
) -> Result<Vec<Step>, Fault> {
    on(occasion, plan)
}

fn on<C: Config, T>(
    occasion: Occasion,
    act: impl FnOnce(C, Occasion) -> Result<T, Unable>,
) -> Result<T, Fault> {
    begin();
    match config::parse(&occasion.config) {
        Ok(config) => act(config, occasion).map_err(|Unable(fault)| fault),
        Err(problems) => Err(Fault::Config(sentence(&problems))),
    }
}

/// What is done before the author's function.
fn begin() {
    #[cfg(all(target_family = "wasm", watchkeep_panics))]
    crate::panics::hear();
}

/// Checks the signature of the function on every target, and keeps the function used where nothing is exported.
pub const fn is_check<C: Config, E: Ending, F: Fn(C, Run) -> E>(_: &F) {}

/// The same for a notifier.
pub const fn is_notifier<C: Config, F: Fn(C, Notification) -> Result<Option<String>, DeliveryError>>(_: &F) {}

/// The same for the config of a notifier that listens.
pub const fn is_listener<C: Listener>() {}

/// The same for an action, and its plan.
pub const fn is_action<C: Config, P, F>(_: &P, _: &F)
where
    P: Fn(C, Occasion) -> Result<Vec<Step>, Unable>,
    F: Fn(C, Occasion) -> Result<Effect, Unable>,
{
}

/// All problems on one line.
pub fn sentence(problems: &[wit::Problem]) -> String {
    let one = |problem: &wit::Problem| match problem.path.as_str() {
        "" => format!("config: {}", problem.message),
        path => format!("config `{path}`: {}", problem.message),
    };
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Exports a check. `#[check]` expands to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_check {
    ($config:ty, $run:path, $manifest:path) => {
        const _: () = $crate::glue::is_check::<$config, _, _>(&$run);
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Plugin;
            impl $crate::bindings::checking::exports::watchkeep::plugin::check::Guest for Plugin {
                fn execute(run: $crate::Run) -> Result<$crate::Report, $crate::Fault> {
                    $crate::glue::execute::<$config, _>(run, $run)
                }
            }
    $crate::bindings::checking::export_checking!(Plugin with_types_in $crate::bindings::checking);
            $crate::__export_manifest!($config, Plugin, $manifest);
        };
    };
}

/// Exports a notifier. `#[notifier]` expands to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_notifier {
    ($config:ty, $deliver:path, $manifest:path) => {
        const _: () = $crate::glue::is_notifier::<$config, _>(&$deliver);
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Plugin;
            impl $crate::bindings::notifying::exports::watchkeep::plugin::notifier::Guest for Plugin {
                fn deliver(
                    notification: $crate::Notification,
                ) -> Result<Option<String>, $crate::DeliveryError> {
                    $crate::glue::deliver::<$config>(notification, $deliver)
                }
            }
    $crate::bindings::notifying::export_notifying!(Plugin with_types_in $crate::bindings::notifying);
            $crate::__export_manifest!($config, Plugin, $manifest);
        };
    };
}

/// Exports that a notifier listens. `#[notifier(..., listens)]` expands to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_listener {
    ($config:ty) => {
        const _: () = $crate::glue::is_listener::<$config>();
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Plugin;
            impl $crate::bindings::listening::exports::watchkeep::plugin::listener::Guest for Plugin {
                fn source(config: String) -> Option<String> {
                    $crate::glue::source::<$config>(&config)
                }
                fn listen(listening: $crate::replies::Listening) -> Result<(), $crate::Fault> {
                    $crate::glue::listen::<$config>(listening)
                }
            }
    $crate::bindings::listening::export_listening!(Plugin with_types_in $crate::bindings::listening);
        };
    };
}

/// Exports an action. `#[action]` expands to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_action {
    ($config:ty, $plan:path, $perform:path, $manifest:path) => {
        const _: () = $crate::glue::is_action::<$config, _, _>(&$plan, &$perform);
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Plugin;
            impl $crate::bindings::acting::exports::watchkeep::plugin::action::Guest for Plugin {
                fn plan(occasion: $crate::Occasion) -> Result<Vec<$crate::Step>, $crate::Fault> {
                    $crate::glue::plan::<$config>(occasion, $plan)
                }
                fn perform(occasion: $crate::Occasion) -> Result<$crate::Effect, $crate::Fault> {
                    $crate::glue::perform::<$config>(occasion, $perform)
                }
            }
    $crate::bindings::acting::export_acting!(Plugin with_types_in $crate::bindings::acting);
            $crate::__export_manifest!($config, Plugin, $manifest);
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_manifest {
    ($config:ty, $plugin:ident, $manifest:path) => {
        impl $crate::bindings::described::exports::watchkeep::plugin::manifest::Guest for $plugin {
            fn describe() -> $crate::bindings::described::exports::watchkeep::plugin::manifest::Description {
                $crate::glue::describe(&$manifest)
            }
            fn validate(
                config: String,
            ) -> Result<(), Vec<$crate::bindings::described::exports::watchkeep::plugin::manifest::Problem>> {
                $crate::glue::validate::<$config>(&config)
            }
        }
        $crate::bindings::described::export_described!($plugin with_types_in $crate::bindings::described);
    };
}
