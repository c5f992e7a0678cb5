//! The few things that the islands ask of the browser.

use js_sys::Promise;
use js_sys::futures::JsFuture;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::{self, Document, DomParser, Element, Headers, HtmlElement, RequestInit, Response, SupportedType};

/// Said aloud to those who do not see it, in the page's one polite live region.
pub fn announce(text: &str) {
    if let Some(announcer) = document().get_element_by_id("announcer") {
        announcer.set_text_content(Some(text));
    }
}

pub fn go_to(address: &str) {
    let _ = window().location().assign(address);
}

/// The element that an event happened in, or the nearest one around it that `selector` names.
pub fn closest(event: &web_sys::Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}

/// This very page as the server would draw it now.
pub async fn fresh_page() -> Option<Document> {
    let address = window().location().href().ok()?;
    let html = answer_text(window().fetch_with_str(&address)).await?;
    DomParser::new().ok()?.parse_from_string(&html, SupportedType::TextHtml).ok()
}

/// What the server answers to a body; `None` when it did not, or refused.
pub async fn post(address: &str, content_type: &str, body: &str) -> Option<String> {
    let headers = Headers::new().ok()?;
    headers.append("content-type", content_type).ok()?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&JsValue::from_str(body));
    answer_text(window().fetch_with_str_and_init(address, &request)).await
}

async fn answer_text(answer: Promise) -> Option<String> {
    let answer: Response = JsFuture::from(answer).await.ok()?.dyn_into().ok()?;
    // Another address: the login page, most likely. Reloading shows it.
    if answer.redirected() || !answer.ok() {
        return None;
    }
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}

/// Puts the fresh page's `data-live` regions into this one: focus, open details and open hints stay.
pub fn swap_live_regions(fresh: &Document) {
    for old in all(&document(), "[data-live]") {
        let name = old.get_attribute("data-live").unwrap_or_default();
        let Ok(Some(new)) = fresh.query_selector(&format!("[data-live=\"{name}\"]")) else { continue };
        swap(&old, &new);
    }
}

fn swap(old: &Element, new: &Element) {
    for details in all(old, "details[open]") {
        if let Ok(Some(same)) = new.query_selector(&format!("#{}", details.id())) {
            let _ = same.set_attribute("open", "");
        }
    }
    let html = new.inner_html();
    let reading_a_hint = matches!(old.query_selector(":popover-open"), Ok(Some(_)));
    if reading_a_hint || old.inner_html() == html {
        return;
    }
    let focused = document().active_element().filter(|element| old.contains(Some(element)));
    match focused {
        None => old.set_inner_html(&html),
        // Where the focus has no place in the new text, the region waits until the focus has left it.
        Some(focused) => {
            let id = focused.id();
            if !id.is_empty() && matches!(new.query_selector(&format!("#{id}:not(:disabled)")), Ok(Some(_))) {
                old.set_inner_html(&html);
                focus(&id);
            }
        }
    }
}

fn focus(id: &str) {
    if let Some(element) = document().get_element_by_id(id).and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Anything that can be searched with a selector.
pub trait Searchable {
    fn found(&self, selector: &str) -> Result<web_sys::NodeList, JsValue>;
}

impl Searchable for Document {
    fn found(&self, selector: &str) -> Result<web_sys::NodeList, JsValue> {
        self.query_selector_all(selector)
    }
}

impl Searchable for Element {
    fn found(&self, selector: &str) -> Result<web_sys::NodeList, JsValue> {
        self.query_selector_all(selector)
    }
}

pub fn all(place: &impl Searchable, selector: &str) -> Vec<Element> {
    let Ok(list) = place.found(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|at| list.item(at)?.dyn_into().ok()).collect()
}
