//! On to the next page of a list; back is the browser's.

use crate::ui::paths;
use leptos::prelude::*;

#[component]
pub fn Pager(query: String, next: Option<String>) -> impl IntoView {
    next.map(|cursor| {
        let href = format!("{}?q={}&after={}", paths::CONFIGURATIONS, paths::encoded(&query), paths::encoded(&cursor));
        view! {
            <nav class="pager" aria-label="Pages">
                <a class="button plain" href=href rel="next">"Next page"</a>
            </nav>
        }
    })
}
