//! A pressed button whose work was refused comes back as a redirect with `__err` in the address. The words are ours,
//! chosen by the code: an address can be made up by anyone, so no text out of it is shown.

use crate::domain::problem::Problem;
use crate::ui::components::problem_box::ProblemBox;
use leptos::prelude::*;
use leptos::server_fn::error::ServerFnUrlError;
use leptos_router::hooks::use_query_map;

#[component]
pub fn RefusedAction() -> impl IntoView {
    use_query_map().get_untracked().get("__err").map(|text| {
        let told: Problem = ServerFnUrlError::<Problem>::decode_err(&text);
        let problem = match told.code.as_str() {
            "sign_in_needed" => Problem::sign_in_needed(),
            "not_allowed" => Problem::not_allowed("admin"),
            "not_found" => Problem::not_found(),
            "foreign_origin" => Problem::foreign_origin(),
            "invalid" => {
                Problem::new("invalid", "What you sent was not complete.", "", "Correct it and send it again.")
            }
            _ => Problem::new("unexpected", "That did not work.", "", "Try it again in a moment."),
        };
        view! { <ProblemBox problem /> }
    })
}
