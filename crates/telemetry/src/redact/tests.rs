use super::*;
use proptest::prelude::*;

fn check(text: &str, expect: &str) {
    let mut clean = text.to_owned();
    let count = redact_text(&mut clean);
    assert_eq!(clean, expect, "{text:?}");
    assert_eq!(count as usize, expect.matches("[redacted:").count(), "{text:?}");
    assert_eq!(redact_text(&mut clean), 0, "twice: {text:?}");
}

/// Texts in which only what stands between `⟨` and `⟩` goes.
fn check_marked(marked: &str, word: &str) {
    let text = marked.replace(['⟨', '⟩'], "");
    let mut expect = String::new();
    for (place, part) in marked.split(['⟨', '⟩']).enumerate() {
        expect.push_str(if place % 2 == 0 { part } else { word });
    }
    check(&text, &expect);
}

#[test]
fn email_addresses_go() {
    for marked in [
        "⟨alice@example.com⟩",
        "Mail ⟨Alice.B+tag@mail.example.co.uk⟩, please.",
        "from: <⟨a_b@x.io⟩>; to=⟨c@d.de⟩.",
        r#"{"text":"line\n⟨bob@example.com⟩\tend"}"#,
        "mailto:⟨bob@example.com⟩?subject=x",
        "é⟨lise@example.com⟩",
    ] {
        check_marked(marked, "[redacted:email]");
    }
}

#[test]
fn card_numbers_go() {
    for marked in [
        "⟨4111111111111111⟩",
        "card ⟨4111 1111 1111 1111⟩, thanks",
        "⟨4111 1111 1111 1111⟩ 03/27, ⟨3782 822463 10005⟩ 12/26",
        "card: ⟨5555-5555-5555-4444⟩.",
        "⟨378282246310005⟩ and ⟨3782 822463 10005⟩",
        "⟨6011111111111117⟩ ⟨3566002020360505⟩ ⟨30569309025904⟩ ⟨2223003122003222⟩",
        r#"{"number":"⟨4242424242424242⟩"}"#,
        "/pay/⟨4242424242424242⟩/now",
    ] {
        check_marked(marked, "[redacted:card]");
    }
}

