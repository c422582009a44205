//! Names and doc comments.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of a doc comment: lines joined, paragraphs kept.
pub(crate) fn description(attributes: &[Attribute]) -> Option<String> {
    let mut text = String::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        if !pair.path.is_ident("doc") {
            continue;
        }
        let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value else { continue };
        for line in line.value().lines().chain(line.value().is_empty().then_some("")) {
            let line = line.trim();
            match (line.is_empty(), text.ends_with('\n') || text.is_empty()) {
                (true, true) => {}
                (true, false) => text.push_str("\n\n"),
                (false, true) => text.push_str(line),
                (false, false) => {
                    text.push(' ');
                    text.push_str(line);
                }
            }
        }
    }
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `ResponseTime` becomes `response_time`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, c) in name.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_comments_keep_paragraphs_and_join_lines() {
        let item: syn::ItemStruct = syn::parse_quote! {
            /// One line
            /// and its rest.
            ///
            /// A paragraph.
            struct Thing;
        };
        assert_eq!(description(&item.attrs).unwrap(), "One line and its rest.\n\nA paragraph.");
    }

    #[test]
    fn variants_become_snake_case() {
        assert_eq!(snake_case("AlertmanagerV4"), "alertmanager_v4");
    }
}
