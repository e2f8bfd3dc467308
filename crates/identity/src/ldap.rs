//! Directories: LDAP and Active Directory. Search for the person, bind as the person, then
//! search for the groups (RFC 4511, 4513, 4515).

mod groups;
mod session;

use crate::Vouched;
use crate::error::Error;
use crate::tls;
use ldap3::{LdapConnSettings, Scope, SearchEntry, ldap_escape};
use model::identity::Email;
use secrecy::{ExposeSecret, SecretString};
use session::Session;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Names longer than that are nobody's.
const MAX_LOGIN_CHARS: usize = 256;

/// Where the directory is and how it is read. [`Default`] suits OpenLDAP; for Active Directory
/// set `id_attribute = "objectGUID"`, `user_filter = "(userPrincipalName={login})"`, and, so
/// that it looks for nested groups itself, `nested_groups = NestedGroups::ByDirectory` with
/// `group_filter = "(member:1.2.840.113556.1.4.1941:={dn})"`.
#[derive(Clone, Debug)]
pub struct LdapSettings {
    /// `ldaps://host[:636]`, or `ldap://host[:389]` with `starttls`, or on loopback.
    pub url: String,
    /// Whether an `ldap://` connection changes to TLS before anything is said.
    pub starttls: bool,
    /// The authorities of the directory's certificate; without it those that the machine trusts.
    pub ca_file: Option<PathBuf>,
    /// The account that searches; `None` searches without one.
    pub bind_dn: Option<String>,
    /// Its password.
    pub bind_password: Option<SecretString>,
    /// Under which entry people are.
    pub user_base: String,
    /// Finds a person; `{login}` is what they typed.
    pub user_filter: String,
    /// Under which entry groups are; `None` asks for no groups.
    pub group_base: Option<String>,
    /// Finds the groups of an entry; `{dn}` is its name.
    pub group_filter: String,
    /// What is looked for around the groups that a person is in.
    pub nested_groups: NestedGroups,
    /// What is never given to another entry.
    pub id_attribute: String,
    /// The address.
    pub email_attribute: String,
    /// What people call the person.
    pub name_attribute: String,
    /// A group's name in the maps from groups to roles.
    pub group_attribute: String,
    /// How long a sign-in may take in all.
    pub timeout: Duration,
}

/// Who finds the groups that a person's groups are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NestedGroups {
    /// We do: groups of groups, level by level, at most 10 levels.
    Walk,
    /// The directory does, by what `group_filter` asks; or nobody.
    ByDirectory,
}

