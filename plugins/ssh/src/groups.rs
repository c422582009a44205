//! Groups of whole numbers, RFC 3526: their primes, and the one step of arithmetic that an exchange in them takes.

use crate::wire::hex;

/// The number pi in binary, 8,064 bits of it: what the primes are made of, so that nobody can have chosen them.
const PI: [u8; 1_008] =
    hex(b"c90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b\
    302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5\
    ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad96\
    1c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3be39e772c180e8603\
    9b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa051015728e5a8aaac42d\
    ad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7abf5ae8cdb0933d7\
    1e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200cbbe117577a615d6c\
    770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a92108011a723c12a787e6d788719a10bdba5b26\
    99c327186af4e23c1a946834b6150bda2583e9ca2ad44ce8dbbbc2db04de8ef92e8efc141fbecaa6287c59474e6bc05d\
    99b2964fa090c3a2233ba186515be7ed1f612970cee2d7afb81bdd762170481cd0069127d5b05aa993b4ea988d8fddc1\
    86ffb7dc90a6c08f4df435c93402849236c3fab4d27c7026c1d4dcb2602646dec9751e763dba37bdf8ff9406ad9e530e\
    e5db382f413001aeb06a53ed9027d831179727b0865a8918da3edbebcf9b14ed44ce6cbaced4bb1bdb7f1447e6cc254b\
    332051512bd7af426fb8f401378cd2bf5983ca01c64b92ecf032ea15d1721d03f482d7ce6e74fef6d55e702f46980c82\
    b5a84031900b1c9e59e7c97fbec7e8f323a97a7e36cc88be0f1d45b7ff585ac54bd407b22b4154aacc8f6d7ebf48e1d8\
    14cc5ed20f8037e0a79715eef29be32806a1d58bb7c5da76f550aa3d8a1fbff0eb19ccb1a313d55cda56c9ec2ef29632\
    387fe8d76e3c0468043e8f663f4860ee12bf2d5b0b7474d6e694f91e6dbe115974a3926f12fee5e438777cb6a932df8c\
    d8bec4d073b931ba3bc832b68d9dd300741fa7bf8afc47ed2576f6936ba424663aab639c5ae4f5683423b4742bf1c978\
    238f16cbe39d652de3fdb8befc848ad922222e04a4037c0713eb57a81a23f0c73473fc646cea306b4bcbc8862f8385dd\
    fa9d4b7fa2c087e879683303ed5bdd3a062b3cf5b3a278a66d2a13f83f44f82ddf310ee074ab6a364597e899a0255dc1\
    64f31cc50846851df9ab48195ded7ea1b1d510bd7ee74d73faf36bc31ecfa268359046f4eb879f924009438b481c6cd7\
    889a002ed5ee382bc9190da6fc026e479558e4475677e9aa9e3050e2765694dfc81f56e880b96e7160c980dd98a573ea");
/// At either end of a prime all bits are set.
const END: [u8; 8] = [0xff; 8];

/// As it stands in the standard, pi to so many bits and a number that makes it a prime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Group {
    bits: usize,
    more: u32,
}

pub(crate) const GROUP_14: Group = Group { bits: 2_048, more: 124_476 };
pub(crate) const GROUP_15: Group = Group { bits: 3_072, more: 1_690_314 };
pub(crate) const GROUP_16: Group = Group { bits: 4_096, more: 240_904 };
pub(crate) const GROUP_18: Group = Group { bits: 8_192, more: 4_743_158 };

impl Group {
    /// The inverse of its generator, 2. Its exponent is -1: what the other side's share is to this power is told by
    /// [`Group::inverse`] alone.
    pub(crate) fn share(self) -> Vec<u8> {
        let mut half = self.prime();
        // The prime and one, halved.
        increase(&mut half);
        halve(&mut half, 0);
        to_bytes(&half)
    }

    /// One divided by this number, which has no zeros in front and has to be one of the group.
    pub(crate) fn inverse(self, number: &[u8]) -> Option<Vec<u8>> {
        let prime = self.prime();
        if number.len() > self.bits / 8 {
            return None;
        }
        let mut number = from_bytes(number);
        number.resize(prime.len(), 0);
        // More than one, and less than the prime less one.
        let one = one(prime.len());
        let mut last = prime.clone();
        subtract(&mut last, &one);
        let is_within = is_above(&number, &one) && is_above(&last, &number);
        is_within.then(|| to_bytes(&inverse(number, &prime)))
    }

    fn prime(self) -> Vec<u32> {
        let middle = &PI[..self.bits / 8 - 2 * END.len()];
        let mut prime = from_bytes(&[&END, middle, &END].concat());
        // No carry leaves these 32 bits.
        let least = END.len() / 4;
        prime[least] += self.more - 1;
        prime
    }
}

// Numbers below are words, the least significant first, of one length.

/// By halving and subtracting: `number` times `x` is always `u`, and times `y` it is `v`.
fn inverse(number: Vec<u32>, prime: &[u32]) -> Vec<u32> {
    let (mut u, mut v) = (number, prime.to_vec());
    let (mut x, mut y) = (one(prime.len()), vec![0; prime.len()]);
    while u.iter().any(|word| *word != 0) {
        while u[0] & 1 == 0 {
            halve(&mut u, 0);
            halve_modulo(&mut x, prime);
        }
        if is_above(&v, &u) {
            std::mem::swap(&mut u, &mut v);
            std::mem::swap(&mut x, &mut y);
        }
        subtract(&mut u, &v);
        if subtract(&mut x, &y) {
            add(&mut x, prime);
        }
    }
    y
}

fn one(words: usize) -> Vec<u32> {
    let mut one = vec![0; words];
    one[0] = 1;
    one
}

fn increase(number: &mut [u32]) {
    for word in number {
        *word = word.wrapping_add(1);
        if *word != 0 {
            return;
        }
    }
}

/// What goes over the end.
fn add(number: &mut [u32], other: &[u32]) -> u32 {
    let mut carry = 0;
    for (word, other) in number.iter_mut().zip(other) {
        let sum = u64::from(*word) + u64::from(*other) + carry;
        *word = sum as u32;
        carry = sum >> 32;
    }
    carry as u32
}

/// Whether it went below zero.
fn subtract(number: &mut [u32], other: &[u32]) -> bool {
    let mut is_borrowed = false;
    for (word, other) in number.iter_mut().zip(other) {
        let (less, below) = word.overflowing_sub(*other);
        let (less, still) = less.overflowing_sub(u32::from(is_borrowed));
        *word = less;
        is_borrowed = below || still;
    }
    is_borrowed
}

fn halve(number: &mut [u32], carried: u32) {
    let mut carried = carried;
    for word in number.iter_mut().rev() {
        let next = *word & 1;
        *word = *word >> 1 | carried << 31;
        carried = next;
    }
}

fn halve_modulo(number: &mut [u32], prime: &[u32]) {
    let carried = if number[0] & 1 == 0 { 0 } else { add(number, prime) };
    halve(number, carried);
}

fn is_above(number: &[u32], other: &[u32]) -> bool {
    number.iter().rev().gt(other.iter().rev())
}

fn from_bytes(bytes: &[u8]) -> Vec<u32> {
    bytes.rchunks(4).map(|word| word.iter().fold(0, |word, byte| word << 8 | u32::from(*byte))).collect()
}

fn to_bytes(number: &[u32]) -> Vec<u8> {
    number.iter().rev().flat_map(|word| word.to_be_bytes()).collect()
}
