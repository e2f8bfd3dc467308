//! The form on a login page.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use reqwest::Url;
use std::cell::RefCell;

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
    let tokenizer = Tokenizer::new(Forms::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&input); // reads all: nothing here makes it pause
    tokenizer.end();
    let forms = tokenizer.sink.forms.into_inner();
    let form = forms.into_iter().find(|form| form.asks_password)?;
    Some(LoginForm { action: page.join(form.action.trim()).ok()?, hidden: form.hidden })
}

/// The forms of a page, as far as it has been read.
#[derive(Default)]
struct Forms {
    forms: RefCell<Vec<Form>>,
}

#[derive(Default)]
struct Form {
    action: String,
    hidden: Vec<(String, String)>,
    asks_password: bool,
    closed: bool,
}

impl TokenSink for Forms {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        let mut forms = self.forms.borrow_mut();
        // A form within a form is none (HTML standard, "in body" insertion mode).
        let open = forms.last_mut().filter(|form| !form.closed);
        match (tag.kind, &*tag.name, open) {
            (TagKind::StartTag, "form", None) => {
                forms.push(Form { action: attribute(&tag, "action").unwrap_or_default(), ..Form::default() });
            }
            (TagKind::EndTag, "form", Some(form)) => form.closed = true,
            (TagKind::StartTag, "input", Some(form)) => form.add_input(&tag),
            // What looks like a tag within these is text.
            (TagKind::StartTag, "script", _) => return TokenSinkResult::RawData(ScriptData),
            (TagKind::StartTag, "style" | "iframe" | "noembed" | "noframes" | "xmp", _) => {
                return TokenSinkResult::RawData(Rawtext);
            }
            (TagKind::StartTag, "textarea" | "title", _) => return TokenSinkResult::RawData(Rcdata),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Form {
    fn add_input(&mut self, tag: &Tag) {
        let kind = attribute(tag, "type").unwrap_or_default();
        self.asks_password |= kind.eq_ignore_ascii_case("password");
        if let Some(name) = attribute(tag, "name").filter(|_| kind.eq_ignore_ascii_case("hidden")) {
            self.hidden.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    let attribute = tag.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    Some(attribute.value.to_string())
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
    fn only_what_a_browser_takes_for_a_tag_counts() {
        check(
            r#"<head><meta charset="utf-8"><title><form action=title></title><style>a > b {} </style></head>
               <script>document.write("<form action='script'><input type=password></form>")</script>
               <form action="real"><script>if (a < b) {} </script><form action="inner">
               <textarea><input type=hidden name=t></textarea><input type=hidden name=a value=1>
               <input type=password></form><input type=hidden name=outside>"#,
            Some(("https://login.example.com/adfs/ls/real", &[("a", "1")])),
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
