//! Pictures in every form that cameras send them in.

mod hostile;

use miniz_oxide::deflate::compress_to_vec_zlib;
use watchkeep_sdk::picture::{Plane, decode, decode_colours, encode_at};

const WIDTH: usize = 96;
const HEIGHT: usize = 72;

/// What all of `tests/pictures` show.
fn light(x: usize, y: usize) -> u8 {
    (((x / 12) * 7 + (y / 9) * 5) % 11 * 23) as u8
}

#[track_caller]
fn shows_it(what: &str, bytes: &[u8], most: f32) {
    shows(what, bytes, most, light);
}

#[track_caller]
fn shows(what: &str, bytes: &[u8], most: f32, light: impl Fn(usize, usize) -> u8) {
    let decoded = decode(bytes, 400).unwrap_or_else(|why| panic!("{what}: {why}"));
    assert_eq!((decoded.width, decoded.height), (WIDTH as u32, HEIGHT as u32), "{what}");
    let Plane { width, height, values } = decoded.points;
    assert_eq!((width, height), (WIDTH, HEIGHT), "{what}");
    let differs: f32 = values
        .iter()
        .enumerate()
        .map(|(at, value)| (value - f32::from(light(at % WIDTH, at / WIDTH))).abs())
        .sum();
    let differs = differs / values.len() as f32;
    assert!(differs < most, "{what} differs by {differs} on the mean");
}

#[test]
fn jpegs_of_all_kinds_are_decoded() {
    for (what, bytes) in [
        ("baseline", &include_bytes!("../../pictures/baseline.jpg")[..]),
        ("progressive", include_bytes!("../../pictures/progressive.jpg")),
        ("grey", include_bytes!("../../pictures/grey.jpg")),
        ("CMYK", include_bytes!("../../pictures/cmyk.jpg")),
        ("restart markers", include_bytes!("../../pictures/restarts.jpg")),
    ] {
        shows_it(what, bytes, 3.0);
    }
    let own = encode_at(WIDTH, HEIGHT, 20, |x, y| [f32::from(light(x, y)); 3]);
    shows_it("our own", &own, 3.0);
}

#[test]
fn pngs_of_all_kinds_are_decoded() {
    shows_it("palette", include_bytes!("../../pictures/palette.png"), 0.6);
    shows_it("grey", include_bytes!("../../pictures/grey.png"), 0.01);
    for depth in [8, 16] {
        for colour in [0, 2, 4, 6] {
            for is_interlaced in [false, true] {
                let what = format!("colour {colour}, {depth} bits, interlaced {is_interlaced}");
                shows_it(&what, &png(colour, depth, is_interlaced), 0.6);
            }
        }
    }
    // Noise, in which each filter has all cases.
    let noise = |x: usize, y: usize| ((x * 7_919 + y * 104_729 + x * y * 31) % 251 / 60 * 60) as u8;
    shows("noise", &png_of(0, 8, false, noise), 0.01, noise);
    shows("noise in colours", &png_of(2, 8, true, noise), 0.01, noise);
    // With few bits, as near as they come.
    for (depth, most) in [(1, 64.0), (2, 24.0), (4, 5.0)] {
        shows_it(&format!("{depth} bits"), &png(0, depth, false), most);
        shows_it(&format!("{depth} bits, interlaced"), &png(0, depth, true), most);
    }
}

/// Written by another hand than the plugin's.
pub(crate) fn png(colour: u8, depth: u8, is_interlaced: bool) -> Vec<u8> {
    png_of(colour, depth, is_interlaced, light)
}

