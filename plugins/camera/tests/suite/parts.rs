//! What stands in descriptions, sets and pictures, written here once more.

use watchkeep_plugin_camera::bytes::{Codec, Kind, Picture, h264, h265, moment, picture, video};

/// A JPEG of such a size in pixels, with so many bytes of scan.
pub(crate) fn jpeg(width: u16, height: u16, scan: usize) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    // A preview with a size of its own lies in a segment.
    bytes.extend(b"\xff\xe1\0\x0e\xff\xd8\xff\xc0\0\x05\x08\0\x01\0\x01\0");
    bytes.extend(b"\xff\xc0\0\x11\x08");
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend(b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01");
    bytes.extend(b"\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0");
    bytes.extend((0..scan).map(|at| (at % 200) as u8));
    // A byte that looks like a marker, and a restart.
    bytes.extend(b"\xff\0\xff\xd0ab\xff\xd9");
    bytes
}

/// A PNG of such a size, with so many bytes of data. Its checksums are zeros.
pub(crate) fn png(width: u32, height: u32, data: usize) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        [&u32::try_from(content.len()).unwrap().to_be_bytes(), &kind[..], content, &[0; 4]].concat()
    };
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let parts =
        [chunk(b"IHDR", &head), chunk(b"tEXt", b"a"), chunk(b"IDAT", &vec![7; data]), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), parts.concat()].concat()
}

/// Writes bits.
#[derive(Default)]
struct Set(Vec<bool>);

impl Set {
    fn bits(mut self, value: u32, count: u32) -> Self {
        self.0.extend((0..count).rev().map(|at| value >> at & 1 == 1));
        self
    }
    /// As sets write numbers of any size.
    fn number(self, value: u32) -> Self {
        let value = value + 1;
        let size = 32 - value.leading_zeros();
        self.bits(0, size - 1).bits(value, size)
    }
    fn numbers(self, values: &[u32]) -> Self {
        values.iter().fold(self, |set, value| set.number(*value))
    }
    /// With what keeps start codes out of it.
    fn bytes(mut self, head: &[u8]) -> Vec<u8> {
        self.0.push(true);
        while !self.0.len().is_multiple_of(8) {
            self.0.push(false);
        }
        let mut bytes = head.to_vec();
        for eight in self.0.chunks(8) {
            let byte = eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
            if bytes.ends_with(&[0, 0]) && byte <= 3 {
                bytes.push(3);
            }
            bytes.push(byte);
        }
        bytes
    }
}

#[test]
fn the_size_of_h264_is_read_from_its_set() {
    let plain = |profile: u32| Set::default().bits(profile, 8).bits(0, 16).number(0);
    // 320 by 240: frames of 20 by 15 blocks, nothing cut off.
    let baseline =
        plain(66).numbers(&[0, 2, 1]).bits(0, 1).numbers(&[19, 14]).bits(1, 1).bits(0, 1).bits(0, 1);
    assert_eq!(h264(&baseline.bytes(&[0x67])), Some((320, 240)));
    // With a byte in it that keeps a start code out.
    let kept =
        Set::default().bits(66, 8).bits(0, 16).number(63).numbers(&[0, 2, 1]).bits(0, 1).numbers(&[19, 14]);
    let kept = kept.bits(0b100, 3).bytes(&[0x67]);
    assert_eq!((&kept[2..6], h264(&kept)), (&[0, 0, 3, 2][..], Some((320, 240))));
    // 1920 by 1080 is cut out of 1088 lines.
    let high = || plain(100).numbers(&[1, 0, 0]).bits(0, 1);
    let tail = |set: Set, halves: bool| {
        let set = set.numbers(&[0, 0, 4, 1]).bits(0, 1).number(119).number(if halves { 33 } else { 67 });
        let set = if halves { set.bits(0b00, 2) } else { set.bits(1, 1) };
        set.bits(1, 1).bits(1, 1).numbers(&[0, 0, 0, if halves { 2 } else { 4 }])
    };
    assert_eq!(h264(&tail(high().bits(0, 1), false).bytes(&[0x67])), Some((1_920, 1_080)));
    assert_eq!(h264(&tail(high().bits(0, 1), true).bytes(&[0x67])), Some((1_920, 1_080)));
    // With one list of scaling: 16 steps of nothing.
    let scaled = high().bits(1, 1).bits(1, 1).numbers(&[0; 16]).bits(0, 7);
    assert_eq!(h264(&tail(scaled, false).bytes(&[0x67])), Some((1_920, 1_080)));
    // Order of kind 1, with two steps.
    let ordered = plain(77).numbers(&[0, 1]).bits(0, 1).numbers(&[0, 0, 2, 3, 4]).number(1).bits(0, 1);
    let ordered = ordered.numbers(&[39, 29]).bits(1, 1).bits(0, 1).bits(0, 1);
    assert_eq!(h264(&ordered.bytes(&[0x67])), Some((640, 480)));
    let whole = tail(high().bits(0, 1), false).bytes(&[0x67]);
    for end in 0..whole.len() - 1 {
        assert_eq!(h264(&whole[..end]), None, "{end}");
    }
    // More is cut off than there is.
    let odd = plain(66).numbers(&[0, 2, 1]).bits(0, 1).numbers(&[0, 0]).bits(1, 1).bits(0, 1).bits(1, 1);
    assert_eq!(h264(&odd.numbers(&[9, 9, 9, 9]).bytes(&[0x67])), None);
    assert_eq!(h264(&[0x67; 300]).map(|_| ()), h264(&[0x67; 256]).map(|_| ()));
}

