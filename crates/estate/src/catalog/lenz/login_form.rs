//! The form on a login page.

use reqwest::Url;
use scraper::{ElementRef, Html, Node, Selector};

/// A form to be filled in with user name and password.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LoginForm {
    /// Where to send it.
    pub(super) action: Url,
    /// Names and values of its hidden fields.
    pub(super) hidden: Vec<(String, String)>,
}

/// The first form of `html` that asks for a password. `page` is where the text came from:
/// what a relative or missing action is resolved to.
pub(super) fn find_login_form(page: &Url, html: &str) -> Option<LoginForm> {
    let document = Html::parse_document(html);
    let forms = Selector::parse("form").ok()?;
    let form = document.select(&forms).find(|form| inputs(*form).any(|input| has_type(input, "password")))?;
    let action = form.value().attr("action").unwrap_or_default();
    let field = |input: ElementRef| {
        let value = input.value().attr("value").unwrap_or_default();
        Some((input.value().attr("name")?.to_owned(), value.to_owned()))
    };
    Some(LoginForm {
        action: page.join(action.trim()).ok()?,
        hidden: inputs(form).filter(|input| has_type(*input, "hidden")).filter_map(field).collect(),
    })
}

fn inputs(form: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    let elements = form.descendants().filter(|node| matches!(node.value(), Node::Element(_)));
    elements.filter_map(ElementRef::wrap).filter(|element| element.value().name() == "input")
}

fn has_type(input: ElementRef, wanted: &str) -> bool {
    input.value().attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expect: Option<(&str, &[(&str, &str)])>) {
        let page: Url = "https://login.example.com/adfs/ls/?wa=in".parse().unwrap();
        let found = find_login_form(&page, html);
        let expect = expect.map(|(action, hidden)| LoginForm {
            action: action.parse().unwrap(),
            hidden: hidden.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        });
        assert_eq!(found, expect, "{html}");
    }

    #[test]
    fn reads_action_and_hidden_fields_in_any_spelling() {
        check(
            r#"<form method="post" action="/adfs/ls/?client=1&amp;id=2">
               <input type="hidden" name="a" value="1&amp;2"><input value='x "y"' name='b' type='HIDDEN' />
               <input name=UserName><INPUT TYPE=password NAME=Password></form>"#,
            Some(("https://login.example.com/adfs/ls/?client=1&id=2", &[("a", "1&2"), ("b", "x \"y\"")])),
        );
        check(
            r#"<form action="https://other.example.com/x"><p><input type=password></p></form>"#,
            Some(("https://other.example.com/x", &[])),
        );
        check("<form><input type=password></form>", Some(("https://login.example.com/adfs/ls/?wa=in", &[])));
        check(
            "<form action='/search'><input type=hidden name=q></form>
             <form action='go'><input type=hidden name=only><input type=hidden><input type=password>",
            Some(("https://login.example.com/adfs/ls/go", &[("only", "")])),
        );
    }

    #[test]
    fn a_page_without_a_password_has_no_login_form() {
        check("", None);
        check("<form action='/search'><input name=q></form>", None);
        check("<!-- <form><input type=password></form> -->", None);
        check("{\"GLOBAL\": {}}", None);
    }
}
