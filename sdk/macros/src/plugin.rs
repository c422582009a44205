//! `#[check]`, `#[notifier]` and `#[action]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser as _;
use syn::{Error, FnArg, ItemFn, LitStr, Path};

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Check,
    Notifier,
    Action,
}

#[derive(Default)]
struct Arguments {
    name: Option<LitStr>,
    summary: Option<LitStr>,
    /// The function for an action's dry run.
    plan: Option<Path>,
    requests: Vec<TokenStream>,
    /// Whether a notifier wants single alerts.
    grouping: Option<LitStr>,
    /// Whether the config of a notifier is a `Listener`.
    listens: Option<Path>,
}

pub(crate) fn expand(kind: Kind, arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let function: ItemFn = syn::parse2(item)?;
    let mut given = Arguments::default();
    syn::meta::parser(|meta| given.take(&meta)).parse2(arguments)?;

    let place = &function.sig.ident;
    let name = given.name.ok_or_else(|| Error::new_spanned(place, "`name = \"...\"` is missing"))?;
    let summary = given.summary.ok_or_else(|| Error::new_spanned(place, "`summary = \"...\"` is missing"))?;
    if !is_plugin_name(&name.value()) {
        let message = "a plugin's name begins with a letter and holds only a-z, 0-9 and single dashes";
        return Err(Error::new_spanned(name, message));
    }
    let inputs: Vec<_> = function.sig.inputs.iter().collect();
    let [FnArg::Typed(config), FnArg::Typed(_)] = inputs.as_slice() else {
        let second = match kind {
            Kind::Check => "run: Run",
            Kind::Notifier => "notification: Notification",
            Kind::Action => "occasion: Occasion",
        };
        let message = format!("takes two arguments: the config, and `{second}`");
        return Err(Error::new_spanned(&function.sig, message));
    };
    let schema = schema(kind, &config.ty, given.grouping.as_ref())?;
    let config = &config.ty;
    let requests = &given.requests;
    let listener = match (kind, &given.listens) {
        (Kind::Notifier, Some(_)) => quote!(::watchkeep_sdk::__export_listener! { #config }),
        (Kind::Check | Kind::Action, Some(listens)) => {
            return Err(Error::new_spanned(listens, "only a notifier listens"));
        }
        (_, None) => TokenStream::new(),
    };
    let export = match (kind, given.plan) {
        (Kind::Check, None) => quote!(::watchkeep_sdk::__export_check! { #config, #place, MANIFEST }),
        (Kind::Notifier, None) => quote!(::watchkeep_sdk::__export_notifier! { #config, #place, MANIFEST }),
        (Kind::Action, Some(plan)) => {
            quote!(::watchkeep_sdk::__export_action! { #config, #plan, #place, MANIFEST })
        }
        (Kind::Action, None) => {
            let message = "`plan = function` is missing: what the action would do, for a dry run";
            return Err(Error::new_spanned(place, message));
        }
        (Kind::Check | Kind::Notifier, Some(plan)) => {
            return Err(Error::new_spanned(plan, "only an action has a plan"));
        }
    };
    Ok(quote! {
        #function

        /// What this plugin says of itself.
        pub const MANIFEST: ::watchkeep_sdk::Manifest = ::watchkeep_sdk::Manifest {
            name: #name,
            version: ::core::env!("CARGO_PKG_VERSION"),
            summary: #summary,
            config_schema: #schema,
            requests: &[#(#requests),*],
        };

        #export
        #listener
    })
}

impl Arguments {
    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.path.is_ident("name") {
            self.name = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("summary") {
            self.summary = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("plan") {
            self.plan = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("grouping") {
            self.grouping = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("listens") {
            self.listens = Some(meta.path.clone());
        } else if meta.path.is_ident("request") {
            self.requests.push(request(meta)?);
        } else {
            return Err(meta.error(
                "unknown; there are `name`, `summary`, `request(...)`, of an action `plan`, of a notifier `grouping` and `listens`",
            ));
        }
        Ok(())
    }
}

/// The config's schema, with what the host reads in it of the plugin itself.
fn schema(kind: Kind, config: &syn::Type, grouping: Option<&LitStr>) -> syn::Result<TokenStream> {
    let Some(grouping) = grouping else { return Ok(quote!(::watchkeep_sdk::schema_text!(#config))) };
    match (kind, grouping.value().as_str()) {
        (Kind::Notifier, "per_alert" | "per_group") => {
            let more = format!(",\"x-watchkeep-grouping\":\"{}\"", grouping.value());
            Ok(quote!(::watchkeep_sdk::schema_text!(#config, #more)))
        }
        (Kind::Notifier, _) => Err(Error::new_spanned(grouping, "is `per_alert` or `per_group`")),
        (Kind::Check | Kind::Action, _) => Err(Error::new_spanned(grouping, "only a notifier groups")),
    }
}

fn request(meta: &ParseNestedMeta<'_>) -> syn::Result<TokenStream> {
    let (mut capability, mut target, mut reason) = (None::<LitStr>, None::<LitStr>, None::<LitStr>);
    meta.parse_nested_meta(|part| {
        let slot = match () {
            () if part.path.is_ident("capability") => &mut capability,
            () if part.path.is_ident("target") => &mut target,
            () if part.path.is_ident("reason") => &mut reason,
            () => return Err(part.error("unknown; a request has `capability`, `target` and `reason`")),
        };
        *slot = Some(part.value()?.parse()?);
        Ok(())
    })?;
    let (Some(capability), Some(target), Some(reason)) = (capability, target, reason) else {
        return Err(meta.error("a request has `capability`, `target` and `reason`"));
    };
    Ok(quote! {
        ::watchkeep_sdk::Request { capability: #capability, target: #target, reason: #reason }
    })
}

fn is_plugin_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_name_is_lower_case_with_single_dashes() {
        assert!(is_plugin_name("http"));
        assert!(is_plugin_name("snapshot-compare2"));
        for wrong in ["", "2fast", "Http", "a_b", "a--b", "a-", "-a"] {
            assert!(!is_plugin_name(wrong), "{wrong}");
        }
    }
}
