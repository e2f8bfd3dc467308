//! The route table.

use crate::pages::dashboard::DashboardPage;
use crate::pages::essential::EssentialPage;
use crate::pages::explorer::ExplorerPage;
use crate::pages::rca::RcaPage;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

/// Every page, inside the frame that all share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <main id="content">
                <Routes fallback=|| view! { <h1>"Not found"</h1> }>
                    <Route path=path!("/") view=DashboardPage ssr=SsrMode::Async/>
                    <Route path=path!("/essentials/:name") view=EssentialPage ssr=SsrMode::Async/>
                    <Route path=path!("/explorer") view=ExplorerPage ssr=SsrMode::Async/>
                    <Route path=path!("/rca") view=RcaPage ssr=SsrMode::Async/>
                </Routes>
            </main>
        </Router>
    }
}
