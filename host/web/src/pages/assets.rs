//! Style, script and icons: files whose names contain the hash of their content, so that browsers may keep them for
//! good.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header;
use watchkeep_core::ids::Digest;

use crate::api::query::Named;
use crate::problem::Problem;

pub(crate) struct Asset {
    pub(crate) path: String,
    media_type: &'static str,
    content: &'static str,
}

pub(crate) struct Assets {
    pub(crate) style: Asset,
    pub(crate) script: Asset,
    pub(crate) icon_ok: Asset,
    pub(crate) icon_warning: Asset,
    pub(crate) icon_critical: Asset,
}

pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: asset("watchkeep", "css", "text/css; charset=utf-8", include_str!("../../assets/watchkeep.css")),
    script: asset("live", "js", "text/javascript; charset=utf-8", include_str!("../../assets/live.js")),
    icon_ok: icon("ok", include_str!("../../assets/ok.svg")),
    icon_warning: icon("warning", include_str!("../../assets/warning.svg")),
    icon_critical: icon("critical", include_str!("../../assets/critical.svg")),
});

fn icon(name: &str, content: &'static str) -> Asset {
    asset(name, "svg", "image/svg+xml", content)
}

fn asset(name: &str, extension: &str, media_type: &'static str, content: &'static str) -> Asset {
    let hash = Digest::of(content.as_bytes()).short();
    Asset { path: format!("/assets/{name}-{hash}.{extension}"), media_type, content }
}

/// Serves a file. One with an older hash is not found: the page that named it is older than this host.
pub(crate) async fn serve(Named(file): Named) -> Response {
    let assets = &*ASSETS;
    let all = [&assets.style, &assets.script, &assets.icon_ok, &assets.icon_warning, &assets.icon_critical];
    match all.into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(&file)) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.content,
        )
            .into_response(),
        None => Problem::not_found("this file").into_response(),
    }
}
