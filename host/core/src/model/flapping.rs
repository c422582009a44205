//! Flapping (rule A6), by Icinga's method: of the last 20 judgements each that differs from the one before it counts,
//! from 0.8 for the oldest, in steps of 0.02, to 1.18 for the newest. The sum over 20, in percent:
//!
//! `100 / 20 * sum(i = 0..19) (0.8 + 0.02 i) * changed(i)`
//!
//! Flapping starts above 30 % and ends below 25 %. Before there are 20 judgements, nothing flaps. Judgements do not
//! count in maintenance, nor while a parent is down; nor those just before, while the parent was not confirmed.

use crate::report::Judgement;

const JUDGEMENTS: u32 = 20;

/// Hundredths of a percent, so that nothing is rounded. A judgement weighs 400 to 590 of them.
const STARTS_ABOVE: u32 = 3_000;

const ENDS_BELOW: u32 = 2_500;

/// What flapping needs of the last 20 judgements of one subject. Packed, because every result carries one: which of
/// them differed from the one before (20 bits, the newest lowest), how many there were (5 bits), the last one (2 bits),
/// whether it flaps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Flaps(u32);

/// What a judgement changed about flapping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Swing {
    None,
    Starts,
    Ends,
}

const CHANGES: u32 = (1 << 20) - 1;

const COUNT_AT: u32 = 20;

const LAST_AT: u32 = 25;

const FLAPS: u32 = 1 << 27;

impl Flaps {
    /// From the stored number.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits & (FLAPS | (FLAPS - 1)))
    }
    pub fn bits(self) -> u32 {
        self.0
    }
    pub fn is_flapping(self) -> bool {
        self.0 & FLAPS != 0
    }
    /// How much the subject changes, in percent.
    pub fn percent(self) -> u32 {
        self.hundredths() / 100
    }
    /// How many of the last 20 judgements differed from the one before.
    pub fn changes(self) -> u32 {
        (self.0 & CHANGES).count_ones()
    }
    fn count(self) -> u32 {
        self.0 >> COUNT_AT & 31
    }
    fn hundredths(self) -> u32 {
        let weight = |age: u32| 5 * (80 + 2 * (JUDGEMENTS - 1 - age));
        (0..JUDGEMENTS).filter(|age| self.0 >> age & 1 == 1).map(weight).sum()
    }
    pub(crate) fn take(&mut self, judgement: Judgement) -> Swing {
        let code = match judgement {
            Judgement::Ok => 1,
            Judgement::Warning => 2,
            Judgement::Critical => 3,
        };
        let last = self.0 >> LAST_AT & 3;
        let changed = u32::from(last != 0 && last != code);
        let count = (self.count() + 1).min(JUDGEMENTS);
        let was = self.0 & FLAPS;
        self.0 = (self.0 << 1 & CHANGES) | changed | count << COUNT_AT | code << LAST_AT | was;
        let value = self.hundredths();
        if was == 0 && count == JUDGEMENTS && value > STARTS_ABOVE {
            self.0 |= FLAPS;
            return Swing::Starts;
        }
        if was != 0 && value < ENDS_BELOW {
            self.0 &= !FLAPS;
            return Swing::Ends;
        }
        Swing::None
    }
    /// Forgets the judgements, because flapping is no longer looked for.
    pub(crate) fn forget(&mut self) -> Swing {
        let was = self.is_flapping();
        self.0 = 0;
        if was { Swing::Ends } else { Swing::None }
    }
}

/// The flapping of one subject, now and when it was last ok. What happened since may turn out to be another's fault.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Swings {
    pub(crate) flaps: Flaps,
    well: Flaps,
}

impl Swings {
    pub(crate) fn restored(flaps: Flaps) -> Self {
        Self { flaps, well: flaps }
    }
    pub(crate) fn take(&mut self, judgement: Judgement) -> Swing {
        let swing = self.flaps.take(judgement);
        if judgement == Judgement::Ok {
            self.well = self.flaps;
        }
        swing
    }
    pub(crate) fn forget(&mut self) -> Swing {
        self.well = Flaps::default();
        self.flaps.forget()
    }
    /// Something that the subject depends on is down, so what the subject did since it was last ok does not count. If
    /// flapping began or ended since, people may know, and that stays.
    pub(crate) fn blame_another(&mut self) {
        if self.well.is_flapping() == self.flaps.is_flapping() {
            self.flaps = self.well;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The formula as the documentation states it, over plain lists.
    fn percent(judgements: &[Judgement]) -> f64 {
        let changed: Vec<bool> =
            std::iter::once(false).chain(judgements.windows(2).map(|pair| pair[0] != pair[1])).collect();
        let last = &changed[changed.len().saturating_sub(20)..];
        let missing = 20 - last.len();
        let sum: f64 = last
            .iter()
            .enumerate()
            .filter(|(_, changed)| **changed)
            .map(|(place, _)| 0.8 + 0.02 * (place + missing) as f64)
            .sum();
        100.0 / 20.0 * sum
    }

    fn judgement() -> impl Strategy<Value = Judgement> {
        prop_oneof![3 => Just(Judgement::Ok), 1 => Just(Judgement::Warning), 2 => Just(Judgement::Critical)]
    }

    proptest! {
        #[test]
        fn it_starts_above_thirty_percent_and_ends_below_twenty_five(
            judgements in proptest::collection::vec(judgement(), 1..80)
        ) {
            let mut flaps = Flaps::default();
            let mut flapping = false;
            for seen in 1..=judgements.len() {
                flaps.take(judgements[seen - 1]);
                let value = percent(&judgements[..seen]);
                if !flapping && seen >= 20 && value > 30.0 + 1e-9 {
                    flapping = true;
                } else if flapping && value < 25.0 - 1e-9 {
                    flapping = false;
                }
                prop_assert_eq!(flaps.is_flapping(), flapping, "after {} at {} %", seen, value);
                prop_assert!((f64::from(flaps.hundredths()) / 100.0 - value).abs() < 1e-6);
                prop_assert_eq!(Flaps::from_bits(flaps.bits()), flaps);
            }
        }
    }

    #[test]
    fn nothing_flaps_before_twenty_judgements() {
        let mut flaps = Flaps::default();
        for turn in 1..=19 {
            let judgement = if turn % 2 == 0 { Judgement::Ok } else { Judgement::Critical };
            assert_eq!(flaps.take(judgement), Swing::None, "after {turn}");
        }
        assert_eq!(flaps.take(Judgement::Ok), Swing::Starts);
    }
}
