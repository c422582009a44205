//! Texts without their numbers: what a check says of its target differs from run to run by numbers, mostly. A cut text
//! begins with `CUT`, and each of its numbers is one character below the space; a text that has such characters itself
//! is left as it is.

/// The first character of a cut text. Before one that is whole and begins with it, it stands twice.
const CUT: char = '\u{0}';
/// A number without leading zeros. One with leading zeros and so many digits is this plus that many.
const NUMBER: u8 = 1;
/// Numbers with more digits stay in the text; so many fit into an `i64`, and the mark of so many stays below the space.
const DIGITS_MAX: usize = 18;
/// In a text with more numbers, all of them stay.
const NUMBERS_MAX: usize = 24;

/// Cuts the numbers out of a text and appends them to `numbers`, in their order.
pub(super) fn cut(text: &str, numbers: &mut Vec<i64>) -> String {
    let has_marks = text.chars().any(|letter| letter < ' ');
    let found = if has_marks { 0 } else { parts(text).filter(|part| is_number(part)).count() };
    if found == 0 || found > NUMBERS_MAX {
        return if text.starts_with(CUT) { format!("{CUT}{text}") } else { text.to_owned() };
    }
    let mut rest = String::with_capacity(text.len() + 1);
    rest.push(CUT);
    for part in parts(text) {
        match part.parse() {
            Ok(number) if is_number(part) => {
                numbers.push(number);
                rest.push(mark(part));
            }
            Ok(_) | Err(_) => rest.push_str(part),
        }
    }
    rest
}

/// Puts numbers back in; `None` if there are too few.
pub(super) fn fill(cut: &str, numbers: &mut impl Iterator<Item = i64>) -> Option<String> {
    let Some(rest) = cut.strip_prefix(CUT) else { return Some(cut.to_owned()) };
    if rest.starts_with(CUT) {
        return Some(rest.to_owned());
    }
    let mut text = String::with_capacity(rest.len() + 8);
    for letter in rest.chars() {
        if letter < ' ' {
            let width = usize::from(u8::try_from(letter).ok()?.saturating_sub(NUMBER));
            let number = numbers.next()?;
            text.push_str(&format!("{number:0width$}"));
        } else {
            text.push(letter);
        }
    }
    Some(text)
}

/// How many numbers `fill` takes.
pub(super) fn holes(cut: &str) -> usize {
    match cut.strip_prefix(CUT) {
        Some(rest) if !rest.starts_with(CUT) => rest.chars().filter(|letter| *letter < ' ').count(),
        Some(_) | None => 0,
    }
}

fn mark(digits: &str) -> char {
    let padded = digits.len() > 1 && digits.starts_with('0');
    char::from(if padded { NUMBER + digits.len() as u8 } else { NUMBER })
}

fn is_number(part: &str) -> bool {
    part.len() <= DIGITS_MAX && part.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

/// Runs of digits, and what is between them.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_digit = rest.bytes().next()?.is_ascii_digit();
        let end = rest.bytes().position(|byte| byte.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut_of(text: &str) -> (String, Vec<i64>) {
        let mut numbers = Vec::new();
        (cut(text, &mut numbers), numbers)
    }

    #[test]
    fn texts_that_differ_by_their_numbers_are_cut_alike() {
        let (one, numbers) = cut_of("200 OK in 38 ms, 12,345 bytes");
        assert_eq!(numbers, [200, 38, 12, 345]);
        assert_eq!(cut_of("404 OK in 7 ms, 1,999 bytes").0, one);
        assert_ne!(cut_of("200 OK in 38 ms, 12,045 bytes").0, one);
        assert_eq!(cut_of("200 OK in 38 ms, 12,045 bytes").0, cut_of("200 OK in 1 ms, 9,001 bytes").0);
    }

    proptest! {
        #[test]
        fn what_was_cut_is_put_back(text in "[\u{0}-\u{14}a-c0-9é ,.]{0,40}") {
            let (rest, numbers) = cut_of(&text);
            prop_assert_eq!(holes(&rest), numbers.len());
            prop_assert_eq!(fill(&rest, &mut numbers.into_iter()), Some(text));
        }

        #[test]
        fn any_text_and_any_numbers_are_put_back(text in any::<String>(), digits in "[0-9]{0,25}( [0-9]{1,20}){0,30}") {
            for text in [text, digits] {
                let (rest, numbers) = cut_of(&text);
                prop_assert_eq!(fill(&rest, &mut numbers.into_iter()), Some(text));
            }
        }
    }

    #[test]
    fn too_few_numbers_make_no_text() {
        let (rest, _) = cut_of("1 of 2");
        assert_eq!(fill(&rest, &mut std::iter::once(1)), None);
    }
}
