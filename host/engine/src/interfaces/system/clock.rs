//! What the kernel says of this machine's clock. It is asked and told nothing, which any user may.
//!
//! One `unsafe`, since no crate that is kept well has a safe way to ask. It is sound because the kernel gets a pointer to
//! a whole structure of ours, which is made of numbers alone, so that zeros are valid in it and whatever the kernel
//! writes is too.

use std::io;
use std::mem::MaybeUninit;

use nix::libc::{STA_NANO, STA_UNSYNC, adjtimex, timex};

use super::trouble::Trouble;
use crate::contract::system::ClockState;

pub(super) fn read() -> Result<ClockState, Trouble> {
    let asked = ask();
    let told =
        asked.map_err(|error| Trouble::of_io("the kernel does not say how its clock is kept", &error))?;
    Ok(state(&told))
}

#[allow(unsafe_code, reason = "nothing safe asks the kernel for this; argued above")]
fn ask() -> io::Result<timex> {
    let mut told = MaybeUninit::<timex>::zeroed();
    // SAFETY: see the module's documentation. With `modes` at zero nothing is set.
    let (answer, told) = unsafe { (adjtimex(told.as_mut_ptr()), told.assume_init()) };
    // Other numbers say whether the clock is synchronised, as the status does.
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(told) }
}

fn state(told: &timex) -> ClockState {
    let is = |flag: i32| told.status & flag != 0;
    ClockState {
        synchronised: !is(STA_UNSYNC),
        offset_seconds: told.offset as f64 / if is(STA_NANO) { 1e9 } else { 1e6 },
        estimated_error_seconds: told.esterror as f64 / 1e6,
        maximum_error_seconds: told.maxerror as f64 / 1e6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_told_in_seconds() {
        let mut told = ask().expect("any user may");
        (told.esterror, told.maxerror) = (1_500, 16_000_000);
        (told.status, told.offset) = (STA_NANO, -2_500_000);
        let fine = state(&told);
        assert!(fine.synchronised);
        assert_eq!(
            (fine.offset_seconds, fine.estimated_error_seconds, fine.maximum_error_seconds),
            (-0.0025, 0.0015, 16.0)
        );
        told.status = STA_UNSYNC;
        let coarse = state(&told);
        assert_eq!((coarse.synchronised, coarse.offset_seconds), (false, -2.5));
    }
}
