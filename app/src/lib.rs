//! The Leptos UI, built twice: `ssr` for the server, `hydrate` for the browser.
