//! Sets of characters, as they stand in a pattern.

use super::parse::{Class, Parsed, Parser};

impl Parser<'_> {
    /// Behind a `[`.
    pub(super) fn class(&mut self) -> Parsed<Class> {
        let mut class = Class { ranges: Vec::new(), is_negated: self.takes('^') };
        let mut is_first = true;
        loop {
            let low = match self.rest.next().ok_or("a `[` is not closed")? {
                ']' if !is_first => return Ok(class),
                '[' => return Err("a `[` in a class is written `\\[`"),
                '\\' => {
                    let set = self.escaped()?;
                    match (&*set.ranges, set.is_negated) {
                        ([(low, high)], false) if low == high => *low,
                        (_, false) => {
                            class.ranges.extend(set.ranges);
                            is_first = false;
                            continue;
                        }
                        (_, true) => {
                            class.ranges.extend(others(&set.ranges));
                            is_first = false;
                            continue;
                        }
                    }
                }
                c => c,
            };
            is_first = false;
            let high = match self.takes('-') {
                false => low,
                // At the end of a class it is itself.
                true if self.rest.peek() == Some(&']') => {
                    class.ranges.push(('-', '-'));
                    low
                }
                true => self.end_of_range()?,
            };
            if high < low {
                return Err("a range in a class ends before it begins");
            }
            class.ranges.push((low, high));
        }
    }

    fn end_of_range(&mut self) -> Parsed<char> {
        match self.rest.next().ok_or("a `[` is not closed")? {
            '\\' => match &*self.escaped()?.ranges {
                [(low, high)] if low == high => Ok(*low),
                _ => Err("a range in a class ends before it begins"),
            },
            '[' => Err("a `[` in a class is written `\\[`"),
            c => Ok(c),
        }
    }

    /// Behind a `\`.
    pub(super) fn escaped(&mut self) -> Parsed<Class> {
        let c = self.rest.next().ok_or("a `\\` stands at the end")?;
        let ranges: &[(char, char)] = match c.to_ascii_lowercase() {
            'd' => &[('0', '9')],
            'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            's' => &[('\t', '\r'), (' ', ' ')],
            _ => {
                let one = match c {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    'x' => self.by_number(2)?,
                    'u' => self.by_number(4)?,
                    c if c.is_ascii_punctuation() && c != '<' && c != '>' => c,
                    _ => return Err("a `\\` stands before what needs none and is nothing with it"),
                };
                return Ok(Class { ranges: vec![(one, one)], is_negated: false });
            }
        };
        Ok(Class { ranges: ranges.to_vec(), is_negated: c.is_ascii_uppercase() })
    }

    /// `41` or `{1F600}`.
    fn by_number(&mut self, digits: usize) -> Parsed<char> {
        const WRONG: &str = "a character by its number is written `\\x7F` or `\\x{1F600}`";
        let is_braced = self.takes('{');
        let (mut number, mut count) = (0_u32, 0);
        while let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(16)) {
            if !is_braced && count == digits {
                break;
            }
            self.rest.next();
            number = number.saturating_mul(16).saturating_add(digit);
            count += 1;
        }
        let is_whole = if is_braced { count > 0 && self.takes('}') } else { count == digits };
        char::from_u32(number).filter(|_| is_whole).ok_or(WRONG)
    }
}

/// What is in none of these, which are in their order.
fn others(ranges: &[(char, char)]) -> Vec<(char, char)> {
    let mut others = Vec::new();
    let mut from = '\0';
    for (low, high) in ranges {
        if from < *low {
            others.push((from, char::from(*low as u8 - 1)));
        }
        from = char::from(*high as u8 + 1);
    }
    others.push((from, char::MAX));
    others
}