impl Default for LdapSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            starttls: false,
            ca_file: None,
            bind_dn: None,
            bind_password: None,
            user_base: String::new(),
            user_filter: "(mail={login})".to_owned(),
            group_base: None,
            group_filter: "(member={dn})".to_owned(),
            nested_groups: NestedGroups::Walk,
            id_attribute: "entryUUID".to_owned(),
            email_attribute: "mail".to_owned(),
            name_attribute: "cn".to_owned(),
            group_attribute: "cn".to_owned(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// Asks one directory who people are. Every sign-in opens a connection of its own, because a
/// bind changes who the whole connection speaks for.
#[derive(Debug)]
pub struct LdapClient {
    settings: LdapSettings,
    url: reqwest::Url,
    tls: Arc<rustls::ClientConfig>,
}

impl LdapClient {
    /// Checks the settings and reads the authorities; asks nobody.
    ///
    /// # Errors
    /// [`Error::Settings`] where passwords would be readable on the way, or a filter does not
    /// name what it has to.
    pub fn new(settings: LdapSettings) -> Result<Self, Error> {
        let url = reqwest::Url::parse(&settings.url)
            .map_err(|error| Error::settings(format!("LDAP url {:?}: {error}", settings.url)))?;
        match url.scheme() {
            "ldaps" if settings.starttls => {
                return Err(Error::settings("LDAP: ldaps:// is TLS already: leave starttls out"));
            }
            "ldaps" => {}
            "ldap" if settings.starttls || tls::is_loopback(&url) => {}
            "ldap" => {
                return Err(Error::settings(
                    "LDAP: passwords would be readable on the way: write ldaps:// or set starttls",
                ));
            }
            other => return Err(Error::settings(format!("LDAP: {other}:// is not ldap:// or ldaps://"))),
        }
        for (name, filter, placeholder) in [
            ("user_filter", &settings.user_filter, "{login}"),
            ("group_filter", &settings.group_filter, "{dn}"),
        ] {
            if !filter.contains(placeholder) {
                return Err(Error::settings(format!("LDAP: {name} must contain {placeholder}")));
            }
            if ldap3::parse_filter(filter.replace(placeholder, "x")).is_err() {
                return Err(Error::settings(format!("LDAP: {name} is no filter: {filter}")));
            }
        }
        if settings.bind_dn.is_some() != settings.bind_password.is_some() {
            return Err(Error::settings("LDAP: set both bind_dn and bind_password, or none of them"));
        }
        if settings.bind_password.as_ref().is_some_and(|password| password.expose_secret().is_empty()) {
            return Err(Error::settings("LDAP: bind_password is empty"));
        }
        let tls = Arc::new(tls::client_config(settings.ca_file.as_deref())?);
        Ok(Self { settings, url, tls })
    }

    /// Vouches for the one person whom `user_filter` finds for `login` and who can bind with
    /// `password`.
    ///
    /// # Errors
    /// [`Error::Rejected`] for nobody, more than one, or a wrong password; `Unavailable` when the
    /// directory does not answer in time; `Settings` when it refuses the searching account.
    pub async fn sign_in(&self, login: &str, password: SecretString) -> Result<Vouched, Error> {
        let login = login.trim();
        // A bind without a password succeeds as nobody (RFC 4513, 5.1.2).
        if !is_login(login) || password.expose_secret().is_empty() {
            return Err(Error::Rejected);
        }
        self.within_timeout(async {
            let mut session = self.open().await?;
            let person = self.find_person(&mut session, login).await?;
            let Some(person) = person else {
                // As many steps as for somebody who exists.
                let nobody = format!("cn=nobody,{}", self.settings.user_base);
                session.bind_person(&nobody, &password).await?;
                return Err(Error::Rejected);
            };
            session.bind_person(&person.dn, &password).await?;
            self.bind_searcher(&mut session).await?;
            let groups = groups::find(&mut session, &self.settings, &person.dn).await?;
            let vouched = self.vouched(&person)?;
            Ok(Vouched { groups, ..vouched })
        })
        .await
    }

    /// Whether the directory answers and the searching account can see where people are.
    ///
    /// # Errors
    /// As [`Self::sign_in`], but for the searching account.
    pub async fn check(&self) -> Result<(), Error> {
        self.within_timeout(async {
            let mut session = self.open().await?;
            let bases = std::iter::once(&self.settings.user_base).chain(&self.settings.group_base);
            for base in bases {
                let found = session.search(base, Scope::Base, "(objectClass=*)", &["1.1"], 1).await?;
                if found.is_empty() {
                    return Err(Error::settings(format!("LDAP: {base:?} is not there or cannot be seen")));
                }
            }
            Ok(())
        })
        .await
    }

    async fn within_timeout<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let timeout = self.settings.timeout;
        tokio::time::timeout(timeout, work)
            .await
            .unwrap_or_else(|_| Err(Error::unavailable(format!("LDAP: no answer within {timeout:?}"))))
    }

    /// Opens a connection and binds as the searching account.
    async fn open(&self) -> Result<Session, Error> {
        let settings = LdapConnSettings::new()
            .set_conn_timeout(self.settings.timeout)
            .set_starttls(self.settings.starttls)
            .set_config(Arc::clone(&self.tls));
        let mut session = Session::open(settings, &self.url).await?;
        self.bind_searcher(&mut session).await?;
        Ok(session)
    }

    async fn bind_searcher(&self, session: &mut Session) -> Result<(), Error> {
        let (Some(dn), Some(password)) = (&self.settings.bind_dn, &self.settings.bind_password) else {
            return session.bind_searcher("", "").await; // anonymously
        };
        session.bind_searcher(dn, password.expose_secret()).await
    }

    async fn find_person(&self, session: &mut Session, login: &str) -> Result<Option<SearchEntry>, Error> {
        let settings = &self.settings;
        let filter = settings.user_filter.replace("{login}", &ldap_escape(login));
        let attributes = [&*settings.id_attribute, &settings.email_attribute, &settings.name_attribute];
        let mut found = session.search(&settings.user_base, Scope::Subtree, &filter, &attributes, 2).await?;
        if found.len() > 1 {
            tracing::warn!(filter, "more than one entry of the directory answers to a login name");
            return Ok(None);
        }
        Ok(found.pop())
    }

    fn vouched(&self, person: &SearchEntry) -> Result<Vouched, Error> {
        let settings = &self.settings;
        let subject = identifier(person, &settings.id_attribute).ok_or_else(|| {
            Error::settings(format!("LDAP: {:?} has no {}", person.dn, settings.id_attribute))
        })?;
        let address = first(person, &settings.email_attribute).unwrap_or_default();
        let email = Email::parse(address).map_err(|why| {
            tracing::warn!(dn = person.dn, attribute = settings.email_attribute, why, "no usable address");
            Error::Rejected
        })?;
        let name = first(person, &settings.name_attribute).map(str::trim).filter(|name| !name.is_empty());
        let name = name.unwrap_or(email.as_str()).to_owned();
        Ok(Vouched { subject, email, name, groups: Default::default() })
    }
}

/// Whether the text can be a login name. A directory overlooks control and format characters and
/// further spaces (RFC 4518, 2.2 and 2.6.1): one person would have any number of names, and who
/// limits attempts by name would limit nothing.
fn is_login(text: &str) -> bool {
    let plain = |char: char| char.is_alphanumeric() || char.is_ascii_graphic() || char == ' ';
    (1..=MAX_LOGIN_CHARS).contains(&text.chars().count()) && text.chars().all(plain) && !text.contains("  ")
}

