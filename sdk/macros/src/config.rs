//! `#[derive(Config)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DataStruct, DeriveInput, Error, Fields, Path};

use crate::field::ConfigField;
use crate::json;
use crate::words;

pub(crate) fn expand(item: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "a config has no parameters"));
    }
    match &input.data {
        Data::Struct(data) => expand_struct(&input, data),
        Data::Enum(data) => expand_enum(&input, data),
        Data::Union(_) => Err(Error::new_spanned(&input.ident, "a config is a struct or an enum")),
    }
}

fn expand_struct(input: &DeriveInput, data: &DataStruct) -> syn::Result<TokenStream> {
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new_spanned(&input.ident, "a config has named fields: they are the keys"));
    };
    let fields = named.named.iter().map(ConfigField::parse).collect::<syn::Result<Vec<_>>>()?;
    let own = fields.iter().filter(|field| !field.is_flat());
    let schemas = own.clone().map(ConfigField::schema).collect::<syn::Result<Vec<_>>>()?;
    let keys = own.map(ConfigField::key);
    let flat: Vec<_> = fields.iter().filter(|field| field.is_flat()).map(ConfigField::kind).collect();
    let reads = fields.iter().map(ConfigField::read);
    let idents: Vec<_> = fields.iter().map(ConfigField::ident).collect();
    let name = &input.ident;
    let check = consistency(input)?;
    let description = match words::description(&input.attrs) {
        None => quote!(::core::option::Option::None),
        Some(text) => {
            let json = json::string(&text);
            quote!(::core::option::Option::Some(#json))
        }
    };
    Ok(quote! {
        #[automatically_derived]
        impl ::watchkeep_sdk::config::Keys for #name {
            const FIELDS: &'static [::watchkeep_sdk::config::Field] = {
                const OWN: &[::watchkeep_sdk::config::Field] = &[#(#schemas),*];
                const COUNT: usize = OWN.len() #(+ <#flat as ::watchkeep_sdk::config::Keys>::FIELDS.len())*;
                &::watchkeep_sdk::config::joined::<_, COUNT>(
                    ::watchkeep_sdk::config::Field::NONE,
                    &[OWN #(, <#flat as ::watchkeep_sdk::config::Keys>::FIELDS)*],
                )
            };
            const NAMES: &'static [&'static str] = {
                const OWN: &[&str] = &[#(#keys),*];
                const COUNT: usize = OWN.len() #(+ <#flat as ::watchkeep_sdk::config::Keys>::NAMES.len())*;
                &::watchkeep_sdk::config::joined::<_, COUNT>(
                    "",
                    &[OWN #(, <#flat as ::watchkeep_sdk::config::Keys>::NAMES)*],
                )
            };

            fn take(
                object: &mut ::watchkeep_sdk::config::ObjectReader<'_>,
                place: &::watchkeep_sdk::config::Place<'_>,
                problems: &mut ::watchkeep_sdk::config::Problems,
            ) -> ::core::option::Option<Self> {
                #(#reads)*
                // All at once: ending at each of them would be code for each.
                let (#(::core::option::Option::Some(#idents),)*) = (#(#idents,)*) else {
                    return ::core::option::Option::None;
                };
                let config = #name { #(#idents),* };
                #check
                ::core::option::Option::Some(config)
            }
        }
        #[automatically_derived]
        impl ::watchkeep_sdk::config::Config for #name {
            const SCHEMA: ::watchkeep_sdk::config::Schema = ::watchkeep_sdk::config::Schema::Object {
                fields: <#name as ::watchkeep_sdk::config::Keys>::FIELDS,
                description: #description,
            };

            fn read(
                value: ::watchkeep_sdk::config::Value,
                place: &::watchkeep_sdk::config::Place<'_>,
                problems: &mut ::watchkeep_sdk::config::Problems,
            ) -> ::core::option::Option<Self> {
                let names = <#name as ::watchkeep_sdk::config::Keys>::NAMES;
                let mut object = ::watchkeep_sdk::config::ObjectReader::open(value, place, names, problems)?;
                let config = <#name as ::watchkeep_sdk::config::Keys>::take(&mut object, place, problems);
                object.close(problems);
                config
            }
        }
    })
}

/// `#[config(check = path)]`: what one key says of another.
fn consistency(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut check = TokenStream::new();
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("config")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("check") {
                return Err(meta.error("unknown; a config takes `check`"));
            }
            let path: Path = meta.value()?.parse()?;
            check.extend(quote!(#path(&config, place, problems);));
            Ok(())
        })?;
    }
    Ok(check)
}

fn expand_enum(input: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    let mut variants = Vec::new();
    let mut names = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(
                variant,
                "a choice holds no data: its name is what the operator writes",
            ));
        }
        variants.push(&variant.ident);
        names.push(words::snake_case(&variant.ident.to_string()));
    }
    let json = format!("[{}]", names.iter().map(|name| json::string(name)).collect::<Vec<_>>().join(","));
    let name = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl ::watchkeep_sdk::config::Config for #name {
            const SCHEMA: ::watchkeep_sdk::config::Schema = ::watchkeep_sdk::config::Schema::OneOfTexts { json: #json };

            fn read(
                value: ::watchkeep_sdk::config::Value,
                place: &::watchkeep_sdk::config::Place<'_>,
                problems: &mut ::watchkeep_sdk::config::Problems,
            ) -> ::core::option::Option<Self> {
                let at = ::watchkeep_sdk::config::one_of(value, place, &[#(#names),*], problems)?;
                [#(|| #name::#variants),*].get(at).map(|variant: &fn() -> #name| variant())
            }
        }
    })
}
