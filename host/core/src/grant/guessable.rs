//! Whether a value can be guessed, or found in answers anyway. What can be guessed is not secret from whoever may use
//! it: the server that knows it answers every guess. Removing it from answers would hide nothing, and would change what
//! is judged: `0000` is in `10000`, and `admin` in every greeting.

/// The shortest value that is not simply tried out.
const BYTES_MIN: usize = 8;
/// The shortest value of only one kind of characters: shorter ones are words and numbers.
const ONE_KIND_BYTES_MIN: usize = 16;
/// The least number of different characters: fewer make a pattern.
const DISTINCT_MIN: usize = 5;

/// Whether whoever may use the value can recognise it in other texts, or try it out.
pub fn is_guessable(value: &[u8]) -> bool {
    let mut seen = [false; 256];
    value.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    let distinct = seen.iter().filter(|&&is_seen| is_seen).count();
    if value.len() < BYTES_MIN || distinct < DISTINCT_MIN {
        return true;
    }
    // Characters that separate words are of no kind.
    let mut kinds = value.iter().filter(|byte| !b"/-_.: ".contains(byte)).map(|byte| match byte {
        byte if byte.is_ascii_digit() => 0,
        byte if byte.is_ascii_alphabetic() => 1,
        _ => 2,
    });
    let first = kinds.next();
    value.len() < ONE_KIND_BYTES_MIN && kinds.all(|kind| Some(kind) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_patterns_are_guessed() {
        for value in [
            "",
            "0000",
            "admin",
            "hunter2",
            "password",
            "Password",
            "20261130",
            "1234567890",
            "aaaa-aaaa-aaaa-aaaa",
            "user-name",
            "/api/health",
        ] {
            assert!(is_guessable(value.as_bytes()), "{value}");
        }
        for value in [
            "hunter22",
            "tr0ub4dor-and-3",
            "c4n4ry/9+1=x",
            "correcthorsebattery",
            "9f86d081884c7d65",
            "xoxb-1-2-abc",
        ] {
            assert!(!is_guessable(value.as_bytes()), "{value}");
        }
        assert!(!is_guessable(b"\xff\xfe\x00abcde"));
    }
}