/// The first value of an attribute, whose name is the same in any case (RFC 4512, 2.5).
fn first<'entry>(entry: &'entry SearchEntry, attribute: &str) -> Option<&'entry str> {
    let found = entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
    found.and_then(|(_, values)| values.first()).map(String::as_str)
}

/// The same of a binary attribute too, such as `objectGUID`, in hexadecimal digits.
fn identifier(entry: &SearchEntry, attribute: &str) -> Option<String> {
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let binary = || {
        let found = entry.bin_attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.and_then(|(_, values)| values.first()).map(hex)
    };
    // The text of a binary value is an accident: always the same way for the same attribute.
    if attribute.eq_ignore_ascii_case("objectGUID") || attribute.eq_ignore_ascii_case("objectSid") {
        return binary().or_else(|| first(entry, attribute).map(|text| hex(&text.as_bytes().to_vec())));
    }
    first(entry, attribute).map(str::to_owned).or_else(binary).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn settings(url: &str) -> LdapSettings {
        LdapSettings {
            url: url.to_owned(),
            user_base: "ou=people,dc=example,dc=org".to_owned(),
            ..LdapSettings::default()
        }
    }

    #[test]
    fn a_password_travels_only_where_nobody_can_read_it() {
        let check = |url: &str, starttls: bool, accepted: bool| {
            let client = LdapClient::new(LdapSettings { starttls, ..settings(url) });
            assert_eq!(client.is_ok(), accepted, "{url} starttls={starttls}: {:?}", client.err());
        };
        check("ldaps://ldap.example.org", false, true);
        check("ldaps://ldap.example.org", true, false);
        check("ldap://ldap.example.org", true, true);
        check("ldap://ldap.example.org", false, false);
        check("ldap://127.0.0.1:1389", false, true);
        check("ldap://[::1]:1389", false, true);
        check("ldap://localhost:1389", false, true);
        check("ldap://localhost.example.org", false, false);
        check("ldapi:///var/run/slapd", false, false);
        check("https://ldap.example.org", false, false);
        check("ldap.example.org", false, false);
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let check = |change: fn(&mut LdapSettings), word: &str| {
            let mut settings = settings("ldaps://ldap.example.org");
            change(&mut settings);
            match LdapClient::new(settings) {
                Err(Error::Settings { message }) => assert!(message.contains(word), "{message}"),
                other => panic!("{word}: {other:?}"),
            }
        };
        check(|settings| settings.user_filter = "(mail=*)".to_owned(), "{login}");
        check(|settings| settings.user_filter = "(mail={login}".to_owned(), "no filter");
        check(|settings| settings.group_filter = "(member=x)".to_owned(), "{dn}");
        check(|settings| settings.bind_dn = Some("cn=reader".to_owned()), "bind_password");
        check(|settings| settings.ca_file = Some("/nowhere/ca.pem".into()), "/nowhere/ca.pem");
        check(
            |settings| {
                settings.bind_dn = Some("cn=reader".to_owned());
                settings.bind_password = Some("".into());
            },
            "empty",
        );
    }

    #[test]
    fn a_person_has_one_login_name() {
        let check = |text: &str, accepted: bool| assert_eq!(is_login(text), accepted, "{text:?}");
        check("ada@example.org", true);
        check("Ada Lovelace", true);
        check("zoë", true);
        check(r"Ken (T*) \ Thompson", true);
        check("", false);
        check("ada@example.org\0", false);
        check("ada\u{ad}@example.org", false);
        check("ada\u{200b}", false);
        check("Ada  Lovelace", false);
        check("Ada\u{a0}Lovelace", false);
        check(&"a".repeat(256), true);
        check(&"a".repeat(257), false);
    }

    #[test]
    fn an_identifier_is_spelled_the_same_every_time() {
        let entry = |attrs: &[(&str, &str)], bin: &[(&str, &[u8])]| SearchEntry {
            dn: "cn=ada".to_owned(),
            attrs: attrs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
                .collect(),
            bin_attrs: bin
                .iter()
                .map(|(name, value)| ((*name).to_owned(), vec![value.to_vec()]))
                .collect::<HashMap<_, _>>(),
        };
        let check = |entry: &SearchEntry, attribute: &str, expect: Option<&str>| {
            assert_eq!(identifier(entry, attribute).as_deref(), expect);
        };
        check(&entry(&[("entryUUID", "b2c1")], &[]), "entryuuid", Some("b2c1"));
        check(&entry(&[], &[("objectGUID", &[0xff, 0x01])]), "objectGUID", Some("ff01"));
        check(&entry(&[("objectGUID", "A1")], &[]), "objectGUID", Some("4131"));
        check(&entry(&[("uid", "")], &[]), "uid", None);
        check(&entry(&[], &[]), "uid", None);
    }
}
