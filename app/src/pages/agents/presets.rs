//! Filters that somebody wants again, by name. They stay in this browser.

use super::agents_href;
use crate::location::Place;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::web_sys::{FormData, HtmlFormElement};
use model::telemetry::view::AgentQuery;
use serde::{Deserialize, Serialize};

/// The longest name.
const LONGEST: usize = 60;

/// A query with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Preset {
    name: String,
    query: AgentQuery,
}

/// Puts `preset` among `presets`, in place of one of the same name; they are sorted by name.
fn put(presets: &mut Vec<Preset>, preset: Preset) {
    presets.retain(|other| other.name != preset.name);
    presets.push(preset);
    presets.sort_by(|a, b| a.name.cmp(&b.name));
}

/// The presets, and a field to save the current query as one. They come with the script.
pub(super) fn presets(place: Memo<Place>, query: Memo<AgentQuery>) -> AnyView {
    let saved = RwSignal::new(Vec::<Preset>::new());
    Effect::new(move |_| saved.set(browser::load().unwrap_or_default()));
    let change = move |change: &dyn Fn(&mut Vec<Preset>)| {
        saved.update(|saved| change(saved));
        saved.with_untracked(|saved| browser::keep(saved));
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event_target::<HtmlFormElement>(&event);
        let name = FormData::new_with_form(&form).ok().and_then(|form| form.get("name").as_string());
        let name: String = name.unwrap_or_default().trim().chars().take(LONGEST).collect();
        if !name.is_empty() {
            let preset = Preset { name, query: query.get_untracked() };
            change(&move |presets| put(presets, preset.clone()));
            form.reset();
        }
    };
    let item = move |preset: Preset| {
        let (name, kept) = (preset.name.clone(), preset.name.clone());
        let href = move || agents_href(&place.read(), &preset.query);
        let words = format!("Forget preset {name}");
        view! {
            <li>
                <a href=href>{name}</a>
                <button type="button" class="quick-action" title=words.clone()
                    on:click=move |_| change(&|presets| presets.retain(|preset| preset.name != kept))>
                    <span aria-hidden="true">"×"</span>
                    <span class="visually-hidden">{words.clone()}</span>
                </button>
            </li>
        }
    };
    let list = move || saved.get().into_iter().map(item).collect::<Vec<_>>();
    view! {
        <details class="presets">
            <summary class="quick-action">"Presets"</summary>
            <div class="presets-list">
                <ul>{list}</ul>
                <form on:submit=on_submit>
                    <label class="query-field">
                        "Preset Name"
                        <input class="filter-input" name="name" maxlength=LONGEST.to_string() required autocomplete="off"/>
                    </label>
                    <button class="button" type="submit">"Save Preset"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// Where they are kept; the server has no such place.
mod browser {
    use super::Preset;

    #[cfg(not(feature = "ssr"))]
    const KEY: &str = "sentry_agent_presets";

    #[cfg(not(feature = "ssr"))]
    fn call(method: &str, arguments: &[&str]) -> Option<wasm_bindgen::JsValue> {
        use js_sys::{Array, Function, Reflect};
        use wasm_bindgen::{JsCast, JsValue};
        let storage = Reflect::get(&leptos::prelude::window(), &JsValue::from_str("localStorage")).ok()?;
        let method: Function = Reflect::get(&storage, &JsValue::from_str(method)).ok()?.dyn_into().ok()?;
        let arguments: Array = arguments.iter().map(|text| JsValue::from_str(text)).collect();
        method.apply(&storage, &arguments).ok()
    }

    pub(super) fn load() -> Option<Vec<Preset>> {
        #[cfg(not(feature = "ssr"))]
        let kept = serde_json::from_str(&call("getItem", &[KEY])?.as_string()?).ok();
        #[cfg(feature = "ssr")]
        let kept = None;
        kept
    }

    pub(super) fn keep(presets: &[Preset]) {
        #[cfg(not(feature = "ssr"))]
        if let Ok(text) = serde_json::to_string(presets) {
            call("setItem", &[KEY, &text]);
        }
        #[cfg(feature = "ssr")]
        let _ = presets;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_there_once() {
        let preset = |name: &str, team: &str| Preset {
            name: name.to_owned(),
            query: AgentQuery::parse([("team", team)]).unwrap(),
        };
        let mut presets = Vec::new();
        for (name, team) in [("slow", "a"), ("ours", "b"), ("slow", "c")] {
            put(&mut presets, preset(name, team));
        }
        assert_eq!(presets, [preset("ours", "b"), preset("slow", "c")]);
    }

    #[test]
    fn what_is_kept_reads_back_the_same() {
        let query = AgentQuery::parse([("status", "error"), ("from", "now-1h"), ("sort", "-cost")]).unwrap();
        let preset = Preset { name: "x".to_owned(), query };
        let text = serde_json::to_string(&preset).unwrap();
        assert_eq!(serde_json::from_str::<Preset>(&text).unwrap(), preset);
    }
}
