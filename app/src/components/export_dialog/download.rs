//! Reads a file as it comes, and hands it to the browser when it is whole.

use super::{Progress, State};
use js_sys::{Array, Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Blob, HtmlAnchorElement, ReadableStreamDefaultReader, RequestInit, Response, Url,
};

/// The most that a page holds; larger files are for the browser itself.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The one download of a dialog.
#[derive(Clone, Copy)]
pub(super) struct Download {
    state: RwSignal<State>,
    abort: StoredValue<Option<AbortController>, LocalStorage>,
}

impl Download {
    /// Nothing yet. It is given up when the page is left.
    pub(super) fn new(state: RwSignal<State>) -> Self {
        let download = Self { state, abort: StoredValue::new_local(None) };
        on_cleanup(move || download.cancel());
        download
    }

    /// Reads the file at `url`; in one with lines, rows are counted.
    pub(super) fn begin(self, url: String, has_lines: bool) {
        let Ok(abort) = AbortController::new() else { return };
        self.abort.set_value(Some(abort.clone()));
        self.state.set(State::Running(Progress::default()));
        spawn_local(async move {
            let read = self.read(&url, has_lines, &abort).await;
            let state = match read {
                _ if abort.signal().aborted() => State::Cancelled,
                Ok(progress) => State::Done(progress),
                Err(why) => {
                    abort.abort();
                    State::Failed(why)
                }
            };
            let _ = self.state.try_set(state);
        });
    }

    /// Gives the file up that is on its way.
    pub(super) fn cancel(self) {
        if let Some(Some(abort)) = self.abort.try_update_value(Option::take) {
            abort.abort();
        }
    }

    async fn read(self, url: &str, has_lines: bool, abort: &AbortController) -> Result<Progress, String> {
        const NO_ANSWER: &str = "The server does not answer. Try again in a moment.";
        const BROKEN: &str =
            "The file broke off before its end, and nothing was saved. Try again, or choose a shorter range.";
        let options = RequestInit::new();
        options.set_signal(Some(&abort.signal()));
        let answer = JsFuture::from(window().fetch_with_str_and_init(url, &options)).await;
        let answer: Response = answer.and_then(JsCast::dyn_into).map_err(|_| NO_ANSWER.to_owned())?;
        if !answer.ok() {
            return Err(refusal(&answer).await);
        }
        let total = answer.headers().get("x-total-count").ok().flatten().and_then(|text| text.parse().ok());
        let mut progress = Progress { bytes: 0, rows: has_lines.then_some(0), total };
        let parts = Array::new();
        let body = answer.body().ok_or(BROKEN)?;
        let reader: ReadableStreamDefaultReader =
            body.get_reader().dyn_into().map_err(|_| BROKEN.to_owned())?;
        let mut is_heading = is_csv(&answer);
        loop {
            let piece = JsFuture::from(reader.read()).await.map_err(|_| BROKEN.to_owned())?;
            let field = |name| Reflect::get(&piece, &JsValue::from_str(name)).unwrap_or_default();
            let Ok(bytes) = field("value").dyn_into::<Uint8Array>() else { break };
            progress.bytes += u64::from(bytes.length());
            if progress.bytes > MOST_BYTES {
                return Err("The file is too large for this page. Use the direct download.".to_owned());
            }
            if let Some(rows) = &mut progress.rows {
                *rows += bytes.to_vec().iter().filter(|byte| **byte == b'\n').count() as u64;
                // The first line of CSV names the columns.
                if is_heading && *rows > 0 {
                    *rows -= 1;
                    is_heading = false;
                }
            }
            parts.push(&bytes);
            if self.state.try_set(State::Running(progress)).is_some() {
                return Err(BROKEN.to_owned());
            }
        }
        save(&parts, &file_name(&answer)).ok_or("The browser does not save files.")?;
        Ok(progress)
    }
}

/// Why the server has no file.
async fn refusal(answer: &Response) -> String {
    #[derive(serde::Deserialize)]
    struct Envelope {
        error: String,
    }
    let text = match answer.text() {
        Ok(text) => JsFuture::from(text).await.ok().and_then(|text| text.as_string()),
        Err(_) => None,
    };
    let said = text.and_then(|text| serde_json::from_str::<Envelope>(&text).ok());
    match said {
        Some(Envelope { error }) => crate::components::form::sentence(&error),
        None => format!("The server refused with status {}.", answer.status()),
    }
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).ok().flatten().unwrap_or_default()
}

fn is_csv(answer: &Response) -> bool {
    header(answer, "content-type").starts_with("text/csv")
}

/// The name that the server gives the file.
fn file_name(answer: &Response) -> String {
    let disposition = header(answer, "content-disposition");
    let name = disposition.split("filename=\"").nth(1).and_then(|rest| rest.split('"').next());
    name.unwrap_or("export").to_owned()
}

/// Has the browser save the file.
fn save(parts: &Array, name: &str) -> Option<()> {
    let blob = Blob::new_with_u8_array_sequence(parts).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url).ok()
}
