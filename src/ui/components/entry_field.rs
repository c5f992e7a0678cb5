//! A field of the form for credentials: label, "?" beside it, what is kept, and its error beneath.

use crate::domain::entry::Objection;
use crate::ui::components::aside::{Aside, key_of};
use crate::ui::components::hint::Hint;
use leptos::prelude::*;

/// What is particular to one field. `id` is also its name in the form.
#[derive(Clone, Copy)]
pub struct About {
    pub id: &'static str,
    /// Its name in the REST settings, by which objections tell it.
    pub field: &'static str,
    pub label: &'static str,
    /// Said beneath the label, always.
    pub note: &'static str,
    /// Said on request.
    pub hint: &'static str,
    pub kind: &'static str,
    pub inputmode: &'static str,
}

#[component]
pub fn EntryField(
    about: About,
    #[prop(optional, into)] value: String,
    /// The mask of a secret that is kept: leaving the field empty keeps it.
    #[prop(default = None)]
    kept: Option<String>,
    /// The one that is kept does not fit: leaving the field empty leads nowhere.
    #[prop(optional)]
    refused: bool,
    objections: Vec<Objection>,
    #[prop(optional, into)] placeholder: String,
) -> impl IntoView {
    let About { id, field, label, note, hint, kind, inputmode } = about;
    let mine: Vec<_> = objections.into_iter().filter(|objection| objection.field == field).collect();
    let wrong = !mine.is_empty();
    let described = [
        (!note.is_empty()).then(|| format!("{id}-note")),
        kept.as_ref().map(|_| format!("{id}-kept")),
        wrong.then(|| format!("{id}-error")),
    ];
    let described = described.into_iter().flatten().collect::<Vec<_>>().join(" ");
    view! {
        <div class="field">
            <div class="field-label">
                <label for=id>{label}</label>
                <Hint id=format!("{id}-hint") about=label.trim_end_matches(" (optional)") text=hint />
            </div>
            {(!note.is_empty()).then(|| view! { <p class="small muted" id=format!("{id}-note")>{note}</p> })}
            <input
                id=id name=format!("entry[{id}]") type=kind inputmode=(!inputmode.is_empty()).then_some(inputmode)
                value=value placeholder=(!placeholder.is_empty()).then_some(placeholder)
                autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-invalid=wrong.then_some("true") aria-describedby=(!described.is_empty()).then_some(described)
            />
            {kept.map(|mask| view! { <Kept id mask refused /> })}
            {wrong.then(|| view! { <Wrong id mine /> })}
        </div>
    }
    .into_any()
}

#[component]
fn Kept(id: &'static str, mask: String, refused: bool) -> impl IntoView {
    let (before, behind) = match refused {
        true => ("Not taken: ", " · paste another one"),
        false => ("Kept: ", " · leave empty to keep it"),
    };
    view! { <p class="small kept" id=format!("{id}-kept")>{before}<code>{mask}</code>{behind}</p> }
}

#[component]
fn Wrong(id: &'static str, mine: Vec<Objection>) -> impl IntoView {
    let lines = mine.into_iter().enumerate().map(|(place, Objection { problem, .. })| {
        let text = [&problem.what, &problem.why, &problem.remedy];
        let text = text.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ");
        view! {
            <p class="field-error">{text}</p>
            <Aside place=format!("{id}-{place}") key=key_of(&problem) meta=problem.meta />
        }
    });
    view! { <div id=format!("{id}-error")>{lines.collect_view()}</div> }
}

/// One of several buttons of the form: it says which was pressed.
#[component]
pub fn PressButton(
    press: &'static str,
    class: &'static str,
    label: &'static str,
    pending: &'static str,
    #[prop(default = None)] id: Option<&'static str>,
) -> impl IntoView {
    view! {
        <button type="submit" form="entry" name="press" value=press class=class id=id data-pending>
            <span class="said">{label}</span>
            <span class="said-pending">{pending}</span>
        </button>
    }
    .into_any()
}
