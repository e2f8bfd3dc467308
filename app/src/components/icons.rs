//! Line icons (Feather, MIT), drawn in the colour of the text around them. All are decoration:
//! what they stand for is said beside them.

use leptos::prelude::*;

macro_rules! icon {
    ($(#[$doc:meta])* $name:ident, $($shape:tt)*) => {
        $(#[$doc])*
        #[component]
        pub fn $name(
            /// Width and height in CSS pixels.
            size: u8,
        ) -> impl IntoView {
            view! {
                <svg width=size height=size viewBox="0 0 24 24" aria-hidden="true">$($shape)*</svg>
            }
        }
    };
}

icon! {
    /// A gear.
    SettingsIcon,
    <circle cx="12" cy="12" r="3"></circle>
    <path d="M19.4 15a1.65 1.65 0 0 0 .33 1.82l.06.06a2 2 0 0 1 0 2.83 2 2 0 0 1-2.83 0l-.06-.06a1.65 1.65 0 0 0-1.82-.33 1.65 1.65 0 0 0-1 1.51V21a2 2 0 0 1-2 2 2 2 0 0 1-2-2v-.09A1.65 1.65 0 0 0 9 19.4a1.65 1.65 0 0 0-1.82.33l-.06.06a2 2 0 0 1-2.83 0 2 2 0 0 1 0-2.83l.06-.06a1.65 1.65 0 0 0 .33-1.82 1.65 1.65 0 0 0-1.51-1H3a2 2 0 0 1-2-2 2 2 0 0 1 2-2h.09A1.65 1.65 0 0 0 4.6 9a1.65 1.65 0 0 0-.33-1.82l-.06-.06a2 2 0 0 1 0-2.83 2 2 0 0 1 2.83 0l.06.06a1.65 1.65 0 0 0 1.82.33H9a1.65 1.65 0 0 0 1-1.51V3a2 2 0 0 1 2-2 2 2 0 0 1 2 2v.09a1.65 1.65 0 0 0 1 1.51 1.65 1.65 0 0 0 1.82-.33l.06-.06a2 2 0 0 1 2.83 0 2 2 0 0 1 0 2.83l-.06.06a1.65 1.65 0 0 0-.33 1.82V9a1.65 1.65 0 0 0 1.51 1H21a2 2 0 0 1 2 2 2 2 0 0 1-2 2h-.09a1.65 1.65 0 0 0-1.51 1z"></path>
}
icon! {
    /// A bell.
    BellIcon,
    <path d="M18 8A6 6 0 0 0 6 8c0 7-3 9-3 9h18s-3-2-3-9M13.73 21a2 2 0 0 1-3.46 0"></path>
}
icon! {
    /// A question mark in a circle.
    HelpIcon,
    <circle cx="12" cy="12" r="10"></circle>
    <path d="M9.09 9a3 3 0 0 1 5.83 1c0 2-3 3-3 3"></path>
    <line x1="12" y1="17" x2="12.01" y2="17"></line>
}
icon! {
    /// Half of a circle filled: light and dark.
    ThemeIcon,
    <circle cx="12" cy="12" r="9"></circle>
    <path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor"></path>
}
icon! {
    /// A calendar's leaf.
    CalendarIcon,
    <rect x="3" y="4" width="18" height="18" rx="2" ry="2"></rect>
    <line x1="16" y1="2" x2="16" y2="6"></line>
    <line x1="8" y1="2" x2="8" y2="6"></line>
    <line x1="3" y1="10" x2="21" y2="10"></line>
}
icon! {
    /// An arrow that goes round.
    RefreshIcon,
    <polyline points="23 4 23 10 17 10"></polyline>
    <path d="M20.49 15a9 9 0 1 1-2.12-9.36L23 10"></path>
}
icon! {
    /// An arrow head that points down.
    ChevronDownIcon,
    <polyline points="6 9 12 15 18 9"></polyline>
}
icon! {
    /// An arrow head that points right.
    ChevronRightIcon,
    <polyline points="9 18 15 12 9 6"></polyline>
}
icon! {
    /// A funnel.
    FilterIcon,
    <polygon points="22 3 2 3 10 12.46 10 19 14 21 14 12.46 22 3"></polygon>
}
icon! {
    /// A plus sign.
    PlusIcon,
    <line x1="12" y1="5" x2="12" y2="19"></line>
    <line x1="5" y1="12" x2="19" y2="12"></line>
}
icon! {
    /// A clock.
    ClockIcon,
    <circle cx="12" cy="12" r="10"></circle>
    <polyline points="12 6 12 12 16 14"></polyline>
}
icon! {
    /// Two arrows that point away from each other.
    ExpandIcon,
    <polyline points="15 3 21 3 21 9"></polyline>
    <polyline points="9 21 3 21 3 15"></polyline>
    <line x1="21" y1="3" x2="14" y2="10"></line>
    <line x1="3" y1="21" x2="10" y2="14"></line>
}
icon! {
    /// A map's pin.
    PinIcon,
    <path d="M21 10c0 7-9 13-9 13s-9-6-9-13a9 9 0 0 1 18 0z"></path>
    <circle cx="12" cy="10" r="3"></circle>
}
icon! {
    /// A paper plane.
    SendIcon,
    <line x1="22" y1="2" x2="11" y2="13"></line>
    <polygon points="22 2 15 22 11 13 2 9 22 2"></polygon>
}
icon! {
    /// A square.
    StopIcon,
    <rect x="5" y="5" width="14" height="14" rx="2" fill="currentColor"></rect>
}
icon! {
    /// A circle with a cross in it.
    FailedIcon,
    <circle cx="12" cy="12" r="10"></circle>
    <line x1="15" y1="9" x2="9" y2="15"></line>
    <line x1="9" y1="9" x2="15" y2="15"></line>
}
icon! {
    /// A thumb that points up.
    ThumbUpIcon,
    <path d="M14 9V5a3 3 0 0 0-3-3l-4 9v11h11.28a2 2 0 0 0 2-1.7l1.38-9a2 2 0 0 0-2-2.3zM7 22H4a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2h3"></path>
}
icon! {
    /// A thumb that points down.
    ThumbDownIcon,
    <path d="M10 15v4a3 3 0 0 0 3 3l4-9V2H5.72a2 2 0 0 0-2 1.7l-1.38 9a2 2 0 0 0 2 2.3zm7-13h2.67A2.31 2.31 0 0 1 22 4v7a2.31 2.31 0 0 1-2.33 2H17"></path>
}
icon! {
    /// Two links of a chain.
    LinkIcon,
    <path d="M10 13a5 5 0 0 0 7.54.54l3-3a5 5 0 0 0-7.07-7.07l-1.72 1.71"></path>
    <path d="M14 11a5 5 0 0 0-7.54-.54l-3 3a5 5 0 0 0 7.07 7.07l1.71-1.71"></path>
}
icon! {
    /// A pencil.
    EditIcon,
    <path d="M12 20h9"></path>
    <path d="M16.5 3.5a2.12 2.12 0 0 1 3 3L7 19l-4 1 1-4z"></path>
}
