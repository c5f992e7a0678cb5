//! A labelled input, with its hint and its error beneath.

use crate::domain::problem::Problem;
use leptos::prelude::*;

/// The name of the field that a refused form's problem belongs to: problems of a field begin with its name.
pub fn field_of(problem: &Problem, fields: &[&'static str]) -> Option<&'static str> {
    let (name, _) = problem.what.split_once(':')?;
    fields.iter().copied().find(|field| field.eq_ignore_ascii_case(name.trim_matches('`')))
}

#[component]
pub fn Field(
    name: &'static str,
    label: &'static str,
    #[prop(default = "text")] kind: &'static str,
    autocomplete: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional)] hint: &'static str,
    /// What was wrong with it.
    #[prop(default = None)]
    error: Option<String>,
    #[prop(optional)] minlength: Option<usize>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] pattern: Option<&'static str>,
) -> impl IntoView {
    let described =
        [(!hint.is_empty()).then(|| format!("{name}-hint")), error.as_ref().map(|_| format!("{name}-error"))];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {(!hint.is_empty()).then(|| view! { <p class="small muted" id=format!("{name}-hint")>{hint}</p> })}
            <input
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                value=value
                required
                minlength=minlength
                inputmode=inputmode
                pattern=pattern
                aria-invalid=error.as_ref().map(|_| "true")
                aria-describedby=(!described.is_empty()).then_some(described)
            />
            {error.map(|error| view! { <p class="field-error" id=format!("{name}-error")>{error}</p> })}
        </div>
    }
}

/// The problem of a refused form, on top of it.
#[component]
pub fn FormProblem(problem: Problem) -> impl IntoView {
    view! {
        <div class="form-problem" role="alert">
            <p><strong>{problem.what}</strong> " " {problem.why} " " {problem.remedy}</p>
        </div>
    }
}
