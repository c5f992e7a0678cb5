//! HTML by hand: escaping and the frame around every page.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A whole page. `main` is HTML already; `script` runs under a nonce of its own.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    pub(crate) ribbon: &'a str,
    pub(crate) wide: bool,
    pub(crate) main: String,
    pub(crate) script: Option<String>,
}

impl Page<'_> {
    pub(crate) fn answer(self, status: StatusCode) -> Response {
        let nonce = crate::random::secret();
        let script = self
            .script
            .as_ref()
            .map(|script| format!("<script nonce=\"{nonce}\">{script}</script>"))
            .unwrap_or_default();
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"/_sandbox/style.css\">\n<link rel=\"icon\" href=\"data:,\">\n</head>\n\
             <body class=\"{class}\">\n<header class=\"ribbon\">{ribbon}</header>\n<main>\n{main}\n</main>\n{script}</body>\n</html>\n",
            title = escape(self.title),
            class = if self.wide { "wide" } else { "narrow" },
            ribbon = escape(self.ribbon),
            main = self.main,
        );
        // No `form-action`: a browser would apply it to the redirect back to the app as well.
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src data:; script-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'"
        );
        let headers = [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::REFERRER_POLICY, "same-origin".to_owned()),
            (HeaderName::from_static("x-content-type-options"), "nosniff".to_owned()),
        ];
        (status, headers, Html(html)).into_response()
    }
}
