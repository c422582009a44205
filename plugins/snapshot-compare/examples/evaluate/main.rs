//! How often the check finds what happened to a camera, and how often it finds what did not.
//!
//! `evaluate FOLDER [PAIRS] [SEED] [CLASS]`: the folder holds photographs as JPEG, one of each scene.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for developers"
)]

mod classes;
mod render;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use classes::{CLASSES, Class, Expected};
use render::{Dice, Photo, Stand};
use watchkeep_plugin_snapshot_compare::Limits;
use watchkeep_plugin_snapshot_compare::parts::{Look, STRUCTURED_MIN, aspects, compare, decode, look};
use watchkeep_sdk::State;

const WIDTH_MAX: f32 = 960.0;

/// What the check says of a pair: keys of what is wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Said {
    NotJudged,
    Wrong(Vec<&'static str>),
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the first argument is a folder of photographs"));
    let mut number = |default: u64| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (pairs, seed) = (number(10), number(1));
    let only = arguments.next();
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let scenes: Vec<(String, Photo)> = paths
        .iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), Photo::read(path)))
        .collect();
    let limits: Limits =
        watchkeep_sdk::config::parse("{}").unwrap_or_else(|_| panic!("all limits have defaults"));
    let mut confusion = BTreeMap::new();
    let mut spent = (Duration::ZERO, 0);
    println!("{} scenes, {pairs} pairs of each and class, seed {seed}\n", scenes.len());
    println!(
        "| what happened | expected | pairs | right | 95 % interval | not judged | else |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for (number, class) in CLASSES.iter().enumerate() {
        if only.as_ref().is_some_and(|only| !class.name.contains(only.as_str())) {
            continue;
        }
        let (mut right, mut all, mut dark) = (0, 0, 0);
        let mut changed: Vec<f32> = Vec::new();
        let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
        let mut scenes_wrong: BTreeMap<&str, usize> = BTreeMap::new();
        for (at, (scene, photo)) in scenes.iter().enumerate() {
            for pair in 0..pairs {
                let mut dice = Dice::new(seed << 40 | (number as u64) << 32 | (at as u64) << 16 | pair);
                let other = &scenes[(at + 1 + dice.below(scenes.len() - 1)) % scenes.len()].1;
                let Some((first, second)) = rendered(class, photo, other, &mut dice) else { continue };
                let begun = Instant::now();
                let said = judged(&first, &second, &limits);
                spent = (spent.0 + begun.elapsed(), spent.1 + 1);
                let Some((said, detail, share)) = said else { continue };
                if said == Said::NotJudged && class.expected != Expected::NotJudged {
                    dark += 1;
                    continue;
                }
                all += 1;
                changed.push(share);
                let is_right = is_right(class.expected, &said);
                right += usize::from(is_right);
                *confusion.entry((class.expected as u8, said.clone())).or_insert(0) += 1;
                if !is_right {
                    *wrong.entry(format!("{said:?}")).or_default() += 1;
                    *scenes_wrong.entry(scene).or_default() += 1;
                    if std::env::var_os("SHOW").is_some() {
                        println!("    {scene} {pair}: {said:?} {detail}");
                        if let Some(folder) = std::env::var_os("KEEP").map(PathBuf::from) {
                            std::fs::write(folder.join(format!("{number}-{scene}-{pair}-a.jpg")), &first)
                                .unwrap();
                            std::fs::write(folder.join(format!("{number}-{scene}-{pair}-b.jpg")), &second)
                                .unwrap();
                        }
                    }
                }
            }
        }
        let (low, high) = wilson(right, all);
        if std::env::var_os("SHOW").is_some() {
            changed.sort_by(f32::total_cmp);
            let at =
                |share: f32| changed.get((changed.len() as f32 * share) as usize).copied().unwrap_or(1.0);
            println!("    changed: {:.2} {:.2} {:.2} {:.2}", at(0.01), at(0.05), at(0.95), at(0.99));
        }
        println!(
            "| {} | {:?} | {all} | {:.2} % | {:.2} to {:.2} % | {dark} | {wrong:?} {scenes_wrong:?} |",
            class.name,
            class.expected,
            100.0 * right as f64 / all.max(1) as f64,
            100.0 * low,
            100.0 * high
        );
    }
    println!();
    precisions(&confusion);
    println!("\n{:?} for each comparison", spent.0 / spent.1.max(1));
}

/// Of what is said of each kind, how much is right.
fn precisions(confusion: &BTreeMap<(u8, Said), usize>) {
    println!("| said | times | precision | 95 % interval |\n| --- | --- | --- | --- |");
    for (key, expected) in [
        ("position", vec![Expected::Position, Expected::Anything]),
        ("content", vec![Expected::Content, Expected::Anything]),
        ("view", vec![Expected::View]),
        ("sharpness", vec![Expected::Sharpness]),
        ("anything", vec![]),
    ] {
        let (mut right, mut all) = (0, 0);
        for ((of, said), count) in confusion {
            let Said::Wrong(keys) = said else { continue };
            if keys.contains(&key) || (key == "anything" && !keys.is_empty()) {
                all += count;
                let is_right = match key {
                    "anything" => *of != Expected::Nothing as u8,
                    _ => expected.iter().any(|expected| *expected as u8 == *of),
                };
                right += count * usize::from(is_right);
            }
        }
        let (low, high) = wilson(right, all);
        println!(
            "| {key} | {all} | {:.2} % | {:.2} to {:.2} % |",
            100.0 * right as f64 / all.max(1) as f64,
            100.0 * low,
            100.0 * high
        );
    }
}

