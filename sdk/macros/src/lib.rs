//! `#[check]`, `#[notifier]`, `#[action]` and `#[derive(Config)]`; documented where `watchkeep-sdk` exports them again.

mod config;
mod field;
mod json;
mod plugin;
mod words;

use proc_macro::TokenStream;

/// Makes a check of a function.
///
/// The function takes the config (a type with `#[derive(Config)]`) and the run, and returns a `Verdict`, a
/// `Result<Report, Fault>` or a `Report`. The crate then is a check plugin; a constant `MANIFEST` beside the
/// function holds what the plugin says of itself.
///
/// - `name = "..."`: the plugin's name, in lower case with dashes.
/// - `summary = "..."`: one line for the list of plugins.
/// - `request(capability = "http", target = "https://api.example.com", reason = "...")`: a right that does not
///   come from a config field; any number of them.
#[proc_macro_attribute]
pub fn check(arguments: TokenStream, item: TokenStream) -> TokenStream {
    plugin::expand(plugin::Kind::Check, arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a notifier of a function.
///
/// The function takes the config and the notification, and returns `Result<Option<String>, DeliveryError>`: the
/// service's own id, if it gives one. The arguments are those of [`macro@check`], and
///
/// - `grouping = "per_alert"`: it wants single alerts, as a pager does, unless the receiver says otherwise.
/// - `listens`: the config is a `Listener` too, which hears of the service's own buttons.
#[proc_macro_attribute]
pub fn notifier(arguments: TokenStream, item: TokenStream) -> TokenStream {
    plugin::expand(plugin::Kind::Notifier, arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes an action of a function.
///
/// The function takes the config and the occasion, and returns `Result<Effect, Unable>`. It may be called again with the
/// same occasion after a crash, and acts once. The arguments are those of [`macro@check`], and
///
/// - `plan = function`: takes the same, and returns `Result<Vec<Step>, Unable>`: what would be done, for a dry run. It may
///   only look: HTTP by GET, HEAD and OPTIONS, names, echoes, files and readings of the machine.
#[proc_macro_attribute]
pub fn action(arguments: TokenStream, item: TokenStream) -> TokenStream {
    plugin::expand(plugin::Kind::Action, arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Reads a type from an operator's config, and makes its JSON Schema while compiling.
///
/// Structs with named fields, and enums without data (whose names become `snake_case` texts). Doc comments become
/// descriptions. On a field:
///
/// - `#[config(default = 10)]`, also with a string, a flag or a list of these: what a missing key means.
/// - `#[config(default)]`: the type's `Default`, not shown in the schema.
/// - `#[config(min = 1, max = 65535)]`: bounds of a number.
/// - `#[config(non_empty)]`: of a string, list or table.
/// - `#[config(grants = "http")]`: a value written in the config is its own grant (`http`, `net`, `tcp`, `udp`,
///   `dns`, `icmp`).
/// - `#[config(name = "...")]`: another key than the field's name.
/// - `#[config(example = "...")]`: shown by editors; any number of them.
/// - `#[config(flatten)]`: of a struct that is a config itself, whose keys stand beside the others.
///
/// On the struct, `#[config(check = path)]` names a `fn(&Self, &Place<'_>, &mut Problems)` for what one key says of
/// another.
#[proc_macro_derive(Config, attributes(config))]
pub fn derive_config(item: TokenStream) -> TokenStream {
    config::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
