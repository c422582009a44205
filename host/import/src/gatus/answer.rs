//! Conditions about an answer over HTTP. Each is one small function; the caller reports what cannot be expressed.

use super::condition::{About, Condition, Operator, Wanted};
use crate::expect::{Expect, is_pattern, typed};
use crate::span;
use crate::value::{Value, table};

/// Carries a condition over; returns whether that was possible.
pub(super) fn take(condition: &Condition, expect: &mut Expect) -> bool {
    match &condition.about {
        About::Status => status(condition, expect),
        About::ResponseTime => response_time(condition).map(|slow| expect.slower_than(slow)).is_some(),
        About::Connected => is_true(condition),
        About::CertificateExpiration => match days(condition) {
            Some(days) => {
                expect.expiry_days = Some(expect.expiry_days.unwrap_or(0).max(days));
                true
            }
            None => false,
        },
        About::Body => body(condition, expect),
        About::Place(pointer) => place(pointer, condition, expect),
        About::Length(pointer) => length(pointer, condition, expect),
        About::Has(pointer) => has(pointer, condition, expect),
        About::DomainExpiration | About::DnsRcode | About::Ip => false,
    }
}

pub(super) fn is_true(condition: &Condition) -> bool {
    let is = |text: &str| condition.wanted.texts().is_some_and(|texts| texts == [text]);
    match condition.operator {
        Operator::Equal => is("true"),
        Operator::Differs => is("false"),
        _ => false,
    }
}

fn status(condition: &Condition, expect: &mut Expect) -> bool {
    let Some(numbers) = condition.wanted.numbers() else { return false };
    match condition.operator {
        Operator::Equal => expect.statuses.keep(|status| numbers.contains(&status)),
        Operator::Differs => expect.statuses.keep(|status| !numbers.contains(&status)),
        operator => match *numbers {
            [number] => expect.statuses.keep(|status| operator.holds(status, number)),
            _ => return false,
        },
    }
    true
}

/// The number of milliseconds above which it is critical.
pub(super) fn response_time(condition: &Condition) -> Option<u64> {
    let [text] = condition.wanted.texts()? else { return None };
    let millis = text.parse().ok().or_else(|| span::parse(text))?;
    matches!(condition.operator, Operator::Less | Operator::AtMost).then_some(millis)
}

/// The number of days that must be left.
pub(super) fn days(condition: &Condition) -> Option<u64> {
    let [text] = condition.wanted.texts()? else { return None };
    let millis = text.parse().ok().or_else(|| span::parse(text))?;
    matches!(condition.operator, Operator::Greater | Operator::AtLeast).then(|| span::days(millis))
}

fn body(condition: &Condition, expect: &mut Expect) -> bool {
    let (texts, patterns) = match condition.operator {
        Operator::Equal => (&mut expect.find, &mut expect.find_pattern),
        Operator::Differs => (&mut expect.do_not_find, &mut expect.do_not_find_pattern),
        _ => return false,
    };
    match &condition.wanted {
        // `*text*` means that the text is somewhere in it.
        Wanted::Pattern(pattern) => {
            let inside = pattern.strip_prefix('*').and_then(|inner| inner.strip_suffix('*'));
            match inside.filter(|inner| !inner.is_empty() && !inner.contains('*')) {
                Some(inner) => texts.push(inner.to_owned()),
                None => patterns.push(Wanted::regular(pattern)),
            }
            true
        }
        Wanted::Text(text) if text.is_empty() => false,
        wanted => {
            let texts = wanted.texts().unwrap_or_default();
            let all: Vec<String> = texts.iter().map(|text| escaped(text)).collect();
            patterns.push(format!("^(?:{})\\s*$", all.join("|")));
            patterns.last().is_some_and(|pattern| is_pattern(pattern))
        }
    }
}

fn escaped(text: &str) -> String {
    let whole = Wanted::regular(text);
    // A `*` in a text stands for itself.
    if text.contains('*') {
        return text.split('*').map(escaped).collect::<Vec<_>>().join("\\*");
    }
    whole.trim_start_matches("^(?s)").strip_suffix('$').unwrap_or_default().to_owned()
}

fn place(pointer: &str, condition: &Condition, expect: &mut Expect) -> bool {
    match (condition.operator, &condition.wanted) {
        (Operator::Equal, Wanted::Text(text)) => expect.json(pointer, "equals", typed(text)),
        (Operator::Equal, Wanted::Any(texts)) => {
            expect.json(pointer, "one_of", Value::List(texts.iter().map(|text| typed(text)).collect()));
        }
        (Operator::Equal, Wanted::Pattern(pattern)) => {
            expect.json(pointer, "matches", Value::Text(Wanted::regular(pattern)));
        }
        (Operator::Differs, Wanted::Text(text)) => expect.json(pointer, "differs", typed(text)),
        (Operator::Differs, Wanted::Any(texts)) => {
            texts.iter().for_each(|text| expect.json(pointer, "differs", typed(text)));
        }
        (Operator::Differs, Wanted::Pattern(_)) => return false,
        (operator, Wanted::Text(text)) => return bound(pointer, operator, text, expect),
        (_, Wanted::Any(_) | Wanted::Pattern(_)) => return false,
    }
    true
}

