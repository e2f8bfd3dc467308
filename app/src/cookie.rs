//! The session's cookie: its name, its attributes, and how it is found among others.

/// How the session's cookie is set. The server provides it to pages and server functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    is_secure: bool,
}

/// A session ends after 30 days at the latest; the cookie with it.
const MAX_AGE_S: u64 = 30 * 24 * 3600;

impl SessionCookie {
    /// For a server that browsers reach by HTTPS: with the `__Host-` prefix, which keeps other
    /// hosts of the domain from setting it, and never sent in the clear.
    pub fn secure() -> Self {
        Self { is_secure: true }
    }

    /// For a server on this machine without HTTPS.
    pub fn plain() -> Self {
        Self { is_secure: false }
    }

    fn name(&self) -> &'static str {
        if self.is_secure { "__Host-sentry_session" } else { "sentry_session" }
    }

    /// Whether cookies are sent by HTTPS only.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The token in a `Cookie` header.
    pub fn find<'a>(&self, header: &'a str) -> Option<&'a str> {
        let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, value)| *name == self.name() && !value.is_empty()).map(|(_, value)| value).next()
    }

    /// The `Set-Cookie` header that begins the session of `token`.
    pub fn begin(&self, token: &str) -> String {
        self.header(token, MAX_AGE_S)
    }

    /// The `Set-Cookie` header that ends it.
    pub fn end(&self) -> String {
        self.header("", 0)
    }

    /// The end of every `Set-Cookie` header that browsers get from this server.
    pub fn end_of_header(&self) -> &'static str {
        if self.is_secure { "; HttpOnly; SameSite=Lax; Secure" } else { "; HttpOnly; SameSite=Lax" }
    }

    fn header(&self, token: &str, max_age_s: u64) -> String {
        format!("{}={token}; Path=/; Max-Age={max_age_s}{}", self.name(), self.end_of_header())
    }
}

/// Where to go after the sign-in: a path of ours, else the dashboard.
pub fn safe_return(target: &str) -> &str {
    let is_path = target.starts_with('/') && !target.starts_with("//") && !target.starts_with("/\\");
    let is_plain = target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_way_in = ["/sign-in", "/setup", "/invitation"].iter().any(|way| target.starts_with(way));
    if is_path && is_plain && !is_way_in { target } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_by_its_whole_name() {
        let cookie = SessionCookie::plain();
        assert_eq!(cookie.find("theme=dark; sentry_session=abc; tz=UTC"), Some("abc"));
        assert_eq!(cookie.find("xsentry_session=abc"), None);
        assert_eq!(cookie.find("sentry_session="), None);
        assert_eq!(SessionCookie::secure().find("sentry_session=abc"), None);
        assert_eq!(SessionCookie::secure().find("__Host-sentry_session=abc"), Some("abc"));
    }

    #[test]
    fn the_cookie_is_closed_to_scripts_and_other_sites() {
        let header = SessionCookie::secure().begin("abc");
        for part in ["__Host-sentry_session=abc", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
            assert!(header.contains(part), "{part}: {header}");
        }
        assert!(!SessionCookie::plain().begin("abc").contains("Secure"));
        assert!(SessionCookie::plain().end().contains("Max-Age=0"));
    }

    #[test]
    fn nobody_is_sent_elsewhere_after_the_sign_in() {
        for ours in ["/", "/rca?date=2026-02-18", "/essentials/TB-Derivatives?phase=FINAL#x"] {
            assert_eq!(safe_return(ours), ours);
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x=y",
            "/ä",
            "/\\/evil",
            "/sign-in?return_to=/",
            "evil",
        ] {
            assert_eq!(safe_return(bad), "/", "{bad:?}");
        }
    }
}
