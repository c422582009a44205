//! JSON text made while a plugin compiles.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Expr, ExprLit, ExprUnary, Lit, UnOp};

/// A JSON string with its quotes.
pub(crate) fn string(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\t' => json.push_str("\\t"),
            c if c < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

/// A literal of the source, as JSON text and as an expression that makes the value when it is needed.
pub(crate) struct Literal {
    pub(crate) json: String,
    pub(crate) value: TokenStream,
}

pub(crate) fn literal(expr: &Expr) -> syn::Result<Literal> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(Literal {
            json: string(&text.value()),
            value: quote!(::watchkeep_sdk::config::Value::from(#text)),
        }),
        Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) => Ok(Literal {
            json: flag.value.to_string(),
            value: quote!(::watchkeep_sdk::config::Value::from(#flag)),
        }),
        Expr::Array(array) => {
            let items = array.elems.iter().map(literal).collect::<syn::Result<Vec<_>>>()?;
            let texts: Vec<_> = items.iter().map(|item| item.json.as_str()).collect();
            let values = items.iter().map(|item| &item.value);
            Ok(Literal {
                json: format!("[{}]", texts.join(",")),
                value: quote!(::watchkeep_sdk::config::Value::Array(::std::vec![#(#values),*])),
            })
        }
        other => {
            let json = number(other)?;
            let value = quote!(::watchkeep_sdk::config::Value::from(#other));
            Ok(Literal { json, value })
        }
    }
}

/// A number, perhaps negative, as JSON text.
pub(crate) fn number(expr: &Expr) -> syn::Result<String> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => Ok(int.base10_digits().to_owned()),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => Ok(float.base10_digits().to_owned()),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => Ok(format!("-{}", number(expr)?)),
        other => {
            Err(Error::new_spanned(other, "a literal is needed here: it becomes part of the JSON Schema"))
        }
    }
}