fn png_of(colour: u8, depth: u8, is_interlaced: bool, light: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    let passes: &[[usize; 4]] = match is_interlaced {
        true => &[
            [0, 0, 8, 8],
            [4, 0, 8, 8],
            [0, 4, 4, 8],
            [2, 0, 4, 4],
            [0, 2, 2, 4],
            [1, 0, 2, 2],
            [0, 1, 1, 2],
        ],
        false => &[[0, 0, 1, 1]],
    };
    let samples = [1, 0, 3, 0, 2, 0, 4][usize::from(colour)];
    let step = (samples * usize::from(depth)).div_ceil(8);
    let mut raw = Vec::new();
    for [left, top, along, down] in passes {
        let mut before = Vec::new();
        for (number, y) in (*top..HEIGHT).step_by(*down).enumerate() {
            let mut row = Vec::new();
            let (mut held, mut bits) = (0_u8, 0);
            for x in (*left..WIDTH).step_by(*along) {
                let value = light(x, y);
                match (depth, colour) {
                    (8, _) => row.extend(sample(colour, value)),
                    (16, _) => row.extend(sample(colour, value).into_iter().flat_map(|one| [one, 0x80])),
                    (_, _) => {
                        let most = (1_u16 << depth) - 1;
                        let own = (u16::from(value) * most + 127) / 255;
                        held = held << depth | own as u8;
                        bits += depth;
                        if bits == 8 {
                            row.push(held);
                            (held, bits) = (0, 0);
                        }
                    }
                }
            }
            if bits > 0 {
                row.push(held << (8 - bits));
            }
            before.resize(row.len(), 0);
            let filter = (number % 5) as u8;
            raw.push(filter);
            raw.extend((0..row.len()).map(|at| {
                let left = |row: &[u8]| if at >= step { row[at - step] } else { 0 };
                let (a, b, c) = (left(&row), before[at], left(&before));
                let guess = match filter {
                    0 => 0,
                    1 => a,
                    2 => b,
                    3 => ((u16::from(a) + u16::from(b)) / 2) as u8,
                    _ => {
                        let p = i32::from(a) + i32::from(b) - i32::from(c);
                        let away = |other: u8| (p - i32::from(other)).abs();
                        [a, b, c].into_iter().min_by_key(|other| away(*other)).unwrap()
                    }
                };
                row[at].wrapping_sub(guess)
            }));
            before = row;
        }
    }
    file(
        WIDTH as u32,
        HEIGHT as u32,
        [depth, colour, u8::from(is_interlaced)],
        &compress_to_vec_zlib(&raw, 6),
    )
}

fn sample(colour: u8, value: u8) -> Vec<u8> {
    match colour {
        0 => vec![value],
        2 => vec![value; 3],
        4 => vec![value, value / 2],
        _ => vec![value, value, value, value / 2],
    }
}

/// The data in two parts.
pub(crate) fn file(width: u32, height: u32, [depth, colour, interlace]: [u8; 3], packed: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8], content: &[u8]| {
        file.extend((content.len() as u32).to_be_bytes());
        file.extend(kind);
        file.extend(content);
        file.extend([0; 4]);
    };
    let mut head = Vec::new();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([depth, colour, 0, 0, interlace]);
    chunk(b"IHDR", &head);
    let (first, second) = packed.split_at(packed.len() / 2);
    chunk(b"IDAT", first);
    chunk(b"IDAT", second);
    chunk(b"IEND", &[]);
    file
}

#[test]
fn colours_are_those_of_the_picture() {
    let colour =
        |x: usize, y: usize| [40 + 2 * (x as u8 / 2), 200 - y as u8, if x < WIDTH / 2 { 30 } else { 220 }];
    let jpeg = encode_at(WIDTH, HEIGHT, 10, |x, y| colour(x, y).map(f32::from));
    let decoded = decode_colours(&jpeg, 400).unwrap();
    assert_eq!((decoded.points.width, decoded.points.height), (WIDTH, HEIGHT));
    let differs = |at: usize, own: [u8; 3]| {
        own.into_iter()
            .zip(colour(at % WIDTH, at / WIDTH))
            .map(|(own, wanted)| u32::from(own.abs_diff(wanted)))
            .sum::<u32>()
    };
    let sum: u32 = decoded.points.values.iter().enumerate().map(|(at, own)| differs(at, *own)).sum();
    assert!(sum < 3 * 3 * (WIDTH * HEIGHT) as u32, "{sum}");
    for picture in [png(2, 8, false), png(6, 16, true), png(0, 8, false)] {
        let decoded = decode_colours(&picture, 400).unwrap().points;
        let wanted = |at: usize| light(at % WIDTH, at / WIDTH);
        assert!(decoded.values.iter().enumerate().all(|(at, own)| *own == [wanted(at); 3]));
    }
    // A large picture is decoded at a part of its size, in colours as in brightness.
    let large = encode_at(1_600, 1_000, 50, |x, _| [x as f32 / 8.0, 0.0, 0.0]);
    let (one, two) = (decode(&large, 400).unwrap().points, decode_colours(&large, 400).unwrap().points);
    assert_eq!(((one.width, one.height), (two.width, two.height)), ((400, 250), (400, 250)));
}
