//! Pictures that are decoded: JPEG and PNG to brightness or colours, and back to JPEG. Feature `picture`.
//!
//! ```
//! use watchkeep_sdk::picture;
//!
//! let file = picture::encode(96, 64, |x, _| [x as f32, 0.0, 0.0]);
//! let decoded = picture::decode(&file, 400).unwrap();
//! assert_eq!((decoded.width, decoded.height, decoded.points.values.len()), (96, 64, 96 * 64));
//! assert!(picture::decode(b"<html>", 400).unwrap_err().contains("web page"));
//! ```

mod decode;
mod encode;
mod jpeg;
mod mask;
mod plane;
mod png;
mod source;

pub use decode::{Colours, Decoded, decode, decode_colours, luma};
pub use encode::{encode, encode_at};
pub use mask::{MASKS_MAX, Mask};
pub use plane::Plane;
pub use source::{
    Access, Missing, PICTURE_BYTES_MAX, Series, Taken, is_without_login, missing, span_in_days,
};
