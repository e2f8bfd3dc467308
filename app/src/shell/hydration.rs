//! The script that makes the page live. In place of leptos' `HydrationScripts`, which has the
//! browser fetch the program before it paints: here the page is painted first.

use leptos::WasmSplitManifest;
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use std::path::Path;
use std::sync::OnceLock;

/// Fetches and starts the program `name` of folder `root`: once the first paint is on the screen,
/// or after a second where there is none, because the page is in the background.
const SCRIPT: &str = include_str!("hydration.js");
/// As `cargo leptos build --split` calls them.
const SPLIT_SCRIPT: &str = "__wasm_split.______________________.js";
const SPLIT_MANIFEST: &str = "__wasm_split_manifest.json";

/// Starts the program once the page is painted.
#[component]
pub fn HydrationScript(
    /// Where the built files are, and how they are called.
    options: LeptosOptions,
) -> impl IntoView {
    static SPLITS: OnceLock<Option<WasmSplitManifest>> = OnceLock::new();
    let root = format!("/{}", options.site_pkg_dir);
    // What the pages that are files of their own need; the router preloads it.
    if let Some(splits) = SPLITS.get_or_init(|| read_splits(&options, &root)) {
        provide_context(splits.clone());
    }
    let name = options.output_name.to_string();
    view! { <script type="module" nonce=use_nonce()>{format!("({})({root:?},{name:?})", SCRIPT.trim())}</script> }
}

/// `None` where the program is not split, or not built.
fn read_splits(options: &LeptosOptions, root: &str) -> Option<WasmSplitManifest> {
    let folder = Path::new(&*options.site_root).join(&*options.site_pkg_dir);
    let manifest = std::fs::read(folder.join(SPLIT_MANIFEST)).ok()?;
    let files = serde_json::from_slice(&manifest).ok()?;
    Some(WasmSplitManifest(ArcStoredValue::new((root.to_owned(), files, SPLIT_SCRIPT.to_owned()))))
}
