//! The component's allocator. A run lasts for milliseconds and seldom needs more than some kilobytes, while growing
//! memory costs the host two changes of page protection, which all threads see. So the first allocations come from an
//! arena that is part of the component's initial memory; memory grows only for what does not fit there.
//!
//! A plugin that has an allocator of its own turns the feature `allocator` off.

use core::alloc::Layout;
use core::mem::MaybeUninit;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

const ARENA_BYTES: usize = 256 << 10;
const PAGE_BYTES: usize = 64 << 10;
/// How much the allocator adds to an allocation, and to a piece of memory that it is given; generous.
const OVERHEAD_BYTES: usize = 128;

static mut ARENA: [MaybeUninit<u8>; ARENA_BYTES] = [MaybeUninit::uninit(); ARENA_BYTES];

#[global_allocator]
static ALLOCATOR: TalcSyncCell<ArenaThenGrow, WasmBinning> = TalcSyncCell::new_wasm(ArenaThenGrow::Arena);

/// Where further memory comes from.
#[derive(Debug)]
enum ArenaThenGrow {
    Arena,
    Grow,
}

// SAFETY: `acquire` uses the allocator only through `talc`, and allocates nothing itself.
#[allow(unsafe_code, reason = "an allocator is given raw memory; the two places say why it is theirs alone")]
unsafe impl Source for ArenaThenGrow {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let (base, bytes) = match talc.source {
            ArenaThenGrow::Arena => {
                talc.source = ArenaThenGrow::Grow;
                ((&raw mut ARENA).cast::<u8>(), ARENA_BYTES)
            }
            ArenaThenGrow::Grow => {
                let needed = layout.size() + layout.align() + OVERHEAD_BYTES;
                let pages = needed.div_ceil(PAGE_BYTES);
                match core::arch::wasm32::memory_grow::<0>(pages) {
                    usize::MAX => return Err(()),
                    before => ((before * PAGE_BYTES) as *mut u8, pages * PAGE_BYTES),
                }
            }
        };
        // SAFETY: the arena is not used anywhere else and claimed once; grown pages are new.
        match unsafe { talc.claim(base, bytes) } {
            Some(_) => Ok(()),
            None => Err(()),
        }
    }
}
