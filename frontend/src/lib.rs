//! Hydrates the page in the browser, and nothing else.

#![recursion_limit = "512"]

/// Takes over the page that the server rendered; done once all of it answers, also what is in a part of the program
/// that it has yet to fetch.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), app::App).await.forget();
}

/// Room in the program's read-only data. Splitting the program aligns each part's data anew; where
/// the parts together come out longer than the whole was, all of it goes into the first one, which
/// every visitor then loads. Nothing refers to this, so no part contains it.
#[used]
static ROOM_FOR_ALIGNMENT: [u8; 4096] = [1; 4096];
