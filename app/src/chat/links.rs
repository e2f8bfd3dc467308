//! Addresses of conversations, and the links of answers.

use crate::components::run_link::add_parameters;
use crate::location::{Place, encode};
use model::ask::{ThreadId, TurnId};

/// The assistant's page without a conversation.
pub(crate) const PATH: &str = "/chat";

/// The page of a conversation.
pub(crate) fn thread_path(thread: &ThreadId) -> String {
    format!("{PATH}/{}", encode(thread.as_str()))
}

/// A conversation's id as a part of a path.
#[cfg(not(feature = "ssr"))]
pub(crate) fn encoded_thread(thread: &ThreadId) -> String {
    encode(thread.as_str())
}

/// Where a turn stands on its page.
pub(crate) fn turn_anchor(turn: TurnId) -> String {
    format!("turn-{}", turn.0)
}

/// The address of a turn: the page of its conversation, on the branch that it stands on.
pub(crate) fn turn_href(place: &Place, thread: &ThreadId, turn: TurnId) -> String {
    let place = Place { thread: None, turn: Some(turn), ..place.elsewhere() };
    format!("{}#{}", place.href(&thread_path(thread)), turn_anchor(turn))
}

/// `None` where the path is not the assistant's; else the conversation that it names.
pub(crate) fn thread_of_path(path: &str) -> Option<Option<ThreadId>> {
    let rest = path.strip_prefix(PATH)?;
    match rest.trim_end_matches('/') {
        "" => Some(None),
        rest => Some(Some(ThreadId::new(rest.strip_prefix('/')?))),
    }
}

/// The link of an answer, with zone, project and conversation of `place`; `None` where it does not
/// lead to a page of this program.
pub(crate) fn own_href(place: &Place, href: &str) -> Option<String> {
    let is_path = href.starts_with('/') && !href.starts_with("//");
    let is_plain = href.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if !is_path || !is_plain {
        return None;
    }
    let query = href.split_once('?').map_or("", |(_, query)| query);
    let named = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let missing: Vec<_> = place.hidden_fields().into_iter().filter(|(name, _)| !named(name)).collect();
    Some(add_parameters(href.to_owned(), missing.iter().map(|(name, value)| (*name, value.as_str()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_conversation() {
        let check = |path: &str, expect: Option<Option<&str>>| {
            assert_eq!(thread_of_path(path), expect.map(|thread| thread.map(ThreadId::from)), "{path}");
        };
        check("/", None);
        check("/chatter", None);
        check("/chat", Some(None));
        check("/chat/", Some(None));
        check("/chat/t1", Some(Some("t1")));
    }

    #[test]
    fn links_of_answers_stay_here_and_keep_the_conversation() {
        let place = Place { thread: Some("t1".into()), ..Place::default() };
        let check = |href: &str, expect: Option<&str>| {
            assert_eq!(own_href(&place, href).as_deref(), expect, "{href}");
        };
        check("/rca?date=2026-02-18", Some("/rca?date=2026-02-18&thread=t1"));
        check("/", Some("/?thread=t1"));
        check("/?thread=t2", Some("/?thread=t2"));
        for hostile in [
            "",
            "rca",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/a\nb",
            "/ä",
        ] {
            check(hostile, None);
        }
    }

    #[test]
    fn a_turn_has_an_address_of_its_own() {
        let place = Place { thread: Some("other".into()), ..Place::default() };
        assert_eq!(turn_href(&place, &"t1".into(), TurnId(3)), "/chat/t1?turn=3#turn-3");
    }
}
