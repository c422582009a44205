//! What is watched: a real nginx that answers at once, and configs of checks that watch it.

use watchkeep_end_to_end::{Identity, Nginx};

/// nginx with a short answer on every path, each on a connection of its own.
pub(crate) async fn nginx() -> Nginx {
    Nginx::start("location / { return 200 \"well\\n\"; }", &identity()).await
}

/// The same, but on paths under `/down/`, where it fails.
pub(crate) async fn nginx_with_failures() -> Nginx {
    let locations = "location / { return 200 \"well\\n\"; } location /down/ { return 503 \"down\\n\"; }";
    Nginx::start(locations, &identity()).await
}

/// So many checks of it, each on a path of its own. The lines in front belong to `[host]`.
pub(crate) fn checks(nginx: &Nginx, host: &str, count: usize, interval: &str) -> String {
    let entries: Vec<String> = (0..count).map(|n| format!("n{n} = {{ path = \"{n}\" }}")).collect();
    format!(
        "{host}\n[[check]]\nname = \"site-${{each.key}}\"\nplugin = \"http\"\ninterval = \"{interval}\"\n\
         config = {{ url = \"http://127.0.0.1:{}/${{each.path}}\" }}\neach = {{ {} }}\n",
        nginx.port,
        entries.join(", ")
    )
}

fn identity() -> Identity {
    let signed = watchkeep_lab::certificate::signed(&["localhost"], time::Duration::days(30));
    let signed = signed.expect("a certificate for localhost can be made");
    Identity { chain: signed.chain_pem, key: signed.key_pem }
}
