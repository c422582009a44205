//! One field of a config struct: its attributes, its schema, its reading.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Error, Expr, Field, Ident, LitStr, Type};

use crate::json;
use crate::words;

pub(crate) struct ConfigField {
    ident: Ident,
    kind: Type,
    key: String,
    description: Option<String>,
    absent: Absent,
    minimum: Option<Expr>,
    maximum: Option<Expr>,
    non_empty: NonEmpty,
    grants: Option<String>,
    examples: Vec<String>,
    flat: Flat,
}

/// What a missing key means.
enum Absent {
    /// An error, unless the type may be absent.
    Asks,
    Literal(json::Literal),
    Default,
}

#[derive(PartialEq, Eq)]
enum NonEmpty {
    Asked,
    NotAsked,
}

/// Whether its keys stand beside those of the struct that it is in.
#[derive(PartialEq, Eq)]
enum Flat {
    Asked,
    NotAsked,
}

const CAPABILITIES: &[&str] = &["http", "net", "tcp", "udp", "dns", "icmp"];

impl ConfigField {
    pub(crate) fn parse(field: &Field) -> syn::Result<Self> {
        let ident =
            field.ident.clone().ok_or_else(|| Error::new_spanned(field, "a config field has a name"))?;
        let mut parsed = ConfigField {
            key: ident.to_string().trim_start_matches("r#").to_owned(),
            ident,
            kind: field.ty.clone(),
            description: words::description(&field.attrs),
            absent: Absent::Asks,
            minimum: None,
            maximum: None,
            non_empty: NonEmpty::NotAsked,
            grants: None,
            examples: Vec::new(),
            flat: Flat::NotAsked,
        };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("config")) {
            attribute.parse_nested_meta(|meta| {
                let path = meta.path.to_token_stream().to_string();
                match path.as_str() {
                    "default" if meta.input.peek(syn::Token![=]) => {
                        parsed.absent = Absent::Literal(json::literal(&meta.value()?.parse()?)?);
                    }
                    "default" => parsed.absent = Absent::Default,
                    "min" => parsed.minimum = Some(meta.value()?.parse()?),
                    "max" => parsed.maximum = Some(meta.value()?.parse()?),
                    "flatten" => parsed.flat = Flat::Asked,
                    "non_empty" => parsed.non_empty = NonEmpty::Asked,
                    "name" => parsed.key = meta.value()?.parse::<LitStr>()?.value(),
                    "example" => parsed.examples.push(json::literal(&meta.value()?.parse()?)?.json),
                    "grants" => {
                        let capability: LitStr = meta.value()?.parse()?;
                        if !CAPABILITIES.contains(&capability.value().as_str()) {
                            let known = CAPABILITIES.join("`, `");
                            return Err(Error::new_spanned(capability, format!("grants one of `{known}`")));
                        }
                        parsed.grants = Some(capability.value());
                    }
                    _ => {
                        return Err(meta.error(
                            "unknown; a field takes `default`, `min`, `max`, `non_empty`, `grants`, `name`, `example` and `flatten`",
                        ));
                    }
                }
                Ok(())
            })?;
        }
        Ok(parsed)
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }
    pub(crate) fn kind(&self) -> &Type {
        &self.kind
    }
    pub(crate) fn is_flat(&self) -> bool {
        self.flat == Flat::Asked
    }
    pub(crate) fn ident(&self) -> &Ident {
        &self.ident
    }

    /// An entry of the schema's list of fields.
    pub(crate) fn schema(&self) -> syn::Result<TokenStream> {
        let Self { key, kind, .. } = self;
        let bound = |bound: &Option<Expr>| -> syn::Result<TokenStream> {
            Ok(match bound {
                None => quote!(::core::option::Option::None),
                Some(expr) => {
                    let json = json::number(expr)?;
                    quote!(::core::option::Option::Some(#json))
                }
            })
        };
        let (minimum, maximum) = (bound(&self.minimum)?, bound(&self.maximum)?);
        let required = match self.absent {
            Absent::Asks => quote!(!<#kind as ::watchkeep_sdk::config::Config>::OPTIONAL),
            Absent::Literal(_) | Absent::Default => quote!(false),
        };
        let non_empty = self.non_empty == NonEmpty::Asked;
        let json = self.members();
        Ok(quote! {
            ::watchkeep_sdk::config::Field {
                name: #key,
                required: #required,
                schema: &<#kind as ::watchkeep_sdk::config::Config>::SCHEMA,
                minimum: #minimum,
                maximum: #maximum,
                non_empty: #non_empty,
                json: #json,
            }
        })
    }

    fn members(&self) -> String {
        let mut members = String::new();
        let mut add = |name: &str, json: &str| members.push_str(&format!(",\"{name}\":{json}"));
        if let Some(description) = &self.description {
            add("description", &json::string(description));
        }
        if let Absent::Literal(default) = &self.absent {
            add("default", &default.json);
        }
        if !self.examples.is_empty() {
            add("examples", &format!("[{}]", self.examples.join(",")));
        }
        if let Some(capability) = &self.grants {
            add("x-watchkeep-grant", &json::string(capability));
        }
        members
    }

    /// A statement that binds the field's name to an `Option` of its value.
    pub(crate) fn read(&self) -> TokenStream {
        let Self { ident, kind, key, .. } = self;
        if self.is_flat() {
            return quote!(let #ident = <#kind as ::watchkeep_sdk::config::Keys>::take(object, place, problems););
        }
        let read = match &self.absent {
            Absent::Asks => quote!(object.required::<#kind>(#key, problems)),
            Absent::Default => {
                quote!(object.or_else::<#kind>(#key, problems, ::core::default::Default::default))
            }
            Absent::Literal(literal) => {
                let value = &literal.value;
                quote!(object.or_value::<#kind>(#key, problems, || #value))
            }
        };
        let bounds = self.bounds();
        quote!(let #ident = #read; #bounds)
    }

    fn bounds(&self) -> TokenStream {
        let Self { ident, key, .. } = self;
        let mut checks = TokenStream::new();
        if self.minimum.is_some() || self.maximum.is_some() {
            let bound = |bound: &Option<Expr>| match bound {
                None => quote!(::core::option::Option::None),
                Some(expr) => quote!(::core::option::Option::Some((#expr) as f64)),
            };
            let (minimum, maximum) = (bound(&self.minimum), bound(&self.maximum));
            checks.extend(quote! {
                if let ::core::option::Option::Some(value) = &#ident
                    && let ::core::result::Result::Err(message) = ::watchkeep_sdk::config::within(value, #minimum, #maximum)
                {
                    object.problem(#key, message, problems);
                }
            });
        }
        if self.non_empty == NonEmpty::Asked {
            checks.extend(quote! {
                if #ident.as_ref().is_some_and(::watchkeep_sdk::config::Bounds::is_blank) {
                    object.problem(#key, ::std::string::String::from("must not be empty"), problems);
                }
            });
        }
        checks
    }
}
