//! How people sign in, besides by a password of ours.

use super::values::Values;
use super::{ConfigError, required};
use service::settings::{LdapSettings, OidcSettings, SignInSettings};
use std::net::SocketAddr;

/// Provider and directory, as far as they are set.
pub(super) fn sign_in(
    values: &Values,
    listen: SocketAddr,
    public_url: Option<&str>,
) -> Result<SignInSettings, ConfigError> {
    Ok(SignInSettings { oidc: oidc(values, listen, public_url)?, ldap: ldap(values)? })
}

fn oidc(
    values: &Values,
    listen: SocketAddr,
    public_url: Option<&str>,
) -> Result<Option<OidcSettings>, ConfigError> {
    let Some(issuer) = values.text("oidc.issuer") else { return Ok(None) };
    let client_id = required(values, "oidc.client_id", "OIDC_ISSUER")?;
    let base = public_url.map_or_else(|| format!("http://{listen}"), str::to_owned);
    let settings = OidcSettings::new(issuer, client_id, format!("{base}/sign-in/oidc/callback"));
    Ok(Some(OidcSettings {
        client_secret: values.secret("oidc.client_secret"),
        label: values.text("oidc.label").unwrap_or_default().to_owned(),
        group_claim: values.text("oidc.group_claim").unwrap_or_default().to_owned(),
        ca_file: values.path("oidc.ca_file"),
        ..settings
    }))
}

fn ldap(values: &Values) -> Result<Option<LdapSettings>, ConfigError> {
    let Some(url) = values.text("ldap.url") else { return Ok(None) };
    let text = |key| values.text(key).map(str::to_owned);
    Ok(Some(LdapSettings {
        url: url.to_owned(),
        // Whatever is said after the first word is encrypted.
        starttls: url.starts_with("ldap://"),
        ca_file: values.path("ldap.ca_file"),
        bind_dn: text("ldap.bind_dn"),
        bind_password: values.secret("ldap.bind_password"),
        user_base: required(values, "ldap.user_base", "LDAP_URL")?.to_owned(),
        user_filter: text("ldap.user_filter").unwrap_or_default(),
        group_base: text("ldap.group_base"),
        group_filter: text("ldap.group_filter").unwrap_or_default(),
        ..LdapSettings::default()
    }))
}
