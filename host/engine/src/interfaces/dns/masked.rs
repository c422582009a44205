//! Masks secrets in an answer. The guest gets the same bytes twice, as text and as they are on the wire, and both add
//! something: the text has escapes, quotes long data in pieces and writes some data in other digits; the wire puts
//! lengths between the parts of a name or a text. So a secret is looked for in both, and in the text without quotation
//! marks and escapes. A secret that is found in one form but not in the others is removed from all of them, together
//! with what is around it.

use crate::call::{CallState, OverBudget};
use crate::contract::dns::{Answer, ResourceRecord};
use crate::http::mask::{MASKED, Mask, without};
use crate::network::failure::Problem;
use crate::network::guard;

pub(super) async fn answer(state: &mut CallState, mut answer: Answer) -> Result<Answer, Problem> {
    if !state.mask.hides_from_guest() {
        return Ok(answer);
    }
    let (mask, mut pace) = (state.mask.clone(), state.pace());
    for records in [&mut answer.answers, &mut answer.authorities, &mut answer.additionals] {
        for record in records {
            hide(record, &mask);
            if let Err(OverBudget) = pace.step().await {
                return Err(guard::over_budget(state));
            }
        }
    }
    Ok(answer)
}

fn hide(record: &mut ResourceRecord, mask: &Mask) {
    let ResourceRecord { name, kind: _, ttl: _, data, raw } = record;
    let plain_name = plain(name, Quotes::Letters);
    let [in_name, in_plain_name] = [name.as_bytes(), &plain_name].map(|text| mask.hidden_in(text));
    *name = match in_name.len() == in_plain_name.len() {
        true => text(without(name.as_bytes(), &in_name)),
        false => text(MASKED.to_vec()),
    };
    let plain_data = plain(data, Quotes::Delimiters);
    let [in_data, in_plain, in_raw] = [data.as_bytes(), &plain_data, raw].map(|bytes| mask.hidden_in(bytes));
    if in_data.len() == in_plain.len() && in_data.len() == in_raw.len() {
        *data = text(without(data.as_bytes(), &in_data));
        *raw = without(raw, &in_raw);
    } else {
        *data = text(MASKED.to_vec());
        *raw = MASKED.to_vec();
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a quotation mark means: a mark around a piece, or, in a name, a letter like any other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Delimiters,
    Letters,
}

/// The plain bytes of a text in presentation format (RFC 1035, 5.1): without quotation marks, blanks between quoted
/// pieces, and escapes.
fn plain(text: &str, quotes: Quotes) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return out,
            [b'\\', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
                let number =
                    [a, b, c].iter().fold(0_u32, |number, digit| number * 10 + u32::from(**digit - b'0'));
                out.extend(u8::try_from(number).ok());
                rest
            }
            [b'\\', letter, rest @ ..] => {
                out.push(*letter);
                rest
            }
            [b'"', b' ', b'"', rest @ ..] | [b'"', rest @ ..] if quotes == Quotes::Delimiters => rest,
            [letter, rest @ ..] => {
                out.push(*letter);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_presentation_format_are_no_part_of_what_it_says() {
        for (text, says) in [
            ("mail.example.com.", "mail.example.com."),
            (r#""one" "two""#, "onetwo"),
            (r#""a\"b\\c\032d""#, r#"a"b\c d"#),
            (r"a\.b.example.", "a.b.example."),
            (r"\", r"\"),
            (r"\25", "25"),
        ] {
            assert_eq!(String::from_utf8_lossy(&plain(text, Quotes::Delimiters)), says, "{text}");
        }
    }
}
