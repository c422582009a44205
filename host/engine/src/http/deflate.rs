//! Deflate and the two formats around it, gzip and zlib. Some servers forget what should follow the data, or send more
//! than that. Browsers ignore both, so it is only noted. A checksum that is there is verified, and data that breaks off
//! counts as cut.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::coding::PIECE_BYTES;
use super::leniences::Leniences;
use crate::call::{OverBudget, Pace};

/// Why there is no more of it.
type Ended = Result<(), String>;

/// The size of CRC and length.
const GZIP_END_BYTES: usize = 8;
const ZLIB_BEGIN_BYTES: usize = 2;

/// Decodes one member or several, as far as there is room, and one byte more if there is more.
pub(super) async fn gzip(
    coded: &[u8],
    into: &mut Vec<u8>,
    most: usize,
    leniences: &Leniences,
    pace: &mut Pace,
) -> Result<Ended, OverBudget> {
    let Some(mut data) = behind_gzip_header(coded) else {
        return Ok(Err("it does not begin as gzip does".to_owned()));
    };
    let mut inflater = Inflater::new();
    loop {
        let begin = into.len();
        let behind = match inflater.inflate(data, into, most, pace).await? {
            Inflated::Whole { behind } => behind,
            Inflated::NoRoom => return Ok(Ok(())),
            Inflated::Broken(why) => return Ok(Err(why.to_owned())),
        };
        let Some((end, behind)) = behind.split_at_checked(GZIP_END_BYTES) else {
            leniences.note("the checksum and length behind a gzip body are missing");
            return Ok(Ok(()));
        };
        let mut sum = Crc::new();
        for piece in into[begin..].chunks(PIECE_BYTES) {
            sum.update(piece);
            pace.step().await?;
        }
        if end != [sum.sum().to_le_bytes(), sum.amount().to_le_bytes()].concat() {
            return Ok(Err(WRONG_SUM.to_owned()));
        }
        pace.step().await?;
        match behind_gzip_header(behind) {
            Some(next) => data = next,
            None => return Ok(nothing_more(behind, "gzip", leniences)),
        }
    }
}

/// Servers mean one of two formats by this name: with zlib's two bytes before the data, or without.
pub(super) async fn deflate(
    coded: &[u8],
    into: &mut Vec<u8>,
    most: usize,
    leniences: &Leniences,
    pace: &mut Pace,
) -> Result<Ended, OverBudget> {
    let is_zlib = coded[0] & 0x0f == 8;
    let data = if is_zlib { coded.get(ZLIB_BEGIN_BYTES..).unwrap_or_default() } else { coded };
    let behind = match Inflater::new().inflate(data, into, most, pace).await? {
        Inflated::Whole { behind } => behind,
        Inflated::NoRoom => return Ok(Ok(())),
        Inflated::Broken(why) => return Ok(Err(why.to_owned())),
    };
    if !is_zlib {
        return Ok(nothing_more(behind, "deflate", leniences));
    }
    let Some((end, behind)) = behind.split_first_chunk() else {
        leniences.note("the checksum behind a deflate body is missing");
        return Ok(Ok(()));
    };
    let mut sum = adler2::Adler32::new();
    for piece in into.chunks(PIECE_BYTES) {
        sum.write_slice(piece);
        pace.step().await?;
    }
    if u32::from_be_bytes(*end) != sum.checksum() {
        return Ok(Err(WRONG_SUM.to_owned()));
    }
    Ok(nothing_more(behind, "deflate", leniences))
}

const WRONG_SUM: &str = "its checksum is not that of what it holds";

/// The data is complete; notes what follows it, and ignores that.
fn nothing_more(behind: &[u8], name: &str, leniences: &Leniences) -> Ended {
    if !behind.is_empty() {
        leniences.note(format!("bytes behind the end of a {name} body"));
    }
    Ok(())
}

/// What follows a gzip header; `None` if there is no complete header.
fn behind_gzip_header(coded: &[u8]) -> Option<&[u8]> {
    if let [0x1f, 0x8b, 8, 0, _, _, _, _, _, _, data @ ..] = coded {
        // Nearly all headers have nothing else in them. A quick way for these, because a body may have many thousands
        // of members.
        return Some(data);
    }
    let decoder = flate2::bufread::GzDecoder::new(coded);
    decoder.header()?;
    Some(decoder.into_inner())
}

enum Inflated<'a> {
    Whole {
        behind: &'a [u8],
    },
    /// There is more than wanted.
    NoRoom,
    Broken(&'static str),
}

/// Decodes one stretch of data after another. Making an inflater costs more than decoding a short stretch.
struct Inflater {
    state: Decompress,
    piece: Vec<u8>,
}

impl Inflater {
    fn new() -> Self {
        Self { state: Decompress::new(false), piece: Vec::with_capacity(PIECE_BYTES) }
    }

    async fn inflate<'a>(
        &mut self,
        data: &'a [u8],
        into: &mut Vec<u8>,
        most: usize,
        pace: &mut Pace,
    ) -> Result<Inflated<'a>, OverBudget> {
        self.state.reset(false);
        let mut data = data;
        while into.len() <= most {
            let before = self.state.total_in();
            self.piece.clear();
            let status = self.state.decompress_vec(data, &mut self.piece, FlushDecompress::None);
            // At most as much as was given.
            let read = usize::try_from(self.state.total_in() - before).unwrap_or(data.len());
            data = &data[read..];
            let room = (most - into.len()).saturating_add(1);
            into.extend_from_slice(&self.piece[..self.piece.len().min(room)]);
            match status {
                Ok(Status::StreamEnd) if into.len() <= most => return Ok(Inflated::Whole { behind: data }),
                Ok(Status::Ok | Status::BufError) if read + self.piece.len() == 0 => {
                    return Ok(Inflated::Broken("it breaks off"));
                }
                Ok(Status::StreamEnd | Status::Ok | Status::BufError) => {}
                Err(_) => return Ok(Inflated::Broken("what it holds is not deflate")),
            }
            pace.step().await?;
        }
        Ok(Inflated::NoRoom)
    }
}
