//! The browser's files: inside the release binary, compressed beforehand, named by content, cached for a year.

use super::digest::sha256;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;
use std::sync::LazyLock;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/target/site"]
#[allow_missing = true]
struct Files;

/// What the files are called where they lie.
const NAME: &str = "greentick";
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// What they are called where they are asked for: the name changes with the content of any of them.
static PUBLIC_NAME: LazyLock<String> = LazyLock::new(|| {
    let contents = ["js", "css"].map(|kind| format!("pkg/{NAME}.{kind}"));
    let contents = contents.into_iter().chain([format!("pkg/{NAME}_bg.wasm")]);
    let bytes: Vec<u8> = contents.filter_map(|path| Files::get(&path)).flat_map(|file| file.data.to_vec()).collect();
    format!("{NAME}.{}", &sha256(&bytes)[..12])
});

/// For `LeptosOptions.output_name`.
pub fn output_name() -> &'static str {
    &PUBLIC_NAME
}

/// `GET /pkg/{*path}`
pub async fn package(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match path.strip_prefix(output_name()) {
        Some(rest) => answer(&format!("pkg/{NAME}{rest}"), &headers, FOR_A_YEAR),
        None => answer(&format!("pkg/{path}"), &headers, ASK_AGAIN),
    }
}

/// The files of `public/`, by their own names.
pub async fn public_file(uri: Uri, headers: HeaderMap) -> Response {
    answer(uri.path().trim_start_matches('/'), &headers, ASK_AGAIN)
}

/// Compressed beforehand, the better one first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

fn answer(path: &str, headers: &HeaderMap, cache: HeaderValue) -> Response {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepts =
        |name: &str| accepted.split(',').any(|offer| offer.split(';').next().is_some_and(|o| o.trim() == name));
    let packed = ENCODINGS.into_iter().filter(|(name, _)| accepts(name));
    let packed = packed.filter_map(|(name, ending)| Some((name, Files::get(&format!("{path}{ending}"))?))).next();
    let (encoding, file) = match packed {
        Some((name, file)) => (Some(name), file),
        None => match Files::get(path) {
            Some(file) => (None, file),
            None => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    let etag = format!("\"{}{}\"", &sha256(&file.metadata.sha256_hash())[..16], encoding.unwrap_or_default());
    let known = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut answer = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data.into_owned()).into_response()
    };
    let out = answer.headers_mut();
    out.insert(CACHE_CONTROL, cache);
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    for (name, value) in [(ETAG, etag.as_str()), (CONTENT_TYPE, kind.as_ref())] {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(name, value);
        }
    }
    if let Some(encoding) = encoding {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    answer
}