#[test]
fn tokens_go() {
    // Joined at run time: a scanner of this repository should not take them for real ones.
    let random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4";
    for prefix in [
        "sk-",
        "sk-proj-",
        "sk-ant-api03-",
        "sk-or-v1-",
        "gsk_",
        "xai-",
        "hf_",
        "r8_",
        "pplx-",
        "nvapi-",
        "AIza",
        "AKIA",
        "ASIA",
        "ya29.",
        "GOCSPX-",
        "hvs.",
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "npm_",
        "pypi-",
        "xoxb-123-",
        "xoxp-",
        "SG.x.",
        "whsec_",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "lsv2_pt_",
    ] {
        let token = format!("{prefix}{random}{}", if prefix == "SG.x." { random } else { "" });
        check(&token, "[redacted:token]");
        check(&format!("key={token}&x=1"), "key=[redacted:token]&x=1");
        check(&format!(r#"{{"key":"a\n{token}"}}"#), r#"{"key":"a\n[redacted:token]"}"#);
    }
    let token = format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{random}.{random}-_");
    check(&token, "[redacted:token]");
    check(&format!("token {token}, then"), "token [redacted:token], then");
}

#[test]
fn credentials_go() {
    for marked in [
        "Authorization: Bearer ⟨abcDEF123456.x-y⟩",
        r#"{"authorization":"bearer ⟨0123456789abcdef⟩"}"#,
        "Basic ⟨dXNlcjpwYXNz⟩",
        "bearer ⟨AbCdEfGhIjKlMn⟩",
        "Authorization: Basic ⟨dXNlcjpwYXNzd29yZA==⟩",
        "postgres://sentry:⟨hunter2⟩@db.example.com:5432/x",
        "redis://:⟨p:4ss⟩@10.0.0.1/0",
    ] {
        check_marked(marked, "[redacted:credentials]");
    }
}

#[test]
fn private_keys_go() {
    let dashes = "-----";
    let block = |kind: &str| format!("{dashes}BEGIN {kind}PRIVATE KEY{dashes}\nMIIEvQIBADAN\nBgkq-x\n");
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        let whole = format!("{}{dashes}END {kind}PRIVATE KEY{dashes}", block(kind));
        check(&format!("key:\n{whole}\nend"), "key:\n[redacted:private key]\nend");
        check(&format!("cut: {}", block(kind)), "cut: [redacted:private key]");
        let json = whole.replace('\n', r"\n");
        check(&format!(r#"{{"key":"{json}"}}"#), r#"{"key":"[redacted:private key]"}"#);
    }
    let certificate =
        format!("{dashes}BEGIN CERTIFICATE{dashes}\nMIIEvQIBADAN\n{dashes}END CERTIFICATE{dashes}");
    check(&certificate, &certificate);
}

#[test]
fn numbers_of_people_go() {
    check_marked("SSN ⟨078-05-1120⟩, ⟨219-09-9999⟩", "[redacted:ssn]");
    for marked in [
        "call ⟨+1 555 123 4567⟩ or ⟨+41 44 668 18 00⟩",
        "⟨+4915112345678⟩",
        "tel:⟨+1-555-123-4567⟩.",
        "⟨+1 (555) 123-4567⟩",
        "⟨(555) 123-4567⟩, ⟨555-223-4567⟩",
    ] {
        check_marked(marked, "[redacted:phone]");
    }
}

#[test]
fn ordinary_text_stays() {
    for text in [
        "",
        "What is the status of TB-Derivatives?",
        // Ids, hashes, times, versions.
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "123e4567-e89b-12d3-a456-426614174000",
        "abcdefab-3456-4789-8123-4567abcdefab",
        "3456789012345678-4111-1111",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "2026-11-21T20:14:51.123456789+01:00",
        "1732219200000 1732219200000000 1732219200000000000",
        "1.0.0+20261121123456",
        "v1.41.0-rc.1, 10.0.0.1:4318, 192.168.100.200",
        "claude-3-5-sonnet-20241022, gpt-4o-mini-2024-07-18",
        "chatcmpl-9xYzA1b2C3d4E5f6G7h8I9j0",
        "call_a1B2c3D4e5F6g7H8i9J0k1L2",
        "FGW_EOD_V2_2026-02-18_SLICE-10_1732219200",
        // Sixteen digits that are no card's: Luhn's sum, the scheme, decimals, words.
        "4111111111111112",
        "1234567812345670",
        "0.4111111111111111 and 4111111111111111.5",
        "x4111111111111111 4111111111111111x 4111111111111111_1",
        "41111111111111111",
        "1111 2222 3333 4444",
        "4111 1111 1111",
        // Nearly numbers of people.
        "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000",
        "2026-11-21 12-34-5678 1234-56-7890",
        "+12 +0200 a+1234567890 1+12345678901 + 12345678901",
        "155-123-4567 123-4567",
        // Nearly addresses.
        "@anthropic-ai/sdk react@18.2.0 user@localhost a@b.c @ a @ b.com",
        "10:30 http://localhost:3000/v1/traces?x=a@b",
        // Nearly tokens.
        "sk-learn and scikit-learn, risk-adjusted-return-2024-model-v2-final",
        "ask-me-anything-about-it-in-2024-and-more",
        "sk-this-is-just-a-long-hyphenated-word",
        "hf_ ghp_ AKIA eyJ eyJhbGciOiJIUzI1NiJ9 eyJhbGciOiJIUzI1NiJ9.not.it",
        "Basic understanding; Basic Troubleshooting; the bearer of bad news; Bearer token",
        "npm_config_registry_url_of_the_workspace_x",
        r"C:\new\table\user \u00e9 \",
        "-----BEGIN CERTIFICATE-----",
        "---------------------------",
        "日本語のテキスト、ÀÉÎ ümlaut",
    ] {
        check(text, text);
    }
}

#[test]
fn values_are_searched_at_any_depth() {
    let secret = || Value::Text("me@example.com".into());
    let mut attributes = vec![
        Attribute { key: "a".into(), value: secret() },
        Attribute { key: "you@example.com".into(), value: Value::Int(4_111_111_111_111_111) },
        Attribute {
            key: "b".into(),
            value: Value::List(vec![
                Value::Map(vec![Attribute { key: "c".into(), value: secret() }]),
                Value::Bool(true),
            ]),
        },
    ];
    assert_eq!(redact_attributes(&mut attributes), 3);
    assert!(!format!("{attributes:?}").contains("example"), "{attributes:?}");
}

proptest! {
    #[test]
    fn any_text_is_redacted_once(text in r"[-a-z@.:/+(){}\\0-9 é]{0,40}|\PC{0,60}") {
        let mut clean = text;
        redact_text(&mut clean);
        let again = clean.clone();
        redact_text(&mut clean);
        prop_assert_eq!(clean, again);
    }

    #[test]
    fn a_secret_goes_wherever_it_stands(before in r"[ a-z,;={}\[\]]{0,20}", after in r"[ ,;={}\[\]]{0,20}") {
        let (before, after) = (format!("{before} "), format!(" {after}"));
        for secret in ["zoe@example.org", "4242424242424242", "078-05-1120", "sk-0123456789abcdefghij"] {
            let mut text = format!("{before}{secret}{after}");
            prop_assert_eq!(redact_text(&mut text), 1);
            prop_assert!(text.starts_with(&before) && text.ends_with(&after), "{}", text);
        }
    }
}
