//! A labelled input, with its hint and its error beneath.

use crate::domain::problem::Problem;
use crate::ui::paths;
use leptos::prelude::*;

/// What is wrong with `field`, when the problem is that field's: such problems begin with its name.
pub fn error_of(problem: Option<&Problem>, field: &str) -> Option<String> {
    let (name, rule) = problem?.what.split_once(':')?;
    name.trim_matches('`').eq_ignore_ascii_case(field).then(|| capitalised(rule.trim()))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[component]
pub fn Field(
    name: &'static str,
    /// Where a name stands on the page twice.
    #[prop(default = name)]
    id: &'static str,
    label: &'static str,
    #[prop(default = "text")] kind: &'static str,
    autocomplete: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional)] hint: &'static str,
    /// What was wrong with it.
    #[prop(default = None)]
    error: Option<String>,
    /// May stay empty.
    #[prop(optional)]
    optional: bool,
    /// Shown, and not to be changed here.
    #[prop(optional)]
    readonly: bool,
    #[prop(optional)] minlength: Option<usize>,
    #[prop(optional)] maxlength: Option<usize>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] pattern: Option<&'static str>,
) -> impl IntoView {
    let described = [(!hint.is_empty()).then(|| format!("{id}-hint")), error.as_ref().map(|_| format!("{id}-error"))];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {(!hint.is_empty()).then(|| view! { <p class="small muted" id=format!("{id}-hint")>{hint}</p> })}
            <input
                id=id
                name=name
                type=kind
                autocomplete=autocomplete
                value=value
                required=!optional && !readonly
                readonly=readonly
                minlength=minlength
                maxlength=maxlength
                inputmode=inputmode
                pattern=pattern
                aria-invalid=error.as_ref().map(|_| "true")
                aria-describedby=(!described.is_empty()).then_some(described)
            />
            {error.map(|error| view! { <p class="field-error" id=format!("{id}-error")>{error}</p> })}
        </div>
    }
    .into_any()
}

/// The problem of a refused form, on top of it.
#[component]
pub fn FormProblem(problem: Problem) -> impl IntoView {
    let way = paths::remedy_of(&problem.code).map(|(address, words)| view! { <p><a href=address>{words}</a></p> });
    view! {
        <div class="form-problem" role="alert">
            <p><strong>{capitalised(&problem.what)}</strong> " " {problem.why} " " {problem.remedy}</p>
            {way}
        </div>
    }
    .into_any()
}
