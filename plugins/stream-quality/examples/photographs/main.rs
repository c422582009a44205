//! How often the check finds what is wrong with a picture, and how often it finds what is not.
//!
//! `photographs FOLDER [PICTURES] [SEED]`: the folder holds photographs as JPEG, one of each scene. `SHOW=1` says what was said
//! wrongly, and how what is measured is spread.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for developers"
)]

#[allow(dead_code, reason = "the other evaluation uses the rest")]
#[path = "../../../snapshot-compare/examples/evaluate/render.rs"]
mod render;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use render::{Dice, Photo, Stand};
use watchkeep_plugin_stream_quality::run;
use watchkeep_sdk::picture::encode_at;
use watchkeep_sdk::testing::{Answer, Host};
use watchkeep_sdk::{Report, State};

const ROUTE: &str = "GET http://camera.example.com/snapshot.jpg";
const CONFIG: &str = r#"{ "camera": "http://camera.example.com/snapshot.jpg" }"#;
const KEPT: [&str; 2] = ["usual.coloured", "usual.grey"];
const LEARNED: u64 = 20;

/// What the check keeps from run to run.
type Kept = BTreeMap<&'static str, Vec<u8>>;

/// What is done to a picture, and the findings of which one at least has to be told; none has to be if there is none.
struct Class {
    name: &'static str,
    expected: &'static [&'static str],
    done: fn(&mut Photo, &mut Dice),
}

const CLASSES: [Class; 13] = [
    Class { name: "good, by day", expected: &[], done: |_, _| {} },
    Class {
        name: "good, other light (gain 0.5 to 1.2, gamma 0.7 to 1.5)",
        expected: &[],
        done: |photo, dice| {
            let (gain, gamma) = (dice.within(0.5, 1.2), dice.within(0.7, 1.5));
            each(photo, |value| 255.0 * (value / 255.0).powf(gamma) * gain);
        },
    },
    Class {
        name: "good, by night: grey and noisy (deviation 6 to 10)",
        expected: &[],
        done: |photo, dice| {
            let (gain, noise) = (dice.within(0.5, 0.9), dice.within(6.0, 10.0));
            for point in &mut photo.points {
                let light = 0.299 * point[0] + 0.587 * point[1] + 0.114 * point[2];
                *point = [light * gain + noise * dice.normal(); 3];
            }
        },
    },
    Class {
        name: "blurred, deviation 0.25 to 0.4 % of the width",
        expected: &["sharpness"],
        done: |photo, dice| blur(photo, dice.within(0.0025, 0.004)),
    },
    Class {
        name: "blurred, deviation 0.5 to 1 % of the width",
        expected: &["sharpness"],
        done: |photo, dice| blur(photo, dice.within(0.005, 0.01)),
    },
    Class {
        name: "blurred, deviation 1 to 3 % of the width",
        expected: &["sharpness", "contrast"],
        done: |photo, dice| blur(photo, dice.within(0.01, 0.03)),
    },
    Class {
        name: "black, with noise",
        expected: &["black"],
        done: |photo, dice| {
            let gain = dice.within(0.0, 0.06);
            each(photo, |value| value * gain);
        },
    },
    Class {
        name: "over-exposed, gain 5 to 9",
        expected: &["white", "colour_cast"],
        done: |photo, dice| {
            let gain = dice.within(5.0, 9.0);
            each(photo, |value| value * gain);
        },
    },
    Class {
        name: "fog, 88 to 97 % of it",
        expected: &["contrast", "signal"],
        done: |photo, dice| {
            let (share, fog) = (dice.within(0.88, 0.97), dice.within(110.0, 210.0));
            each(photo, |value| value + (fog - value) * share);
        },
    },
    Class {
        name: "colour cast, one part at 25 to 50 %",
        expected: &["colour_cast"],
        done: |photo, dice| {
            let (part, gain) = (dice.below(3), dice.within(0.25, 0.5));
            photo.points.iter_mut().for_each(|point| point[part] *= gain);
        },
    },
    Class {
        name: "colour cast, grey made pink or green",
        expected: &["colour_cast"],
        done: |photo, dice| {
            let (green, other) = if dice.below(2) == 0 { (0.6, 1.0) } else { (1.0, 0.6) };
            for point in &mut photo.points {
                let light = 0.299 * point[0] + 0.587 * point[1] + 0.114 * point[2];
                *point = [light * other, light * green, light * other];
            }
        },
    },
    Class {
        name: "no signal: one colour, and a text",
        expected: &["signal", "black", "white"],
        done: |photo, dice| {
            let colour = [[0.0, 0.0, 255.0], [128.0; 3], [20.0, 40.0, 190.0], [0.0; 3]][dice.below(4)];
            let (width, height) = (photo.width, photo.height);
            for (at, point) in photo.points.iter_mut().enumerate() {
                let (x, y) = (at % width * 100 / width, at / width * 100 / height);
                let is_text = (35..65).contains(&x) && (46..54).contains(&y) && (x * 7 + y * 3) % 5 < 2;
                *point = if is_text { [235.0; 3] } else { colour };
            }
        },
    },
    Class {
        name: "colour bars",
        expected: &["test_picture"],
        done: |photo, dice| {
            let on = [191.0, 255.0][dice.below(2)];
            let width = photo.width;
            for (at, point) in photo.points.iter_mut().enumerate() {
                let code = [7_u8, 6, 3, 2, 5, 4, 1][(at % width) * 7 / width];
                *point = [4, 2, 1].map(|bit| if code & bit > 0 { on } else { 0.0 });
            }
        },
    },
];

fn each(photo: &mut Photo, change: impl Fn(f32) -> f32) {
    photo.points.iter_mut().flatten().for_each(|value| *value = change(*value));
}

