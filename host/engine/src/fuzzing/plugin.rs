//! A plugin file as the compiling child takes it.

use crate::error::Refusal;
use crate::load::make;
use crate::wasm::Reservation;

/// Whatever the bytes are, there must be code, or one sentence about what is wrong with them and a hint.
pub fn plugin(bytes: &[u8]) {
    if let Err(Refusal { message, hint, .. }) = make(bytes.to_vec(), Reservation::WHOLE) {
        assert!(super::is_one_line(&message), "{message:?}");
        let hint = hint.expect("a refusal says what to do");
        assert!(super::is_one_line(&hint), "{hint:?}");
    }
}
