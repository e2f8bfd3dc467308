//! Sign-in by a real directory.

use identity::Error;
use identity::ldap::{LdapClient, LdapSettings, NestedGroups};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use testkit::slapd::Slapd;

const PASSWORD: &str = "rivers of pale glass";

fn shared() -> &'static Slapd {
    static SHARED: OnceLock<Slapd> = OnceLock::new();
    SHARED.get_or_init(Slapd::start)
}

fn settings(slapd: &Slapd) -> LdapSettings {
    LdapSettings {
        url: slapd.ldaps_url(),
        ca_file: Some(slapd.pem_path()),
        bind_dn: Some(Slapd::READER_DN.to_owned()),
        bind_password: Some(Slapd::READER_PASSWORD.into()),
        user_base: Slapd::USER_BASE.to_owned(),
        group_base: Some(Slapd::GROUP_BASE.to_owned()),
        ..LdapSettings::default()
    }
}

fn client(change: impl FnOnce(&mut LdapSettings)) -> LdapClient {
    let mut settings = settings(shared());
    change(&mut settings);
    LdapClient::new(settings).expect("good settings")
}

#[tokio::test]
async fn a_person_signs_in_with_groups_of_groups() {
    let ada = client(|_| ()).sign_in("ada@example.org", PASSWORD.into()).await.unwrap();
    assert_eq!(ada.email.as_str(), "ada@example.org");
    assert_eq!(ada.name, "Ada Lovelace");
    assert_eq!(ada.subject.len(), 36, "an entryUUID: {}", ada.subject);
    let groups: Vec<&str> = ada.groups.iter().map(String::as_str).collect();
    assert_eq!(groups, ["on-call", "operators", "staff"], "once each, though they are in a circle");

    let grace = client(|_| ()).sign_in("grace@example.org", "nanoseconds of wire".into()).await.unwrap();
    assert!(grace.groups.is_empty());
    assert_ne!(grace.subject, ada.subject);
    let again = client(|_| ()).sign_in("ADA@EXAMPLE.ORG", PASSWORD.into()).await.unwrap();
    assert_eq!(again, ada, "an address is the same in any case");
}

#[tokio::test]
async fn only_the_directory_looks_further_where_told_so() {
    let direct = client(|settings| settings.nested_groups = NestedGroups::ByDirectory);
    let ada = direct.sign_in("ada@example.org", PASSWORD.into()).await.unwrap();
    assert_eq!(ada.groups.iter().collect::<Vec<_>>(), ["operators"]);
    let none = client(|settings| settings.group_base = None);
    assert!(none.sign_in("ada@example.org", PASSWORD.into()).await.unwrap().groups.is_empty());
}

#[tokio::test]
async fn a_name_that_means_something_in_a_filter_is_only_a_name() {
    let by_name = client(|settings| settings.user_filter = "(cn={login})".to_owned());
    let ken = by_name.sign_in(r"Ken (T*) \ Thompson", "trusting of trust".into()).await.unwrap();
    assert_eq!(ken.email.as_str(), "ken@example.org");
    assert_eq!(ken.groups.iter().collect::<Vec<_>>(), ["on-call", "operators", "staff"]);
}

#[tokio::test]
async fn everybody_else_is_refused_in_the_same_way() {
    let client = client(|_| ());
    for (login, password) in [
        ("ada@example.org", "rivers of pale glas"),
        ("ada@example.org", "Rivers of pale glass"),
        ("ada@example.org", ""), // the directory itself would let this bind pass
        ("nobody@example.org", PASSWORD),
        ("", PASSWORD),
        ("", ""),
        ("twin@example.org", "the same of both"),
        ("locked@example.org", ""),
        ("locked@example.org", "anything at all"),
        ("uid=ada,ou=people,dc=example,dc=org", PASSWORD),
        ("ada@example.org ", "rivers of pale glass "),
        // Each finds Ada where it is not escaped.
        ("*", PASSWORD),
        ("ada*", PASSWORD),
        ("ada@example.org)(uid=ada", PASSWORD),
        ("*)(uid=ada", PASSWORD),
        ("nobody)(|(uid=ada)", PASSWORD),
        // The directory itself would overlook what is too much.
        ("ada@example.org\0", PASSWORD),
        ("ada\u{7f}@example.org", PASSWORD),
        (r"\61da@example.org", PASSWORD),
        (&"a".repeat(100_000), PASSWORD),
    ] {
        let refused = client.sign_in(login, password.into()).await;
        assert_eq!(refused, Err(Error::Rejected), "{login:.60?} {password:?}");
    }
}

