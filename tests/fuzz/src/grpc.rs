//! What a gRPC server answers to who asks for its health.

use watchkeep_plugin_grpc::bytes::{Serving, percent_decoded, serving};

/// A body is read or refused in a sentence; what is read is one number of a message that is as long as it says.
pub fn grpc(bytes: &[u8]) {
    match serving(bytes) {
        Ok(read) => {
            assert_eq!(bytes[0], 0, "compressed");
            let length = u32::from_be_bytes(bytes[1..5].try_into().expect("it has a prefix"));
            assert_eq!(length as usize, bytes.len() - 5);
            if bytes.len() == 5 {
                assert_eq!(read, Serving::Unknown, "an empty message has the first number");
            }
            assert!(!read.name().is_empty());
        }
        Err(wrong) => assert!(wrong.len() < 200, "{wrong}"),
    }
    let text = String::from_utf8_lossy(bytes);
    let decoded = percent_decoded(&text);
    // Each three bytes become one, which may become the three of a replacement.
    assert!(decoded.len() <= 3 * text.len());
    if !text.contains('%') {
        assert_eq!(decoded, text);
    }
}