/// Adds a bound. For whole numbers, an exclusive bound becomes the next number; for others, the bound itself is allowed
/// as well.
fn bound(pointer: &str, operator: Operator, text: &str, expect: &mut Expect) -> bool {
    let (key, step) = match operator {
        Operator::Less => ("at_most", -1),
        Operator::AtMost => ("at_most", 0),
        Operator::Greater => ("at_least", 1),
        Operator::AtLeast => ("at_least", 0),
        Operator::Equal | Operator::Differs => return false,
    };
    let value = match typed(text) {
        Value::Integer(number) => Value::Integer(number.saturating_add(step)),
        float @ Value::Float(_) => float,
        _ => return false,
    };
    let entries = [("pointer", Value::from(pointer)), (key, value), ("number_in_text", Value::Flag(true))];
    expect.json.push(table(entries));
    true
}

fn length(pointer: &str, condition: &Condition, expect: &mut Expect) -> bool {
    let Some(Some(number)) = condition.wanted.numbers().map(|numbers| match *numbers {
        [number] => u32::try_from(number).ok().map(i64::from),
        _ => None,
    }) else {
        return false;
    };
    let (low, high) = match condition.operator {
        Operator::Equal => (Some(number), Some(number)),
        Operator::Less => (None, Some((number - 1).max(0))),
        Operator::AtMost => (None, Some(number)),
        Operator::Greater => (Some(number + 1), None),
        Operator::AtLeast => (Some(number), None),
        Operator::Differs if number == 0 => (Some(1), None),
        Operator::Differs => return false,
    };
    let mut entries = vec![("pointer".to_owned(), Value::from(pointer))];
    entries.extend(low.map(|low| ("length_at_least".to_owned(), Value::Integer(low))));
    entries.extend(high.map(|high| ("length_at_most".to_owned(), Value::Integer(high))));
    expect.json.push(Value::Table(entries));
    true
}

fn has(pointer: &str, condition: &Condition, expect: &mut Expect) -> bool {
    if is_true(condition) {
        expect.json.push(table([("pointer", Value::from(pointer))]));
        return true;
    }
    let is_false = condition.operator == Operator::Equal
        && condition.wanted == Wanted::Text("false".to_owned())
        || condition.operator == Operator::Differs && condition.wanted == Wanted::Text("true".to_owned());
    if is_false {
        expect.json(pointer, "absent", Value::Flag(true));
    }
    is_false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Statuses;

    fn taken(conditions: &[&str]) -> Expect {
        let mut expect = Expect::new(Statuses::all());
        for condition in conditions {
            assert!(take(&Condition::parse(condition).unwrap(), &mut expect), "{condition}");
        }
        expect
    }

    #[test]
    fn each_condition_becomes_a_key() {
        let status = |conditions: &[&str]| taken(conditions).statuses.value().unwrap();
        assert_eq!(status(&["[STATUS] == 200"]), 200_u32.into());
        assert_eq!(status(&["[STATUS] == any(200, 429)"]), vec![200_u32, 429].into());
        assert_eq!(status(&["[STATUS] >= 200", "[STATUS] < 300"]), "200-299".into());
        assert_eq!(taken(&["[RESPONSE_TIME] < 300", "[RESPONSE_TIME] <= 1s"]).slow, Some(300));
        assert_eq!(taken(&["[CERTIFICATE_EXPIRATION] > 48h"]).expiry_days, Some(2));
        assert_eq!(taken(&["[BODY] == pat(*up*)"]).find, ["up"]);
        assert_eq!(taken(&["[BODY] != pat(*down*)"]).do_not_find, ["down"]);
        assert_eq!(taken(&["[BODY] == pat(up*)"]).find_pattern, ["^(?s)up.*$"]);
        assert_eq!(taken(&["[BODY] == a*b"]).find_pattern, ["^(?:a\\*b)\\s*$"]);
        let json = |condition: &str| {
            let mut all = taken(&[condition]).json;
            let Value::Table(mut entries) = all.remove(0) else { panic!("{condition}") };
            assert!(all.is_empty());
            entries.remove(0);
            entries
        };
        let said = |key: &str, value: Value| vec![(key.to_owned(), value)];
        assert_eq!(json("[BODY].a == UP"), said("equals", "UP".into()));
        assert_eq!(
            json("[BODY].a == any(1, b)"),
            said("one_of", Value::List(vec![1_u32.into(), "b".into()]))
        );
        assert_eq!(json("[BODY].a != 2"), said("differs", 2_u32.into()));
        assert_eq!(json("[BODY].a < 10")[0], said("at_most", 9_u32.into())[0]);
        assert_eq!(json("[BODY].a == pat(x*)"), said("matches", "^(?s)x.*$".into()));
        assert_eq!(json("has([BODY].a) == true"), []);
        assert_eq!(json("has([BODY].a) == false"), said("absent", true.into()));
        assert_eq!(json("len([BODY].a) > 0"), said("length_at_least", 1_u32.into()));
        assert_eq!(json("len([BODY].a) == 2").len(), 2);
    }

    #[test]
    fn what_no_check_asks_is_not_taken() {
        let mut expect = Expect::new(Statuses::all());
        for condition in [
            "[RESPONSE_TIME] > 5",
            "[CONNECTED] == false",
            "[STATUS] == pat(2*)",
            "[BODY].a != pat(x*)",
            "[BODY].a < b",
            "[IP] == 192.0.2.1",
            "len([BODY].a) != 3",
            "[CERTIFICATE_EXPIRATION] < 1h",
        ] {
            assert!(!take(&Condition::parse(condition).unwrap(), &mut expect), "{condition}");
        }
    }
}
