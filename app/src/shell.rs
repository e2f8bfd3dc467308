//! The HTML document around [`App`].

pub mod hydration;

use crate::App;
use crate::session::Session;
use hydration::HydrationScript;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// Fonts that the first screen of every page needs.
const FIRST_FONTS: [&str; 2] =
    ["/fonts/source-sans-3-latin-wght-normal.woff2", "/fonts/jetbrains-mono-latin-wght-normal.woff2"];

/// The document that the server sends for every page. Theme and panel width are in it, so that
/// nothing jumps or flashes before the script runs; the script waits for the first paint.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let session = Session::of_request();
    let fonts = FIRST_FONTS
        .map(|href| view! { <link rel="preload" href=href r#as="font" r#type="font/woff2" crossorigin="anonymous"/> });
    let chat_width = session.chat_width.map(|width| {
        view! { <style nonce=use_nonce()>{format!(":root{{--chat-width:{width}px}}")}</style> }
    });
    let stylesheet = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=session.theme.map(|theme| theme.as_str()) data-zone=session.zone.as_str().to_owned()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml"/>
                {fonts}
                <link rel="stylesheet" id="leptos" href=stylesheet/>
                {chat_width}
                <AutoReload options=options.clone()/>
                <HydrationScript options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
