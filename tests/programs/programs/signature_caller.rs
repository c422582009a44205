//! Has a signature verified as its config says, once or for ever, and reports what it was told.

use watchkeep::plugin::signatures::{Algorithm, verify};
use watchkeep_hostile_programs::field;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn algorithm(name: &str) -> Algorithm {
    match name {
        "ed25519" => Algorithm::Ed25519,
        "ecdsa-p256-sha256" => Algorithm::EcdsaP256Sha256,
        "ecdsa-p384-sha384" => Algorithm::EcdsaP384Sha384,
        "ecdsa-p521-sha512" => Algorithm::EcdsaP521Sha512,
        "rsa-pkcs1-sha256" => Algorithm::RsaPkcs1Sha256,
        "rsa-pkcs1-sha384" => Algorithm::RsaPkcs1Sha384,
        "rsa-pkcs1-sha512" => Algorithm::RsaPkcs1Sha512,
        "rsa-pss-sha256" => Algorithm::RsaPssSha256,
        "rsa-pss-sha384" => Algorithm::RsaPssSha384,
        "rsa-pss-sha512" => Algorithm::RsaPssSha512,
        _ => unreachable!("the test names one of them"),
    }
}

watchkeep_hostile_programs::check!("signature-caller", |run| {
    let algorithm = algorithm(field(&run.config, "algorithm"));
    let [key, mut message, mut signature] =
        ["key", "message", "signature"].map(|name| bytes(field(&run.config, name)));
    // Sizes that a config does not hold.
    for (bytes, name) in [(&mut message, "message_bytes"), (&mut signature, "signature_bytes")] {
        if let Ok(size) = field(&run.config, name).parse() {
            bytes.resize(size, 0);
        }
    }
    let key = match field(&run.config, "key_bytes").parse() {
        Ok(size) => vec![4; size],
        Err(_) => key,
    };
    loop {
        let said = match verify(algorithm, &key, &message, &signature) {
            Ok(()) => "right".to_owned(),
            Err(error) => format!("{error:?}"),
        };
        if field(&run.config, "then") != "again" {
            return Ok(report(State::Ok, said));
        }
    }
});
