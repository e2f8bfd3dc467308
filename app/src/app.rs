//! The route table, and the frame that every page stands in.
//!
//! The dashboard is part of the program that a first visit loads. The other pages are in parts that the browser
//! fetches when somebody goes there. Pages that lead to each other are in one part: what only some parts need
//! is a file, and a request, for each set of parts that needs it.

use crate::chat::{provide_chat, use_chat};
use crate::components::chat_panel::ChatPanel;
use crate::components::demo_ribbon::DemoRibbon;
use crate::components::error_page::NotFoundPage;
use crate::components::header::Header;
use crate::components::keyboard::Keyboard;
use crate::context::provide_zone;
use crate::live::provide_live;
use crate::pages::agent::AgentPage;
use crate::pages::agents::AgentsPage;
use crate::pages::audit::AuditPage;
use crate::pages::chat::ChatPage;
use crate::pages::costs::CostsPage;
use crate::pages::dashboard::DashboardPage;
use crate::pages::entry::{EntryPage, is_way_in};
use crate::pages::essential::EssentialPage;
use crate::pages::events::EventsPage;
use crate::pages::explorer::ExplorerPage;
use crate::pages::rca::RcaPage;
use crate::pages::settings::SettingsPage;
use crate::pages::trace::TracePage;
use crate::pages::traces::TracesPage;
use crate::session::provide_session;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::hooks::use_location;
use leptos_router::{Lazy, LazyRoute, SsrMode, path};

/// Every page, inside the frame that all share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_session();
    provide_live();
    // What sends the browser elsewhere has changed who looks at the page: the next one is made anew.
    #[cfg(not(feature = "ssr"))]
    let _ = leptos::server_fn::redirect::set_redirect_hook(|to| {
        let _ = window().location().assign(to);
    });
    view! {
        <Router>
            <Frame/>
        </Router>
    }
}

#[component]
fn Frame() -> impl IntoView {
    provide_zone();
    provide_chat();
    let pathname = use_location().pathname;
    let alone = Memo::new(move |_| pathname.with(|path| is_way_in(path)));
    // The assistant's own page has it in the middle.
    let chat = use_chat();
    let beside = Memo::new(move |_| !alone.get() && !chat.is_page.get());
    view! {
        <a class="skip-link" href="#content" rel="external">"Skip to the content"</a>
        {move || (!alone.get()).then(|| view! { <Header/> })}
        <div class="frame" class:has-chat=move || beside.get()>
            <main class="page" id="content" tabindex="-1">
                <DemoRibbon/>
                <Routes fallback=NotFoundPage>
                    <Route path=path!("/") view=DashboardPage ssr=SsrMode::Async/>
                    <Route path=path!("/essentials/:name") view={Lazy::<EssentialRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/explorer") view={Lazy::<ExplorerRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/rca") view={Lazy::<RcaRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/audit") view={Lazy::<AuditRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/agents") view={Lazy::<AgentsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/agents/:id") view={Lazy::<AgentRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/traces") view={Lazy::<TracesRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/traces/:id") view={Lazy::<TraceRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/events") view={Lazy::<EventsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/costs") view={Lazy::<CostsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/chat/:thread?") view={Lazy::<ChatRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/settings/:section") view={Lazy::<SettingsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in") view={Lazy::<EntryRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/setup/:link") view={Lazy::<EntryRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/invitation/:link") view={Lazy::<EntryRoute>::new()} ssr=SsrMode::Async/>
                </Routes>
            </main>
            {move || beside.get().then(|| view! { <ChatPanel/> })}
        </div>
        <Keyboard/>
    }
}

/// A page that is in a part of the program which the browser fetches when somebody goes to the first page of it.
macro_rules! page {
    ($(#[$path:meta])+ $route:ident: $page:ident in $part:ident) => {
        $(#[$path])+
        struct $route;

        const _: () = {
            #[wasm_split($part, wasm_split_path = ::leptos::wasm_split, preload(fetch))]
            fn view() -> AnyView {
                view! { <$page/> }.into_any()
            }

            impl LazyRoute for $route {
                fn data() -> Self {
                    Self
                }

                async fn view(_this: Self) -> AnyView {
                    #[cfg(feature = "ssr")]
                    crate::shell::hydration::preload(stringify!($part));
                    view().await
                }

                async fn preload() {
                    fetch().await;
                }
            }
        };
    };
}

page! {
    /// `/essentials/{name}`.
    EssentialRoute: EssentialPage in batches
}
page! {
    /// `/explorer`.
    ExplorerRoute: ExplorerPage in batches
}
page! {
    /// `/rca`.
    RcaRoute: RcaPage in batches
}
page! {
    /// `/agents`.
    AgentsRoute: AgentsPage in agents
}
page! {
    /// `/agents/{id}`.
    AgentRoute: AgentPage in agents
}
page! {
    /// `/traces`.
    TracesRoute: TracesPage in agents
}
page! {
    /// `/traces/{id}`.
    TraceRoute: TracePage in agents
}
page! {
    /// `/events`.
    EventsRoute: EventsPage in agents
}
page! {
    /// `/costs`.
    CostsRoute: CostsPage in agents
}
page! {
    /// `/chat` and `/chat/{thread}`.
    ChatRoute: ChatPage in chat
}
page! {
    /// `/audit`.
    AuditRoute: AuditPage in settings
}
page! {
    /// `/settings/{section}`.
    SettingsRoute: SettingsPage in settings
}
page! {
    /// `/sign-in`, `/setup/{link}` and `/invitation/{link}`.
    EntryRoute: EntryPage in entry
}
