//! The words that say what a span did.

use model::telemetry::{Operation, Value};

/// The words of all conventions in lower case: `gen_ai.operation.name`, OpenInference's, Traceloop's,
/// MLflow's and Langfuse's kinds of span, Vercel's operation ids. Vercel's outer spans repeat the usage of
/// the calls inside of them: they are chains.
const WORDS: [(&str, Operation); 54] = {
    use Operation::*;
    [
        ("chat", Model),
        ("generate_content", Model),
        ("text_completion", Model),
        ("completion", Model),
        ("llm", Model),
        ("chat_model", Model),
        ("generation", Model),
        ("responses", Model),
        ("image_generation", Model),
        ("ai.generatetext.dogenerate", Model),
        ("ai.streamtext.dostream", Model),
        ("ai.generateobject.dogenerate", Model),
        ("ai.streamobject.dostream", Model),
        ("embeddings", Embedding),
        ("embedding", Embedding),
        ("ai.embed.doembed", Embedding),
        ("ai.embedmany.doembed", Embedding),
        ("invoke_agent", Agent),
        ("create_agent", Agent),
        ("agent", Agent),
        ("execute_tool", Tool),
        ("tool", Tool),
        ("tool_call", Tool),
        ("function", Tool),
        ("ai.toolcall", Tool),
        ("retrieval", Retrieval),
        ("retriever", Retrieval),
        ("search_memory", Retrieval),
        ("rerank", Rerank),
        ("reranker", Rerank),
        ("invoke_workflow", Chain),
        ("workflow", Chain),
        ("chain", Chain),
        ("task", Chain),
        ("plan", Chain),
        ("ai.generatetext", Chain),
        ("ai.streamtext", Chain),
        ("ai.generateobject", Chain),
        ("ai.streamobject", Chain),
        ("ai.embed", Chain),
        ("ai.embedmany", Chain),
        ("guardrail", Guardrail),
        ("evaluator", Evaluation),
        ("evaluation", Evaluation),
        ("prompt", Other),
        ("parser", Other),
        ("memory", Other),
        ("create_memory", Other),
        ("update_memory", Other),
        ("upsert_memory", Other),
        ("delete_memory", Other),
        ("span", Other),
        ("event", Other),
        ("unknown", Other),
    ]
};

/// The operation that a word stands for, in any case; MLflow writes it in quotes.
pub(super) fn operation(value: &Value) -> Option<Operation> {
    let Value::Text(word) = value else { return None };
    let word = word.trim_matches('"');
    WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, operation)| *operation)
}
