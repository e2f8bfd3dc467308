//! The model that helps to understand questions and to word answers.

use super::values::Values;
use super::{ConfigError, missing, required, required_secret, url};
use service::settings::{
    Azure, AzureApi, Compatible, ModelSettings, Price, Provider, ServicePrincipal, TokenPrice,
};

/// Azure OpenAI or a compatible server; `None` where neither is set.
pub(super) fn model(values: &Values) -> Result<Option<ModelSettings>, ConfigError> {
    let provider = match (url(values, "azure.openai_endpoint")?, url(values, "openai.base_url")?) {
        (None, None) => return Ok(None),
        (Some(endpoint), None) => Provider::Azure(azure(values, endpoint)?),
        (None, Some(base_url)) => Provider::Compatible(Compatible {
            base_url,
            model: required(values, "openai.model", "OPENAI_BASE_URL")?.to_owned(),
            api_key: values.secret("openai.api_key"),
        }),
        (Some(_), Some(_)) => {
            return Err(
                values.refuse("openai.base_url", "AZURE_OPENAI_ENDPOINT is set too: leave one of the two")
            );
        }
    };
    let settings = ModelSettings::new(provider);
    Ok(Some(match price(values)? {
        Some(price) => settings.with_price(price),
        None => settings,
    }))
}

/// What tokens cost. Half a price is no price: sent and answered ones both count.
fn price(values: &Values) -> Result<Option<Price>, ConfigError> {
    let input = token_price(values, "model.input_price")?;
    let cached_input = token_price(values, "model.cached_input_price")?;
    let output = token_price(values, "model.output_price")?;
    match (input, output) {
        (Some(input), Some(output)) => Ok(Some(Price { input, cached_input, output })),
        (None, None) if cached_input.is_none() => Ok(None),
        (None, _) => Err(missing(values, "model.input_price", "a price of the model")),
        (_, None) => Err(missing(values, "model.output_price", "a price of the model")),
    }
}

fn token_price(values: &Values, key: &'static str) -> Result<Option<TokenPrice>, ConfigError> {
    let Some(text) = values.text(key) else { return Ok(None) };
    let refuse = |_| {
        values.refuse(
            key,
            &format!("`{text}` is no price: write a number, with at most six digits behind the point"),
        )
    };
    TokenPrice::per_million(text).map(Some).map_err(refuse)
}

fn azure(values: &Values, endpoint: String) -> Result<Azure, ConfigError> {
    let because = "AZURE_OPENAI_ENDPOINT";
    let version = values.text("azure.openai_api_version").unwrap_or_default();
    let api = AzureApi::parse(version)
        .map_err(|_| values.refuse("azure.openai_api_version", "write v1, or a date such as 2024-02-01"))?;
    Ok(Azure {
        endpoint,
        api,
        deployment: required(values, "azure.openai_deployment", because)?.to_owned(),
        api_key: required_secret(values, "azure.openai_api_key", because)?,
        service_principal: service_principal(values),
        user_id: values.text("azure.user_id").map(str::to_owned),
    })
}

/// `None` where a part of it is not set: the key goes alone then, and the log says so.
fn service_principal(values: &Values) -> Option<ServicePrincipal> {
    Some(ServicePrincipal {
        tenant_id: values.text("azure.tenant_id")?.to_owned(),
        client_id: values.text("azure.spn_client_id")?.to_owned(),
        pem_path: values.path("azure.pem_path")?,
        authority: ServicePrincipal::AUTHORITY.to_owned(),
    })
}
