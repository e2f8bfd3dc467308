//! One file a component.

pub mod account;
pub mod announcer;
pub mod chat_panel;
pub mod copy_button;
pub mod date_picker;
pub mod day_picker;
pub mod demo_ribbon;
pub mod error_page;
pub mod form;
pub(crate) mod gantt;
pub mod header;
pub mod icons;
pub mod keyboard;
pub mod page_meta;
pub mod phase_dots;
pub mod phase_toggle;
pub mod progress_bar;
pub(crate) mod refetch;
pub mod refresh;
pub(crate) mod run_detail;
pub(crate) mod run_link;
pub mod skeleton;
pub mod sources_banner;
pub mod status_badge;
pub mod summary_cards;
