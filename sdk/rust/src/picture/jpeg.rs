//! JPEG, decoded at the part of its size that is enough.

use jpeg_decoder::{CodingProcess, Decoder, Error, PixelFormat};

use super::decode::{Flaw, Points, Tone};

/// For the coefficients of a progressive picture, which are all kept until its end.
const PROGRESSIVE_BYTES_MAX: u64 = 48 << 20;
/// Each goes over all of the picture. Encoders use about ten.
const SCANS_MAX: usize = 100;

pub(super) fn decode<const N: usize>(
    bytes: &[u8],
    [width, height]: [u32; 2],
    side: u32,
    tone: impl Tone<N>,
) -> Result<Points<N>, Flaw> {
    if bytes.windows(2).filter(|two| *two == [0xff, 0xda]).count() > SCANS_MAX {
        return Err(Flaw::Damaged);
    }
    let mut decoder = Decoder::new(bytes);
    decoder.read_info().map_err(flaw)?;
    let info = decoder.info().ok_or(Flaw::Damaged)?;
    // The sizes that were looked at are those of another frame.
    if (u32::from(info.width), u32::from(info.height)) != (width, height) {
        return Err(Flaw::Damaged);
    }
    let components = info.pixel_format.pixel_bytes() as u64;
    match info.coding_process {
        CodingProcess::DctSequential => {}
        CodingProcess::DctProgressive => {
            if u64::from(width) * u64::from(height) * components * 2 > PROGRESSIVE_BYTES_MAX {
                return Err(Flaw::Large);
            }
        }
        CodingProcess::Lossless => return Err(Flaw::Unsupported),
    }
    let longer = width.max(height);
    let wanted = |length: u32| u16::try_from(length * side / longer).unwrap_or(u16::MAX).max(1);
    let (width, height) = decoder.scale(wanted(width), wanted(height)).map_err(flaw)?;
    let points = decoder.decode().map_err(flaw)?;
    let values: Vec<[f32; N]> = match info.pixel_format {
        PixelFormat::L8 => points.iter().map(|grey| tone(*grey, *grey, *grey)).collect(),
        PixelFormat::RGB24 => points.chunks_exact(3).map(|rgb| tone(rgb[0], rgb[1], rgb[2])).collect(),
        PixelFormat::CMYK32 => {
            let light = |ink: u8, black: u8| (u16::from(255 - ink) * u16::from(255 - black) / 255) as u8;
            let of = |ink: &[u8]| tone(light(ink[0], ink[3]), light(ink[1], ink[3]), light(ink[2], ink[3]));
            points.chunks_exact(4).map(of).collect()
        }
        PixelFormat::L16 => return Err(Flaw::Unsupported),
    };
    let (width, height) = (usize::from(width), usize::from(height));
    if values.len() != width * height {
        return Err(Flaw::Damaged);
    }
    Ok(Points { width, height, values })
}

fn flaw(error: Error) -> Flaw {
    match error {
        Error::Unsupported(_) => Flaw::Unsupported,
        Error::Format(_) | Error::Io(_) | Error::Internal(_) => Flaw::Damaged,
    }
}
