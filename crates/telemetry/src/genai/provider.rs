//! Names of those who provide models.

use model::telemetry::Text;

/// What others and older conventions call the providers of today's.
const ALIASES: [(&str, &str); 20] = [
    ("az.ai.inference", "azure.ai.inference"),
    ("az.ai.openai", "azure.ai.openai"),
    ("azure", "azure.ai.openai"),
    ("azure-openai", "azure.ai.openai"),
    ("azure_openai", "azure.ai.openai"),
    ("aws", "aws.bedrock"),
    ("bedrock", "aws.bedrock"),
    ("amazon-bedrock", "aws.bedrock"),
    ("gemini", "gcp.gemini"),
    ("google", "gcp.gen_ai"),
    ("google_genai", "gcp.gen_ai"),
    ("vertex_ai", "gcp.vertex_ai"),
    ("vertexai", "gcp.vertex_ai"),
    ("google-vertex", "gcp.vertex_ai"),
    ("mistral", "mistral_ai"),
    ("mistralai", "mistral_ai"),
    ("xai", "x_ai"),
    ("watsonx", "ibm.watsonx.ai"),
    ("amazon_bedrock", "aws.bedrock"),
    ("google-generative-ai", "gcp.gen_ai"),
];

/// Families of names of today's that have points in them.
const DOTTED: [&str; 4] = ["azure.", "aws.", "gcp.", "ibm."];

/// The name of today. Vercel adds the kind of call behind a point, as in `openai.chat`.
pub(super) fn provider(sent: Text) -> Text {
    let is_lower = !sent.bytes().any(|byte| byte.is_ascii_uppercase());
    let name = if is_lower { sent } else { sent.to_ascii_lowercase().into() };
    let alias = |name: &str| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, today)| *today);
    if let Some(today) = alias(&name) {
        return today.into();
    }
    match name.split_once('.') {
        Some((family, _)) if !DOTTED.iter().any(|dotted| name.starts_with(dotted)) => {
            alias(family).unwrap_or(family).into()
        }
        _ => name,
    }
}
