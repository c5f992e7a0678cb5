use crate::domain::problem::Problem;
use crate::ui::pages::problem::ProblemView;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Title text="Not found" />
        <main id="content" class="door">
            <ProblemView problem=Problem::not_found() />
        </main>
    }
}
