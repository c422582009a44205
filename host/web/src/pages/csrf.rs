//! Every form of a page that changes something carries the proof that it is one of ours. It is put in here and not in the
//! templates, so that no form can be without it. Whatever looks like a form in a page is one of a template: text of others is
//! escaped.

use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::header;

use crate::admission::CSRF_FIELD;
use crate::caller::{Caller, Credential};

/// More than any page has.
const PAGE_BYTES_MAX: usize = 64 << 20;

/// Puts the proof into the forms of a page, for whoever has a session.
pub(crate) async fn with_csrf(response: Response, caller: &Caller) -> Response {
    let Credential::Session { csrf, .. } = &caller.credential else { return response };
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|given| given.to_str().ok())
        .is_some_and(|given| given.starts_with("text/html"));
    if !is_page {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, PAGE_BYTES_MAX).await.unwrap_or_default();
    let page = in_forms(&String::from_utf8_lossy(&bytes), csrf);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}

fn in_forms(page: &str, csrf: &str) -> String {
    let mut out = String::with_capacity(page.len() + 4096);
    let mut rest = page;
    while let Some(at) = rest.find("<form") {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        out.push_str(&rest[..end]);
        if rest[at..end].contains("method=\"post\"") {
            out.push_str(&format!("<input type=\"hidden\" name=\"{CSRF_FIELD}\" value=\"{csrf}\">"));
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_post_get_the_proof_and_others_do_not() {
        let page = "<p>a</p><form class=\"do\" method=\"post\" action=\"/x\"><b></form><form action=\"/\" method=\"get\"></form>é";
        let proof = "<input type=\"hidden\" name=\"csrf\" value=\"abc\">";
        let expected = format!(
            "<p>a</p><form class=\"do\" method=\"post\" action=\"/x\">{proof}<b></form><form action=\"/\" method=\"get\"></form>é"
        );
        assert_eq!(in_forms(page, "abc"), expected);
        assert_eq!(in_forms("<form method=\"post\"", "abc").matches("csrf").count(), 1, "cut off");
    }
}
