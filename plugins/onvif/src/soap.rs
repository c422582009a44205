//! Envelopes of SOAP 1.2 that come back. XML of strangers is read with limits; a document type, and with it
//! every entity, is refused.

use roxmltree::{Document, Node, ParsingOptions};
use watchkeep_sdk::clipped;
use watchkeep_sdk::onvif::ENVELOPE;

const ENVELOPE_1_1: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub(crate) const SCHEMA: &str = "http://www.onvif.org/ver10/schema";

/// What a list of profiles takes, many times over.
pub(crate) const BYTES_MAX: usize = 512 << 10;
const NODES_MAX: u32 = 20_000;
/// The deepest answer has ten.
const DEPTH_MAX: usize = 32;

/// Why an answer is not the one that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The login is missing or wrong.
    Login,
    /// The device's code, the innermost of several, and its reason.
    Fault { code: String, reason: String },
    /// Not an answer of SOAP, in a sentence.
    Foreign(String),
}

/// Hands over the element of this name in the answer's body.
pub fn read(
    text: &str,
    service: &str,
    name: &str,
    take: &mut dyn FnMut(Node<'_, '_>) -> Result<(), String>,
) -> Result<(), Refusal> {
    let foreign = |sentence: &str| Refusal::Foreign(sentence.to_owned());
    if text.len() > BYTES_MAX {
        return Err(Refusal::Foreign(format!("its answer is longer than {BYTES_MAX} bytes")));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(text, options).map_err(|error| Refusal::Foreign(unread(&error)))?;
    if document.descendants().any(|node| node.ancestors().nth(DEPTH_MAX).is_some()) {
        return Err(foreign("its answer is XML that is nested too deeply"));
    }
    let root = document.root_element();
    if root.has_tag_name((ENVELOPE_1_1, "Envelope")) {
        return Err(foreign("it answers in SOAP 1.1; ONVIF uses 1.2"));
    }
    if !root.has_tag_name((ENVELOPE, "Envelope")) {
        let sentence =
            format!("it answers with XML that is not SOAP (`{}`)", clipped(root.tag_name().name()));
        return Err(Refusal::Foreign(sentence));
    }
    let Some(body) = child(root, ENVELOPE, "Body") else { return Err(foreign("its answer has no body")) };
    if let Some(fault) = child(body, ENVELOPE, "Fault") {
        return Err(refusal(fault));
    }
    let Some(content) = child(body, service, name) else {
        let came = body.children().find(Node::is_element).map_or("nothing", |node| node.tag_name().name());
        let sentence = format!("its answer has `{}` in place of `{name}`", clipped(came));
        return Err(Refusal::Foreign(sentence));
    };
    take(content).map_err(Refusal::Foreign)
}

fn unread(error: &roxmltree::Error) -> String {
    match error {
        roxmltree::Error::DtdDetected => "its answer has a document type, which SOAP forbids".to_owned(),
        roxmltree::Error::NodesLimitReached => format!("its answer is XML of more than {NODES_MAX} parts"),
        _ => "its answer is not XML".to_owned(),
    }
}

/// The first of its children with this name.
pub(crate) fn child<'a, 'i>(node: Node<'a, 'i>, namespace: &str, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name((namespace, name)))
}

/// The text of the element to which these names lead, all of one namespace.
pub(crate) fn text<'a>(node: Node<'a, '_>, namespace: &str, path: &[&str]) -> Option<&'a str> {
    let end = path.iter().try_fold(node, |node, name| child(node, namespace, name))?;
    end.text().map(str::trim).filter(|text| !text.is_empty())
}

fn refusal(fault: Node<'_, '_>) -> Refusal {
    // Codes are nested: each is closer to the reason than the one around it.
    let mut code = None;
    let mut node = child(fault, ENVELOPE, "Code");
    while let Some(outer) = node {
        code = text(outer, ENVELOPE, &["Value"]).or(code);
        if code.is_some_and(is_about_login) {
            return Refusal::Login;
        }
        node = child(outer, ENVELOPE, "Subcode");
    }
    let reason = text(fault, ENVELOPE, &["Reason", "Text"]).unwrap_or("no reason");
    Refusal::Fault { code: clipped(code.unwrap_or("no code")), reason: clipped(reason) }
}

/// By the name without its prefix, which each device chooses itself.
fn is_about_login(code: &str) -> bool {
    let name = code.rsplit(':').next().unwrap_or(code);
    matches!(name, "NotAuthorized" | "FailedAuthentication" | "FailedCheck")
}