#[tokio::test]
async fn without_an_address_nobody_gets_in() {
    let by_uid = client(|settings| settings.user_filter = "(uid={login})".to_owned());
    assert!(by_uid.sign_in("ada", PASSWORD.into()).await.is_ok());
    assert_eq!(by_uid.sign_in("homeless", "without an address".into()).await, Err(Error::Rejected));
}

#[tokio::test]
async fn tls_is_with_the_right_directory_only() {
    let starttls = client(|settings| {
        settings.url = shared().ldap_url();
        settings.starttls = true;
    });
    assert!(starttls.sign_in("ada@example.org", PASSWORD.into()).await.is_ok());
    for starttls in [false, true] {
        let foreign = client(|settings| {
            settings.url = if starttls { shared().ldap_url() } else { shared().ldaps_url() };
            settings.starttls = starttls;
            settings.ca_file = Some(shared().foreign_pem_path());
        });
        let refused = foreign.sign_in("ada@example.org", PASSWORD.into()).await;
        let Err(Error::Unavailable { message }) = refused else { panic!("{refused:?}") };
        assert!(message.contains("certificate"), "{message}");
    }
}

#[tokio::test]
async fn a_check_says_what_is_set_up_wrongly() {
    client(|_| ()).check().await.unwrap();
    let check = async |change: fn(&mut LdapSettings), word: &str| {
        let checked = client(change).check().await;
        let Err(Error::Settings { message }) = checked else { panic!("{word}: {checked:?}") };
        assert!(message.contains(word), "{message}");
        assert!(!message.contains(Slapd::READER_PASSWORD) && !message.contains("wrong-one"), "{message}");
    };
    check(|settings| settings.bind_password = Some("wrong-one".into()), "cn=reader").await;
    check(|settings| settings.user_base = "ou=nowhere,dc=example,dc=org".to_owned(), "ou=nowhere").await;
    check(|settings| settings.group_base = Some("ou=nothing,dc=example,dc=org".to_owned()), "ou=nothing")
        .await;
    check(|settings| (settings.bind_dn, settings.bind_password) = (None, None), "ou=people").await;

    let no_id = client(|settings| settings.id_attribute = "objectGUID".to_owned());
    let refused = no_id.sign_in("ada@example.org", PASSWORD.into()).await;
    assert!(
        matches!(&refused, Err(Error::Settings { message }) if message.contains("objectGUID")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_directory_that_does_not_answer_is_unavailable_in_time() {
    let slapd = Slapd::start();
    let timeout = Duration::from_millis(700);
    let client = LdapClient::new(LdapSettings { timeout, ..settings(&slapd) }).unwrap();
    assert!(client.sign_in("ada@example.org", PASSWORD.into()).await.is_ok());

    slapd.freeze();
    let asked = Instant::now();
    let silent = client.sign_in("ada@example.org", PASSWORD.into()).await;
    assert!(matches!(silent, Err(Error::Unavailable { .. })), "{silent:?}");
    assert!(asked.elapsed() < timeout * 3, "{:?}", asked.elapsed());
    slapd.thaw();
    assert!(client.sign_in("ada@example.org", PASSWORD.into()).await.is_ok(), "it goes on by itself");

    slapd.stop();
    let gone = client.sign_in("ada@example.org", PASSWORD.into()).await;
    assert!(matches!(gone, Err(Error::Unavailable { .. })), "{gone:?}");
    assert!(matches!(client.check().await, Err(Error::Unavailable { .. })));
}
