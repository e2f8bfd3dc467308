//! Small and capital letters. The browser knows those of every alphabet: the tables for them need
//! not come with the program.

/// `text` in small letters.
pub(crate) fn lowercase(text: &str) -> String {
    #[cfg(not(feature = "ssr"))]
    let lowercase = js_sys::JsString::from(text).to_lower_case().into();
    #[cfg(feature = "ssr")]
    let lowercase = text.to_lowercase();
    lowercase
}

/// `text` in capital letters.
pub(crate) fn uppercase(text: &str) -> String {
    #[cfg(not(feature = "ssr"))]
    let uppercase = js_sys::JsString::from(text).to_upper_case().into();
    #[cfg(feature = "ssr")]
    let uppercase = text.to_uppercase();
    uppercase
}
