//! The few parts of PNG that a picture needs.

/// Of 10: little effort, for a picture that is looked at once.
const EFFORT: u8 = 1;
/// Eight bits each of red, green and blue; deflate, its only filters, not interlaced.
const KIND: [u8; 5] = [8, 2, 0, 0, 0];

/// `pixels` are rows of red, green and blue.
pub(super) fn encode((width, height): (u32, u32), pixels: &[u8]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(pixels.len() + height as usize);
    for row in pixels.chunks(width as usize * 3) {
        // Not filtered.
        rows.push(0);
        rows.extend_from_slice(row);
    }
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &KIND].concat();
    let data = miniz_oxide::deflate::compress_to_vec_zlib(&rows, EFFORT);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in [(b"IHDR", &head[..]), (b"IDAT", &data), (b"IEND", &[])] {
        let checked = [name, content].concat();
        bytes.extend((content.len() as u32).to_be_bytes());
        bytes.extend(&checked);
        bytes.extend(crc32fast::hash(&checked).to_be_bytes());
    }
    bytes
}