fn rendered(class: &Class, photo: &Photo, other: &Photo, dice: &mut Dice) -> Option<(Vec<u8>, Vec<u8>)> {
    let tall = [9.0 / 16.0, 3.0 / 4.0][dice.below(2)];
    let moved = (class.moves)(dice);
    let mut room = 0.8;
    for _ in 0..400 {
        room = f32::max(room * 0.995, 0.45);
        let covered =
            (photo.width as f32 * room).min(photo.height as f32 * room / tall) * dice.within(0.8, 1.0);
        let width = covered.min(WIDTH_MAX) as usize;
        let stand = Stand {
            x: dice.unit() * photo.width as f32,
            y: dice.unit() * photo.height as f32,
            step: covered / width as f32,
            degrees: 0.0,
            width,
            height: (width as f32 * tall) as usize,
        };
        let angle = dice.within(0.0, core::f32::consts::TAU);
        let zoom = if dice.sign() > 0.0 { 1.0 + moved.zoom } else { 1.0 / (1.0 + moved.zoom) };
        let then = Stand {
            x: stand.x + moved.shift * covered * angle.cos(),
            y: stand.y + moved.shift * covered * angle.sin(),
            step: stand.step * zoom,
            degrees: moved.degrees,
            ..stand
        };
        if !stand.fits(photo) || !then.fits(photo) {
            continue;
        }
        let first = stand.take(photo);
        // A photograph has parts without anything in them, at which nobody points a camera.
        if !shows_something(&first) {
            continue;
        }
        let mut second = then.take(photo);
        (class.happens)(&mut second, other, dice);
        let (light, later) = (classes::usual(dice), (class.light)(dice));
        let mut first = first;
        return Some((classes::exposed(&mut first, light, dice), classes::exposed(&mut second, later, dice)));
    }
    None
}

/// At least a third of its fields have some structure.
fn shows_something(photo: &Photo) -> bool {
    let (mut some, mut all) = (0, 0);
    for row in 0..9 {
        for column in 0..16 {
            let (left, right) = (column * photo.width / 16, (column + 1) * photo.width / 16);
            let (top, bottom) = (row * photo.height / 9, (row + 1) * photo.height / 9);
            let (mut sum, mut square, mut count) = (0.0_f32, 0.0_f32, 0.0_f32);
            for y in top..bottom {
                for x in left..right {
                    let value = photo.points[y * photo.width + x][1];
                    sum += value;
                    square += value * value;
                    count += 1.0;
                }
            }
            let power = square / count - (sum / count) * (sum / count);
            some += u32::from(power > 60.0);
            all += 1;
        }
    }
    some * 3 >= all
}

fn judged(first: &[u8], second: &[u8], limits: &Limits) -> Option<(Said, String, f32)> {
    let (first, second) = (decode(first).unwrap(), decode(second).unwrap());
    if look(&first.points, limits) != Look::Picture {
        return None;
    }
    match look(&second.points, limits) {
        Look::Dark => return Some((Said::NotJudged, String::new(), 0.0)),
        Look::Blank => return Some((Said::Wrong(vec!["view"]), "blank".to_owned(), 1.0)),
        Look::Picture => {}
    }
    let comparison = compare(&first.points, &second.points, &[]);
    let detail = format!(
        "{:?} shift {:.2} % rotation {:.2} zoom {:.3} changed {:.2} lost {:.2} similarity {:.2} sharpness {:.2} structured {}",
        comparison.motion.is_some(),
        comparison.motion.map_or(0.0, |motion| motion.distance() * 100.0),
        comparison.motion.map_or(0.0, |motion| motion.degrees()),
        comparison.motion.map_or(0.0, |motion| motion.zoom()),
        comparison.changed(),
        comparison.lost,
        comparison.similarity,
        comparison.sharpness,
        comparison.structured
    );
    if comparison.structured < STRUCTURED_MIN {
        return Some((Said::NotJudged, detail, 0.0));
    }
    let aspects = aspects(&comparison, limits, first.width);
    let wrong = aspects.iter().filter(|aspect| aspect.state != State::Ok).map(|aspect| aspect.key).collect();
    Some((Said::Wrong(wrong), detail, comparison.changed()))
}

fn is_right(expected: Expected, said: &Said) -> bool {
    let Said::Wrong(keys) = said else { return expected == Expected::NotJudged };
    match expected {
        Expected::Nothing => keys.is_empty(),
        Expected::Position => keys.contains(&"position"),
        Expected::Content => keys.contains(&"content"),
        Expected::View => keys.contains(&"view"),
        Expected::Sharpness => keys.contains(&"sharpness"),
        Expected::Anything => !keys.is_empty(),
        Expected::NotJudged => false,
    }
}

fn wilson(right: usize, all: usize) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (share, count, z) = (right as f64 / all as f64, all as f64, 1.96);
    let middle = share + z * z / (2.0 * count);
    let half = z * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
    let whole = 1.0 + z * z / count;
    ((middle - half) / whole, ((middle + half) / whole).min(1.0))
}