fn blur(photo: &mut Photo, share: f32) {
    *photo = photo.blurred(share * photo.width as f32);
}

/// As a camera sees it now: a little light more or less, noise, and its compression.
fn taken(photo: &Photo, class: &Class, dice: &mut Dice) -> Vec<u8> {
    let mut photo = photo.clone();
    (class.done)(&mut photo, dice);
    let (gain, noise, coarse) = (dice.within(0.93, 1.07), dice.within(0.5, 3.0), 15 + dice.below(50) as u32);
    for value in photo.points.iter_mut().flatten() {
        *value = (*value * gain + noise * dice.normal()).round().clamp(0.0, 255.0);
    }
    encode_at(photo.width, photo.height, coarse, |x, y| photo.points[y * photo.width + x])
}

/// The widest picture that the photograph has room for, up to 1280 by 720.
fn framed(photo: &Photo) -> Photo {
    let (width, height) = (photo.width as f32, photo.height as f32);
    let shown = width.min(height * 16.0 / 9.0) * 0.98;
    let own = (shown as usize).min(1280);
    Stand {
        x: width / 2.0,
        y: height / 2.0,
        step: shown / own as f32,
        degrees: 0.0,
        width: own,
        height: own * 9 / 16,
    }
    .take(photo)
}

fn judged(picture: Vec<u8>, kept: &Kept) -> (Report, Kept, Duration) {
    let mut host =
        Host::new().answer(ROUTE, Answer::status(200).header("content-type", "image/jpeg").body(picture));
    for (key, value) in kept {
        host = host.kv(key, value);
    }
    let begun = Instant::now();
    let ran = host.check(run, CONFIG);
    let took = begun.elapsed();
    let keeps = KEPT.into_iter().filter_map(|key| Some((key, ran.kv(key)?.to_vec()))).collect();
    (ran.report().clone(), keeps, took)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the first argument is a folder of photographs"));
    let mut number = |default: u64| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (pictures, seed) = (number(10), number(1));
    let is_shown = std::env::var_os("SHOW").is_some();
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let scenes: Vec<(String, Photo, Kept)> = paths
        .iter()
        .enumerate()
        .map(|(at, path)| {
            let photo = framed(&Photo::read(path));
            let mut kept = BTreeMap::new();
            for (season, class) in [&CLASSES[0], &CLASSES[2]].into_iter().enumerate() {
                let mut dice = Dice::new(seed << 40 | 0xff << 32 | (at as u64) << 16 | (season as u64) << 8);
                for _ in 0..LEARNED {
                    kept.extend(judged(taken(&photo, class, &mut dice), &kept).1);
                }
            }
            (path.file_stem().unwrap().to_string_lossy().into_owned(), photo, kept)
        })
        .collect();
    println!("{} scenes, {pictures} pictures of each and class, seed {seed}\n", scenes.len());
    println!(
        "| the picture | expected | pictures | right | told as something else | told beside it |\n| --- | --- | --- | --- | --- | --- |"
    );
    let mut spent = (Duration::ZERO, 0);
    for (number, class) in CLASSES.iter().enumerate() {
        let (mut right, mut all) = (0_u32, 0_u32);
        let (mut else_said, mut beside) =
            (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
        let mut spread: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (at, (scene, photo, kept)) in scenes.iter().enumerate() {
            for picture in 0..pictures {
                let mut dice = Dice::new(seed << 40 | (number as u64) << 32 | (at as u64) << 16 | picture);
                let (report, _, took) = judged(taken(photo, class, &mut dice), kept);
                spent = (spent.0 + took, spent.1 + 1);
                all += 1;
                let said: Vec<&str> = report
                    .findings
                    .iter()
                    .filter(|found| found.state != State::Ok)
                    .map(|found| &*found.key)
                    .collect();
                let is_right = match class.expected {
                    [] => said.is_empty(),
                    expected => said.iter().any(|key| expected.contains(key)),
                };
                right += u32::from(is_right);
                let rest: Vec<&str> =
                    said.iter().copied().filter(|key| !class.expected.contains(key)).collect();
                let into = if is_right { &mut beside } else { &mut else_said };
                for key in if rest.is_empty() && !is_right { vec!["nothing"] } else { rest } {
                    *into.entry(key.to_owned()).or_default() += 1;
                }
                let of = |name: &str| report.value(name);
                if let (Some(own), Some(usual)) =
                    (of("quality_sharpness_ratio"), of("quality_sharpness_usual_ratio"))
                {
                    spread.entry("relative_sharpness_ratio".to_owned()).or_default().push(own / usual);
                }
                for metric in &report.metrics {
                    spread.entry(metric.name.clone()).or_default().push(metric.value);
                }
                if is_shown && (!is_right || !said.is_empty() && class.expected.is_empty()) {
                    println!("    {scene} {picture}: {}", report.summary);
                }
            }
        }
        if is_shown {
            for (name, values) in spread.iter_mut().filter(|(name, _)| name.ends_with("_ratio")) {
                values.sort_by(f64::total_cmp);
                let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
                println!(
                    "    {name}: {:.3} {:.3} {:.3} {:.3} {:.3} of {}",
                    at(0.0),
                    at(0.05),
                    at(0.5),
                    at(0.95),
                    at(1.0),
                    values.len()
                );
            }
        }
        println!(
            "| {} | {} | {all} | {:.1} % | {else_said:?} | {beside:?} |",
            class.name,
            if class.expected.is_empty() { "nothing".to_owned() } else { class.expected.join(" or ") },
            100.0 * f64::from(right) / f64::from(all)
        );
    }
    println!("\n{:?} for each picture", spent.0 / spent.1.max(1));
}
