//! What a provider says about a person.

use super::OidcSettings;
use crate::error::Error;
use crate::{MAX_GROUPS, Vouched};
use model::identity::Email;
use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AdditionalClaims, EndUserEmail, EndUserName, EndUserUsername, IdTokenClaims, LocalizedClaim,
    UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// All claims that are not standard ones; the groups stand among them.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct OtherClaims(Map<String, Value>);

impl AdditionalClaims for OtherClaims {}

/// The claims of an ID token, and those of the user info endpoint where the token lacks them.
#[derive(Default)]
pub(super) struct Claims {
    email: Option<String>,
    email_verified: bool,
    name: Option<String>,
    groups: Option<BTreeSet<String>>,
}

/// What a provider calls a person.
struct Name<'claims> {
    full: Option<&'claims LocalizedClaim<EndUserName>>,
    user: Option<&'claims EndUserUsername>,
}

impl Claims {
    pub(super) fn of_token(
        settings: &OidcSettings,
        token: &IdTokenClaims<OtherClaims, CoreGenderClaim>,
    ) -> Self {
        let name = Name { full: token.name(), user: token.preferred_username() };
        Self::read(settings, token.email(), token.email_verified(), name, token.additional_claims())
    }

    pub(super) fn of_info(
        settings: &OidcSettings,
        info: &UserInfoClaims<OtherClaims, CoreGenderClaim>,
    ) -> Self {
        let name = Name { full: info.name(), user: info.preferred_username() };
        Self::read(settings, info.email(), info.email_verified(), name, info.additional_claims())
    }

    fn read(
        settings: &OidcSettings,
        email: Option<&EndUserEmail>,
        email_verified: Option<bool>,
        name: Name<'_>,
        other: &OtherClaims,
    ) -> Self {
        let full = name.full.and_then(|name| name.get(None)).map(|name| name.as_str());
        let name = full.or_else(|| name.user.map(|name| name.as_str())).map(str::trim);
        Self {
            email: email.map(|email| email.as_str().to_owned()),
            email_verified: email_verified == Some(true),
            name: name.filter(|name| !name.is_empty()).map(str::to_owned),
            groups: other.0.get(&settings.group_claim).map(groups),
        }
    }

    /// Whether the user info endpoint need not be asked.
    pub(super) fn is_complete(&self) -> bool {
        self.email.is_some() && self.name.is_some() && self.groups.is_some()
    }

    /// Fills what is missing. An address and whether it is verified belong together.
    pub(super) fn or(self, other: Self) -> Self {
        let (email, email_verified) = match self.email {
            Some(email) => (Some(email), self.email_verified),
            None => (other.email, other.email_verified),
        };
        Self { email, email_verified, name: self.name.or(other.name), groups: self.groups.or(other.groups) }
    }

    pub(super) fn vouched(self, settings: &OidcSettings, subject: &str) -> Result<Vouched, Error> {
        let refuse = |why: &str| {
            tracing::warn!(subject, why, "the provider vouches for somebody whom we cannot take");
            Error::Rejected
        };
        let address = self.email.ok_or_else(|| refuse("no claim email: is the scope email allowed?"))?;
        if !self.email_verified && !settings.trust_unverified_email {
            return Err(refuse("the e-mail address is not verified"));
        }
        let email = Email::parse(&address).map_err(refuse)?;
        let name = self.name.unwrap_or_else(|| email.as_str().to_owned());
        Ok(Vouched { subject: subject.to_owned(), email, name, groups: self.groups.unwrap_or_default() })
    }
}

/// A list of names, or one name alone.
fn groups(claim: &Value) -> BTreeSet<String> {
    let named = |value: &Value| value.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    match claim {
        Value::Array(names) => names.iter().filter_map(named).take(MAX_GROUPS).collect(),
        one => named(one).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn groups_are_a_list_or_one_name() {
        let check = |claim: Value, expect: &[&str]| {
            let expect: BTreeSet<String> = expect.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(groups(&claim), expect, "{claim}");
        };
        check(json!(["b", "a", "a"]), &["a", "b"]);
        check(json!("ops on call"), &["ops on call"]);
        check(json!(["a", 1, null, {"name": "b"}, ""]), &["a"]);
        check(json!({"a": true}), &[]);
        check(json!(null), &[]);
        let many: Vec<String> = (0..2 * MAX_GROUPS).map(|n| format!("{n:05}")).collect();
        assert_eq!(groups(&json!(many)).len(), MAX_GROUPS);
    }

    fn settings() -> OidcSettings {
        OidcSettings::new("https://id.example.org", "sentry", "https://sentry.example.org/back")
    }

    fn claims(email: Option<&str>, email_verified: bool) -> Claims {
        Claims { email: email.map(str::to_owned), email_verified, ..Claims::default() }
    }

    #[test]
    fn an_address_counts_only_where_it_is_verified() {
        let check = |claims: Claims, trust: bool, accepted: bool| {
            let settings = OidcSettings { trust_unverified_email: trust, ..settings() };
            let vouched = claims.vouched(&settings, "s-1");
            assert_eq!(vouched.is_ok(), accepted, "{vouched:?}");
        };
        check(claims(Some("ada@example.org"), true), false, true);
        check(claims(Some("ada@example.org"), false), false, false);
        check(claims(Some("ada@example.org"), false), true, true);
        check(claims(Some("ada"), true), false, false);
        check(claims(None, true), false, false);
        // The endpoint's "verified" is not about the token's address.
        let token = claims(Some("owner@example.org"), false);
        check(token.or(claims(Some("ada@example.org"), true)), false, false);
        check(claims(None, false).or(claims(Some("ada@example.org"), true)), false, true);
    }
}
