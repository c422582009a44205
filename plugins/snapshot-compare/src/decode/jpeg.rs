//! JPEG, decoded at the part of its size that is enough.

use jpeg_decoder::{CodingProcess, Decoder, Error, PixelFormat};

use super::{Flaw, luma};
use crate::compare::SIDE;
use crate::plane::Plane;

/// For the coefficients of a progressive picture, which are all kept until its end.
const PROGRESSIVE_BYTES_MAX: u64 = 48 << 20;

/// Each goes over all of the picture. Encoders use about ten.
const SCANS_MAX: usize = 100;

pub(super) fn decode(bytes: &[u8], width: u32, height: u32) -> Result<Plane, Flaw> {
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
    let wanted = |side: u32| u16::try_from(side * SIDE as u32 / longer).unwrap_or(u16::MAX).max(1);
    let (width, height) = decoder.scale(wanted(width), wanted(height)).map_err(flaw)?;
    let points = decoder.decode().map_err(flaw)?;
    let values: Vec<f32> = match info.pixel_format {
        PixelFormat::L8 => points.iter().map(|value| f32::from(*value)).collect(),
        PixelFormat::RGB24 => points.chunks_exact(3).map(|rgb| luma(rgb[0], rgb[1], rgb[2])).collect(),
        PixelFormat::CMYK32 => points
            .chunks_exact(4)
            .map(|ink| {
                let light = |at: usize| 255.0 - f32::from(ink[at]);
                (0.299 * light(0) + 0.587 * light(1) + 0.114 * light(2)) * light(3) / 255.0
            })
            .collect(),
        PixelFormat::L16 => return Err(Flaw::Unsupported),
    };
    let (width, height) = (usize::from(width), usize::from(height));
    if values.len() != width * height {
        return Err(Flaw::Damaged);
    }
    Ok(Plane::new(width, height, values))
}

fn flaw(error: Error) -> Flaw {
    match error {
        Error::Unsupported(_) => Flaw::Unsupported,
        Error::Format(_) | Error::Io(_) | Error::Internal(_) => Flaw::Damaged,
    }
}
