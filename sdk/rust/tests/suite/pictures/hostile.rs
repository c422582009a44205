//! Pictures that lie, break off, or are as large as a bomb.

use miniz_oxide::deflate::compress_to_vec_zlib;
use watchkeep_sdk::picture::{Plane, decode};

use super::{file, png};

struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

/// With this size in its head.
fn claiming(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let at = jpeg.windows(2).position(|two| matches!(two, [0xff, 0xc0 | 0xc2])).unwrap();
    jpeg[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[track_caller]
fn refused(bytes: &[u8], said: &str) {
    let why = decode(bytes, 400).unwrap_err();
    assert!(why.contains(said), "`{said}` is not in: {why}");
}

#[test]
fn bombs_are_refused_by_what_their_head_says() {
    let bomb = claiming(include_bytes!("../../pictures/baseline.jpg").to_vec(), 65_535, 65_535);
    refused(&bomb, "its JPEG has 65535x65535 pixels; at most 16 million are decoded");
    let wide = claiming(include_bytes!("../../pictures/baseline.jpg").to_vec(), 20_000, 100);
    refused(&wide, "20000x100 pixels");
    let progressive = claiming(include_bytes!("../../pictures/progressive.jpg").to_vec(), 4_000, 4_000);
    refused(&progressive, "takes more memory than a run has; hint: let the camera send baseline");
    refused(&file(1 << 31, 1 << 31, [8, 2, 0], &[]), "its PNG");
    refused(&file(65_535, 65_535, [8, 2, 0], &compress_to_vec_zlib(&[0; 99], 6)), "65535x65535 pixels");
    // A thousand times all over the picture.
    let whole = include_bytes!("../../pictures/progressive.jpg");
    let last = whole.windows(2).rposition(|two| two == [0xff, 0xda]).unwrap();
    let end = whole.len() - 2;
    let scans = [&whole[..end], &whole[last..end].repeat(1_000), &whole[end..]].concat();
    refused(&scans, "is damaged and cannot be decoded");
    // A megabyte of nothing in a few bytes, and a picture that wants more than that.
    let nothing = compress_to_vec_zlib(&vec![0; 1 << 20], 9);
    refused(&file(4_000, 4_000, [8, 2, 0], &nothing), "is damaged");
    assert!(decode(&file(512, 512, [8, 2, 0], &nothing), 400).is_ok());
}

#[test]
fn small_pictures_are_refused() {
    for (width, height) in [(1, 1), (63, 600), (600, 63)] {
        let small = claiming(include_bytes!("../../pictures/baseline.jpg").to_vec(), width, height);
        refused(&small, &format!("{width}x{height} pixels; at least 64x64 are needed"));
    }
    refused(&claiming(include_bytes!("../../pictures/baseline.jpg").to_vec(), 0, 64), "has no size");
}

#[test]
fn what_is_cut_or_damaged_is_an_error_or_a_picture_and_never_a_panic() {
    let mut dice = Dice(3);
    let pictures: [Vec<u8>; 6] = [
        include_bytes!("../../pictures/baseline.jpg").to_vec(),
        include_bytes!("../../pictures/progressive.jpg").to_vec(),
        include_bytes!("../../pictures/cmyk.jpg").to_vec(),
        include_bytes!("../../pictures/restarts.jpg").to_vec(),
        png(2, 8, true),
        png(0, 4, false),
    ];
    for picture in &pictures {
        for end in (0..picture.len()).step_by(37) {
            assert!(decode(&picture[..end], 400).is_err(), "{end} of {} bytes", picture.len());
        }
        for _ in 0..400 {
            let mut damaged = picture.clone();
            for _ in 0..1 + (dice.unit() * 4.0) as usize {
                let at = (dice.unit() * damaged.len() as f32) as usize % damaged.len();
                damaged[at] = (dice.unit() * 256.0) as u8;
            }
            if let Ok(decoded) = decode(&damaged, 400) {
                let Plane { width, height, values } = &decoded.points;
                assert_eq!(values.len(), width * height);
                assert!(values.iter().all(|value| (0.0..=255.5).contains(value)));
            }
        }
    }
}

#[test]
fn lengths_that_lie_are_errors() {
    let picture = include_bytes!("../../pictures/baseline.jpg");
    for (at, _) in picture.windows(2).enumerate().filter(|(_, two)| two[0] == 0xff && two[1] >= 0xc0) {
        for lie in [0_u16, 1, 2, 3, 0x7fff, 0xffff] {
            let mut lying = picture.to_vec();
            let Some(length) = lying.get_mut(at + 2..at + 4) else { continue };
            length.copy_from_slice(&lie.to_be_bytes());
            let _ = decode(&lying, 400);
        }
    }
    let mut lying = png(2, 8, false);
    lying[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
    refused(&lying, "its PNG breaks off");
}
