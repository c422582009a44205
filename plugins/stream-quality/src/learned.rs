//! How sharp this camera's pictures usually are, and which colours they have. The first twenty that can be judged say so, by day and by night apart; after
//! that it does not move, so that a lens that becomes dirty in a year is told.

use watchkeep_sdk::prelude::*;

/// Pictures that are learned from.
const PICTURES: usize = 20;

/// By day cameras send colours, by night grey.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Coloured,
    Grey,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Kind::Coloured => "usual.coloured",
            Kind::Grey => "usual.grey",
        }
    }
}

/// Of one picture, or what is usual.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Usual {
    pub(crate) sharpness: f64,
    /// As `Colour::mean`.
    pub(crate) mean: [f64; 2],
}

/// What was learned so far.
pub(crate) struct Learned {
    kind: Kind,
    /// Camera, lens and size of the picture; what was learned of another is forgotten.
    of: String,
    pictures: Vec<Usual>,
}

impl Learned {
    pub(crate) fn read(kind: Kind, lens: &str, width: u32, height: u32) -> Learned {
        let of = format!("{width}x{height} {lens}");
        let text = kv::get_text(kind.key()).unwrap_or_default();
        let pictures = match text.split_once('\n') {
            Some((known, pictures)) if known == of => {
                pictures.lines().filter_map(picture).take(PICTURES).collect()
            }
            Some(_) | None => Vec::new(),
        };
        Learned { kind, of, pictures }
    }
    /// The medians, once enough was seen.
    pub(crate) fn usual(&self) -> Option<Usual> {
        let median = |of: fn(&Usual) -> f64| {
            let mut values: Vec<f64> = self.pictures.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.get(PICTURES / 2).copied().unwrap_or_default()
        };
        let blue_and_red = [median(|picture| picture.mean[0]), median(|picture| picture.mean[1])];
        (self.missing() == 0)
            .then(|| Usual { sharpness: median(|picture| picture.sharpness), mean: blue_and_red })
    }
    /// How many pictures are missing.
    pub(crate) fn missing(&self) -> usize {
        PICTURES.saturating_sub(self.pictures.len())
    }
    pub(crate) fn learn(mut self, picture: Usual) -> Result<(), Fault> {
        if self.missing() == 0 {
            return Ok(());
        }
        self.pictures.push(picture);
        let mut text = self.of;
        for Usual { sharpness, mean: [blue, red] } in &self.pictures {
            text.push_str(&format!("\n{sharpness:.4} {blue:.4} {red:.4}"));
        }
        let kept = kv::set(self.kind.key(), text);
        kept.map(|_| ()).map_err(|_| Fault::other("what the pictures are like could not be kept"))
    }
}

fn picture(line: &str) -> Option<Usual> {
    let mut numbers =
        line.split(' ').map(|number| number.parse().ok().filter(|number: &f64| number.is_finite()));
    let mut next = || numbers.next().flatten();
    Some(Usual { sharpness: next()?, mean: [next()?, next()?] })
}
