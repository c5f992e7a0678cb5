//! A labelled input, with its hint and its error beneath.

use crate::domain::problem::Problem;
use crate::ui::paths;
use leptos::prelude::*;

/// What is wrong with `field`, when the problem is that field's.
pub fn error_of(problem: Option<&Problem>, field: &str) -> Option<String> {
    let broken = problem?.broken.as_ref()?;
    broken.field.eq_ignore_ascii_case(field).then(|| capitalised(&broken.rule))
}

/// How forms call the fields that programs know by name.
const LABELS: [(&str, &str); 21] = [
    ("app_id", "App ID"),
    ("app_secret", "App secret"),
    ("code", "Code"),
    ("config_id", "Configuration ID"),
    ("connection", "Number"),
    ("current", "Present password"),
    ("days", "It ends after"),
    ("email", "Email"),
    ("format", "Format"),
    ("from", "From"),
    ("headerName", "Header"),
    ("headerValue", "Value"),
    ("kinds", "Events"),
    ("name", "Name"),
    ("new", "New password"),
    ("password", "Password"),
    ("person", "Person"),
    ("pin", "PIN"),
    ("to", "To"),
    ("url", "Address"),
    ("verifyToken", "Verify token"),
];

/// What happened, in a sentence: a field is told by its label.
fn sentence(problem: &Problem) -> String {
    let Some(broken) = &problem.broken else { return capitalised(&problem.what) };
    let rule = broken.rule.trim_end_matches('.');
    let label = LABELS.iter().find(|(field, _)| broken.field.eq_ignore_ascii_case(field));
    match label {
        Some((_, label)) => format!("{label}: {rule}."),
        None => format!("{}.", capitalised(rule)),
    }
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
            <p><strong>{sentence(&problem)}</strong> " " {problem.why} " " {problem.remedy}</p>
            {way}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{error_of, sentence};
    use crate::domain::problem::Problem;

    #[test]
    fn a_field_is_told_by_its_label_and_the_sentence_ends() {
        let problem = Problem::invalid("url", "leave out what follows the #");
        assert_eq!(sentence(&problem), "Address: leave out what follows the #.");
        assert_eq!(error_of(Some(&problem), "url").as_deref(), Some("Leave out what follows the #"));
        assert_eq!(error_of(Some(&problem), "name"), None);
        assert_eq!(sentence(&Problem::invalid("limit", "1 to 100")), "1 to 100.");
        assert_eq!(sentence(&Problem::sign_in_needed()), "You are not signed in.");
    }
}
