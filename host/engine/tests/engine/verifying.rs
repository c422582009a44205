//! `signatures`: what is right by the standards' own examples and by OpenSSL, and whatever a guest hands over.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Limits, Tape};

use crate::openssl::Bench;
use crate::support::{Memory, call, engine, failure, load, ports, report, rights};

/// Algorithm, key, message and signature, in hexadecimal.
type Example = (&'static str, &'static str, &'static str, &'static str);

/// "sample", which the examples of RFC 6979 sign.
const SAMPLE: &str = "73616d706c65";

const EXAMPLES: [Example; 5] = [
    // RFC 8032, 7.1, tests 1 and 2: nothing, and one byte.
    (
        "ed25519",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "ed25519",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    // RFC 6979, A.2.5 to A.2.7.
    (
        "ecdsa-p256-sha256",
        "04\
         60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
         7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
        SAMPLE,
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
         f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ),
    (
        "ecdsa-p384-sha384",
        "04\
         ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13\
         8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
        SAMPLE,
        "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46\
         99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
    ),
    (
        "ecdsa-p521-sha512",
        "04\
         01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4\
         00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
        SAMPLE,
        "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa\
         00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a",
    ),
];

async fn asked(config: &str, tape: Option<Tape>) -> Ended<Outcome> {
    let mut ports = ports(&Arc::new(Memory::default()));
    ports.tape = tape;
    let mut call = call(config, rights("signature-caller", &[], &[]));
    call.limits = Limits { cpu: Duration::from_millis(300), ..Limits::default() };
    engine().run_check(&load("signature_caller").await, call, &ports).await
}

async fn said((algorithm, key, message, signature): (&str, &str, &str, &str)) -> String {
    let config = format!(
        r#"{{"algorithm":"{algorithm}","key":"{key}","message":"{message}","signature":"{signature}"}}"#
    );
    report(&asked(&config, None).await).summary.clone()
}

/// With the last digit of it changed.
fn near(hex: &str) -> String {
    let (front, last) = hex.split_at(hex.len() - 1);
    format!("{front}{}", if last == "0" { "1" } else { "0" })
}

const WRONG: &str = "VerifyError::Wrong";

#[tokio::test]
pub(crate) async fn what_the_standards_sign_is_right_and_nothing_near_it() {
    for (algorithm, key, message, signature) in EXAMPLES {
        assert_eq!(said((algorithm, key, message, signature)).await, "right", "{algorithm}");
        assert_eq!(said((algorithm, key, message, &near(signature))).await, WRONG, "{algorithm}");
        assert_eq!(said((algorithm, key, &format!("{message}00"), signature)).await, WRONG, "{algorithm}");
        // Another key, which of a curve is no point of it.
        assert_eq!(said((algorithm, &near(key), message, signature)).await, WRONG, "{algorithm}");
        for cut in ["", &signature[2..], &format!("{signature}00"), &format!("00{signature}")] {
            assert_eq!(said((algorithm, key, message, cut)).await, WRONG, "{algorithm}");
        }
        // Zeros for r and s, which a careless verifier takes.
        assert_eq!(said((algorithm, key, message, &"0".repeat(signature.len()))).await, WRONG, "{algorithm}");
    }
}

#[tokio::test]
async fn a_key_that_has_not_the_form_is_told_as_that() {
    for (algorithm, key, message, signature) in EXAMPLES {
        for none in ["", &key[2..], &format!("{key}00")] {
            let said = said((algorithm, none, message, signature)).await;
            assert!(said.starts_with("VerifyError::Key(\"a key of "), "{algorithm}: {said}");
        }
    }
    // Compressed.
    let (algorithm, key, message, signature) = EXAMPLES[2];
    let compressed = format!("03{}", &key[2..66]);
    for none in [compressed, format!("02{}", &key[2..])] {
        let said = said((algorithm, &none, message, signature)).await;
        assert!(said.contains("is a point of 65 bytes, the first of which is 4"), "{said}");
    }
    for none in ["", "3000", "30060201", "ff", "3006020100020100", "3006020103020103"] {
        let said = said(("rsa-pkcs1-sha256", none, "", "")).await;
        assert!(said.starts_with("VerifyError::Key(\"a key of RSA "), "{none}: {said}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn what_openssl_signs_with_rsa_is_right_in_every_way() {
    let bench = Bench::new();
    bench.write("message", "sample");
    for bits in ["1024", "2048", "3072"] {
        bench.openssl(&format!("genrsa -out {bits}.key {bits}"));
        bench.openssl(&format!("rsa -in {bits}.key -RSAPublicKey_out -outform DER -out {bits}.der"));
        let key = hex(&bench.read(&format!("{bits}.der")));
        for (padding, options) in
            [("pkcs1", ""), ("pss", " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest")]
        {
            for hash in ["sha256", "sha384", "sha512"] {
                let algorithm = format!("rsa-{padding}-{hash}");
                if bits == "1024" && (padding == "pss" || hash == "sha384") {
                    let told = said((&algorithm, &key, SAMPLE, "00")).await;
                    assert!(
                        told.contains("2048 to 8192 bits for this algorithm, and this one 1024"),
                        "{told}"
                    );
                    continue;
                }
                bench.openssl(&format!("dgst -{hash} -sign {bits}.key -out signature{options} message"));
                let signature = hex(&bench.read("signature"));
                let told = said((&algorithm, &key, SAMPLE, &signature)).await;
                assert_eq!(told, "right", "{bits} {algorithm}");
                for (message, signature) in [
                    (SAMPLE, near(&signature)),
                    ("00", signature.clone()),
                    (SAMPLE, signature[2..].to_owned()),
                ] {
                    assert_eq!(said((&algorithm, &key, message, &signature)).await, WRONG, "{algorithm}");
                }
                // By another digest, or with another padding.
                for other in ["rsa-pkcs1-sha256", "rsa-pkcs1-sha512", "rsa-pss-sha256", "rsa-pss-sha512"] {
                    if bits != "1024" && other != algorithm {
                        assert_eq!(said((other, &key, SAMPLE, &signature)).await, WRONG, "{other}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn no_size_of_what_is_handed_over_costs_the_host_more_than_the_run_may_take() {
    for (algorithm, key, _, signature) in EXAMPLES {
        let with = |more: &str| {
            format!(r#"{{"algorithm":"{algorithm}","key":"{key}","signature":"{signature}",{more}}}"#)
        };
        let ended = asked(&with(r#""message_bytes":"1048577""#), None).await;
        let stopped = failure(&ended);
        assert_eq!(stopped.reason, FailureReason::Limit);
        assert!(stopped.message.contains("1048577 bytes, 1048576 are allowed"), "{stopped:?}");
        assert_eq!(report(&asked(&with(r#""message_bytes":"1048576""#), None).await).summary, WRONG);
        assert_eq!(report(&asked(&with(r#""signature_bytes":"9000000""#), None).await).summary, WRONG);
        let ended = asked(&with(r#""key_bytes":"9000000""#), None).await;
        assert!(report(&ended).summary.starts_with("VerifyError::Key"), "{ended:?}");
        // What is computed is the run's own time.
        let ended = asked(&with(r#""message_bytes":"1048576","then":"again""#), None).await;
        assert_eq!(failure(&ended).reason, FailureReason::CpuTime, "{ended:?}");
        assert!(ended.cpu < Duration::from_secs(2), "{:?}", ended.cpu);
    }
    let ended = asked(r#"{"algorithm":"rsa-pkcs1-sha256","key_bytes":"9000000"}"#, None).await;
    assert!(report(&ended).summary.starts_with("VerifyError::Key"), "{ended:?}");
    // Short messages meet the limit of calls before.
    let ended = asked(r#"{"algorithm":"ed25519","key_bytes":"3","then":"again"}"#, None).await;
    assert!(failure(&ended).message.contains("host calls"), "{ended:?}");
}

#[tokio::test]
async fn a_recording_holds_it_and_a_replay_without_it_verifies() {
    let (algorithm, key, message, signature) = EXAMPLES[1];
    let config = |signature: &str| {
        format!(
            r#"{{"algorithm":"{algorithm}","key":"{key}","message":"{message}","signature":"{signature}"}}"#
        )
    };
    let tape = Tape::record();
    asked(&config(signature), Some(tape.clone())).await;
    let calls = tape.recorded();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].call, "signatures.verify");
    assert_eq!(calls[0].with["algorithm"], "ed25519");
    let replayed = asked(&config(signature), Some(Tape::replay(calls))).await;
    assert_eq!(report(&replayed).summary, "right");
    let alone = asked(&config(&near(signature)), Some(Tape::replay(Vec::new()))).await;
    assert_eq!(report(&alone).summary, WRONG);
}
