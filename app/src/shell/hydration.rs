//! The script that makes the page live. In place of leptos' `HydrationScripts`, which has the
//! browser fetch the program before it paints: here the page is painted first.

use axum::http::HeaderValue;
use axum::http::header::LINK;
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

/// Fetches and starts the program `name` of folder `root`: once the first paint is on the screen,
/// or after a second where there is none, because the page is in the background.
const SCRIPT: &str = include_str!("hydration.js");
/// As `cargo leptos build --split` calls it.
const MANIFEST: &str = "__wasm_split_manifest.json";

/// The links to the files that each part of the program consists of.
static PARTS: OnceLock<HashMap<String, HeaderValue>> = OnceLock::new();

/// Starts the program once the page is painted.
#[component]
pub fn HydrationScript(
    /// Where the built files are, and how they are called.
    options: LeptosOptions,
) -> impl IntoView {
    let root = format!("/{}", options.site_pkg_dir);
    PARTS.get_or_init(|| read_parts(&options, &root).unwrap_or_default());
    let name = options.output_name.to_string();
    view! { <script type="module" nonce=use_nonce()>{format!("({})({root:?},{name:?})", SCRIPT.trim())}</script> }
}

/// Has the browser fetch a part of the program while it reads the page, which needs it, after what is painted. leptos' own way looks for
/// the files where other requests may have taken the place of this one, and then has nothing fetched.
pub fn preload(part: &str) {
    if let (Some(response), Some(links)) =
        (use_context::<ResponseOptions>(), PARTS.get().and_then(|parts| parts.get(part)))
    {
        response.append_header(LINK, links.clone());
    }
}

/// `None` where the program is not split, or not built.
fn read_parts(options: &LeptosOptions, root: &str) -> Option<HashMap<String, HeaderValue>> {
    let folder = Path::new(&*options.site_root).join(&*options.site_pkg_dir);
    let manifest = std::fs::read(folder.join(MANIFEST)).ok()?;
    let parts: HashMap<String, Vec<String>> = serde_json::from_slice(&manifest).ok()?;
    let link = |file: &String| {
        format!("<{root}/{file}.wasm>; rel=preload; as=fetch; crossorigin; fetchpriority=low")
    };
    let links = |files: Vec<String>| files.iter().map(link).collect::<Vec<_>>().join(", ");
    parts.into_iter().map(|(part, files)| Some((part, HeaderValue::try_from(links(files)).ok()?))).collect()
}