#[test]
fn the_size_of_h265_is_read_from_its_set() {
    let set = |layers: u32| {
        let mut set = Set::default().bits(0, 4).bits(layers, 3).bits(1, 1);
        for _ in 0..12 {
            set = set.bits(0x5a, 8);
        }
        set
    };
    let tail = |set: Set| set.numbers(&[0, 1, 3_840, 2_176]).bits(1, 1).numbers(&[0, 0, 0, 8]);
    assert_eq!(h265(&tail(set(0)).bytes(&[0x42, 1])), Some((3_840, 2_160)));
    // With a layer that has a profile and a level of its own.
    let mut layered = set(1).bits(0b11, 2).bits(0, 14);
    for _ in 0..12 {
        layered = layered.bits(0x11, 8);
    }
    assert_eq!(h265(&tail(layered).bytes(&[0x42, 1])), Some((3_840, 2_160)));
    assert_eq!(h265(&[0x42, 1]), None);
}

#[test]
fn a_description_names_codec_clock_size_and_address() {
    let set =
        Set::default().bits(66, 8).bits(0, 16).number(0).numbers(&[0, 2, 1]).bits(0, 1).numbers(&[19, 14]);
    let set = watchkeep_sdk::mail::base64(&set.bits(0b100, 3).bytes(&[0x67]));
    let sdp = format!(
        "v=0\r\na=control:rtsp://cam/all\r\nm=audio 0 RTP/AVP 0\r\na=control:sound\r\nm=video 0 RTP/AVP 99 100\r\n\
         a=rtpmap:100 H265/1\r\na=rtpmap:99 h264/48000/1\r\na=fmtp:99 packetization-mode=1; sprop-parameter-sets=aMljiA==,{set}\r\n\
         a=control:video\r\nm=video 0 RTP/AVP 26\r\na=control:second\r\n"
    );
    let track = video(sdp.as_bytes()).unwrap();
    assert_eq!(
        (track.codec, track.payload_type, track.clock, track.size),
        (Codec::H264, 99, 48_000, Some((320, 240)))
    );
    assert_eq!((track.control.as_deref(), track.whole.as_deref()), (Some("video"), Some("rtsp://cam/all")));
    let framed = "v=0\nm=video 0 RTP/AVP 97\na=rtpmap:97 HEVC/90000\na=framesize:97 800-600\n";
    let track = video(framed.as_bytes()).unwrap();
    assert_eq!((track.codec, track.size, track.control), (Codec::H265, Some((800, 600)), None));
}

#[test]
fn pictures_have_a_kind_and_a_size() {
    assert_eq!(picture(&jpeg(640, 480, 10)), Ok(Picture { kind: Kind::Jpeg, width: 640, height: 480 }));
    assert_eq!(picture(&png(640, 480, 10)), Ok(Picture { kind: Kind::Png, width: 640, height: 480 }));
    for whole in [jpeg(8, 8, 300), png(8, 8, 300)] {
        for end in 1..whole.len() - 1 {
            assert!(picture(&whole[..end]).is_err(), "{end} of {}", whole.len());
        }
    }
}

#[test]
fn moments_of_headers_are_read() {
    for (text, seconds) in [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800),
        ("Wed, 04 Mar 2026 05:06:07 GMT", 1_772_600_767),
    ] {
        assert_eq!(moment(text), Some(seconds * 1_000), "{text}");
    }
    for odd in
        ["", "Sun, ", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 6e1 Nov 1994 08:49:37 GMT", "0"]
    {
        assert_eq!(moment(odd), None, "{odd}");
    }
}
