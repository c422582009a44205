//! What a server must not offer.

use super::*;

fn old() -> Dialogue {
    let offer = kexinit(
        "curve25519-sha256,diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1",
        "rsa-sha2-512,ssh-rsa,ssh-dss",
        "aes128-ctr,aes128-cbc,3des-cbc,arcfour256,rijndael-cbc@lysator.liu.se",
        "hmac-sha2-256,hmac-sha1,hmac-md5,hmac-sha1-96,hmac-md5-etm@openssh.com,umac-64@openssh.com",
    );
    speaks(&[DEBIAN.as_bytes(), &offer])
}

#[test]
fn weak_ones_are_named_list_by_list() {
    says(
        json!({ "refused_algorithms": "weak", "refused_key_types": "weak" }),
        [old()],
        State::Critical,
        &format!(
            "{GREETS}; it offers refused key types: ssh-rsa, ssh-dss; \
             it offers refused key exchanges: diffie-hellman-group14-sha1, diffie-hellman-group-exchange-sha1; \
             it offers refused ciphers: aes128-cbc, 3des-cbc, arcfour256, rijndael-cbc@lysator.liu.se; \
             it offers refused MACs: hmac-md5, hmac-sha1-96, hmac-md5-etm@openssh.com"
        ),
    );
}

#[test]
fn single_ones_are_refused_by_their_whole_name() {
    says(json!({ "refused_algorithms": ["aes128", "hmac-sha2"] }), [old()], State::Ok, GREETS);
    says(
        json!({ "refused_algorithms": ["hmac-sha1", "chacha20-poly1305@openssh.com"], "refused_key_types": "ssh-dss" }),
        [old()],
        State::Critical,
        &format!("{GREETS}; it offers refused key types: ssh-dss; it offers refused MACs: hmac-sha1"),
    );
}

#[test]
fn what_openssh_offers_today_is_not_weak() {
    // The defaults of OpenSSH 9.2, as its manual lists them.
    let offer = kexinit(
        "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,\
         ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
         diffie-hellman-group18-sha512,diffie-hellman-group14-sha256",
        "rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256,ssh-ed25519",
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
        "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1",
    );
    let server = speaks(&[DEBIAN.as_bytes(), &offer]);
    says(json!({ "refused_algorithms": "weak", "refused_key_types": "weak" }), [server], State::Ok, GREETS);
}

#[test]
fn one_that_is_offered_in_one_direction_alone_is_found() {
    let mut payload = vec![20];
    payload.extend([9; 16]);
    for names in
        ["curve25519-sha256", "ssh-ed25519", "aes128-ctr", "3des-cbc", "a", "b", "none", "none", "", ""]
    {
        payload.extend(string(names));
    }
    payload.extend([0; 5]);
    says(
        json!({ "refused_algorithms": ["3des-cbc", "a", "b"] }),
        [speaks(&[DEBIAN.as_bytes(), &packet(&payload)])],
        State::Critical,
        &format!("{GREETS}; it offers refused ciphers: 3des-cbc; it offers refused MACs: a, b"),
    );
}
