//! One field: its name, its values, and how its text is parsed into a set.

/// A set of values: bit `n` stands for value `n`. Sunday is bit 0, even if it was written as 7.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Set(u64);

impl Set {
    pub(super) fn has(self, value: u32) -> bool {
        value < 64 && self.0 >> value & 1 == 1
    }
    /// The first value that is at least `from`.
    pub(super) fn next(self, from: u32) -> Option<u32> {
        let left = if from < 64 { self.0 >> from << from } else { 0 };
        (left != 0).then(|| left.trailing_zeros())
    }
    /// The first value; a field is never empty.
    pub(super) fn first(self) -> u32 {
        self.0.trailing_zeros()
    }
}

/// The fields in the order in which they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
}

pub(super) struct Problem {
    pub(super) problem: String,
    pub(super) hint: String,
}

impl Field {
    pub(super) const ALL: [Field; 6] =
        [Field::Second, Field::Minute, Field::Hour, Field::DayOfMonth, Field::Month, Field::DayOfWeek];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Field::Second => "second",
            Field::Minute => "minute",
            Field::Hour => "hour",
            Field::DayOfMonth => "day-of-month",
            Field::Month => "month",
            Field::DayOfWeek => "day-of-week",
        }
    }
    const fn bounds(self) -> (u32, u32) {
        match self {
            Field::Second | Field::Minute => (0, 59),
            Field::Hour => (0, 23),
            Field::DayOfMonth => (1, 31),
            Field::Month => (1, 12),
            Field::DayOfWeek => (0, 7),
        }
    }
    /// Names of values; they stand for the numbers from the lower bound on.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Field::Second | Field::Minute | Field::Hour | Field::DayOfMonth => &[],
            Field::Month => {
                &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            }
            Field::DayOfWeek => &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
        }
    }
    fn values_hint(self) -> String {
        let (low, high) = self.bounds();
        match self {
            Field::Second | Field::Minute | Field::Hour | Field::DayOfMonth => {
                format!("{} takes {low} to {high}", self.name())
            }
            Field::Month => "month takes 1 to 12 or `jan` to `dec`".to_owned(),
            Field::DayOfWeek => "day-of-week takes 0 to 7 (0 and 7 are Sunday) or `sun` to `sat`".to_owned(),
        }
    }
    fn problem(self, item: &str, what: &str, hint: impl Into<String>) -> Problem {
        Problem { problem: format!("{} `{item}` {what}", self.name()), hint: hint.into() }
    }

    pub(super) fn read(self, text: &str) -> Result<Set, Problem> {
        let mut bits = 0;
        for item in text.split(',') {
            bits |= self.read_item(item)?;
        }
        if self == Field::DayOfWeek && bits >> 7 & 1 == 1 {
            bits = bits & 0x7f | 1;
        }
        Ok(Set(bits))
    }

    fn read_item(self, item: &str) -> Result<u64, Problem> {
        if item.is_empty() {
            let hint = format!("take out the comma too many; {}", self.values_hint());
            return Err(self.problem(item, "is empty", hint));
        }
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.read_step(item, step)?)),
            None => (item, None),
        };
        let (low, high) = match range.split_once('-') {
            _ if range == "*" => self.bounds(),
            Some((low, high)) => (self.read_value(item, low)?, self.read_end(item, high)?),
            None if step.is_some() => {
                let hint = format!("write `{range}-{}/{}`", self.last(), step.unwrap_or(1));
                self.read_value(item, range)?;
                return Err(self.problem(item, "has a step without a range", hint));
            }
            None => {
                let value = self.read_value(item, range)?;
                (value, value)
            }
        };
        if low > high {
            let (first, last) = (self.bounds().0, self.last());
            let hint = match step {
                None => format!("write `{low}-{last},{first}-{high}`"),
                Some(_) => "write two ranges with a comma".to_owned(),
            };
            return Err(self.problem(item, "runs backwards", hint));
        }
        // In day-of-week, `*` is Sunday to Saturday; with a step, it must not include Sunday again as 7.
        let high = if range == "*" { self.last() } else { high };
        let step = step.unwrap_or(1);
        Ok((low..=high)
            .filter(|value| (value - low).is_multiple_of(step))
            .fold(0, |bits, value| bits | 1 << value))
    }

    fn last(self) -> u32 {
        if self == Field::DayOfWeek { 6 } else { self.bounds().1 }
    }

    fn read_step(self, item: &str, step: &str) -> Result<u32, Problem> {
        let number = step.bytes().all(|b| b.is_ascii_digit()).then(|| step.parse().ok()).flatten();
        number.filter(|&step: &u32| step > 0).ok_or_else(|| {
            self.problem(item, "has no good step", "the step behind `/` is a number from 1 on, as in `*/5`")
        })
    }

    /// Reads the end of a range; `sun` there is the day after Saturday.
    fn read_end(self, item: &str, text: &str) -> Result<u32, Problem> {
        let value = self.read_value(item, text)?;
        let is_sunday = self == Field::DayOfWeek && value == 0 && !text.starts_with('0');
        Ok(if is_sunday { 7 } else { value })
    }

    fn read_value(self, item: &str, text: &str) -> Result<u32, Problem> {
        let (low, high) = self.bounds();
        if let Some(at) = self.names().iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(low + at as u32);
        }
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            let hint = match text {
                "?" => "write `*` for every value".to_owned(),
                _ if text.contains(['L', 'W', '#']) => {
                    format!("`L`, `W` and `#` are not known in crontab; {}", self.values_hint())
                }
                _ => self.values_hint(),
            };
            return Err(self.problem(item, "is not understood", hint));
        }
        text.parse()
            .ok()
            .filter(|value| (low..=high).contains(value))
            .ok_or_else(|| self.problem(item, &format!("is not within {low} to {high}"), self.values_hint()))
    }
}
