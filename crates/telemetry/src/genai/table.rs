//! The table of names.

use foldhash::HashMap;
use std::sync::LazyLock;

/// What an attribute says of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Operation,
    RequestModel,
    ResponseModel,
    Provider,
    Input,
    Output,
    Total,
    CacheRead,
    CacheWrite,
    Reasoning,
    /// Tokens as one object in JSON.
    UsageObject,
    Cost,
    InputCost,
    OutputCost,
    User,
    Session,
    FirstTokenSeconds,
    FirstTokenMs,
    ErrorType,
    /// Messages, tools and names of agents: shown from the attributes, under the name of today.
    Shown,
}

impl Field {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Shown as usize + 1;
}

/// A row of the table, behind its rank: the earlier of two rows of one field counts.
pub(super) type Ranked = (usize, &'static Row);

/// A name and what it says.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) field: Field,
    /// What it is called today, where that is another name.
    pub(super) today: Option<&'static str>,
}

const fn today(name: &'static str, field: Field) -> Row {
    Row { name, field, today: None }
}

const fn alias(name: &'static str, field: Field, today: &'static str) -> Row {
    Row { name, field, today: Some(today) }
}

const OPERATION: &str = "gen_ai.operation.name";
const REQUEST_MODEL: &str = "gen_ai.request.model";
const RESPONSE_MODEL: &str = "gen_ai.response.model";
const PROVIDER: &str = "gen_ai.provider.name";
const INPUT: &str = "gen_ai.usage.input_tokens";
const OUTPUT: &str = "gen_ai.usage.output_tokens";
const CACHE_READ: &str = "gen_ai.usage.cache_read.input_tokens";
const CACHE_WRITE: &str = "gen_ai.usage.cache_write.input_tokens";
const REASONING: &str = "gen_ai.usage.reasoning.output_tokens";
// No convention has totals or cost; these are the names that most senders use.
const TOTAL: &str = "gen_ai.usage.total_tokens";
const COST: &str = "gen_ai.usage.cost";
const INPUT_COST: &str = "gen_ai.usage.input_cost";
const OUTPUT_COST: &str = "gen_ai.usage.output_cost";
const SESSION: &str = "gen_ai.conversation.id";
const USER: &str = "user.id";
const FIRST_TOKEN: &str = "gen_ai.response.time_to_first_chunk";
const INPUT_MESSAGES: &str = "gen_ai.input.messages";
const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
const TOOL_NAME: &str = "gen_ai.tool.name";
const TOOL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
const TOOL_RESULT: &str = "gen_ai.tool.call.result";
const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";

static ROWS: [Row; 117] = {
    use Field::*;
    [
        // semantic-conventions-genai, and what it took over from the core's 1.41.
        today(OPERATION, Operation),
        today(PROVIDER, Provider),
        today(REQUEST_MODEL, RequestModel),
        today(RESPONSE_MODEL, ResponseModel),
        today(INPUT, Input),
        today(OUTPUT, Output),
        today(CACHE_READ, CacheRead),
        today(CACHE_WRITE, CacheWrite),
        today(REASONING, Reasoning),
        today(FIRST_TOKEN, FirstTokenSeconds),
        today(SESSION, Session),
        today(USER, User),
        today("error.type", ErrorType),
        today("gen_ai.system_instructions", Shown),
        today(INPUT_MESSAGES, Shown),
        today(OUTPUT_MESSAGES, Shown),
        today(TOOL_NAME, Shown),
        today("gen_ai.tool.call.id", Shown),
        today(TOOL_ARGUMENTS, Shown),
        today(TOOL_RESULT, Shown),
        today(TOOL_DEFINITIONS, Shown),
        today("gen_ai.agent.name", Shown),
        today("gen_ai.agent.id", Shown),
        today("gen_ai.agent.version", Shown),
        // The core's 1.36 to 1.41.
        alias("gen_ai.usage.cache_creation.input_tokens", CacheWrite, CACHE_WRITE),
        alias("gen_ai.server.time_to_first_token", FirstTokenSeconds, FIRST_TOKEN),
        // The core's up to 1.36, and Traceloop's of that time.
        alias("gen_ai.system", Provider, PROVIDER),
        alias("gen_ai.usage.prompt_tokens", Input, INPUT),
        alias("gen_ai.usage.completion_tokens", Output, OUTPUT),
        alias("gen_ai.prompt", Shown, INPUT_MESSAGES),
        alias("gen_ai.completion", Shown, OUTPUT_MESSAGES),
        alias("gen_ai.prompt.", Shown, INPUT_MESSAGES),
        alias("gen_ai.completion.", Shown, OUTPUT_MESSAGES),
        // Names beside the conventions: OpenLIT, Laminar, Pydantic AI, Sentry, Langfuse's own SDKs.
        today(TOTAL, Total),
        today(COST, Cost),
        today(INPUT_COST, InputCost),
        today(OUTPUT_COST, OutputCost),
        alias("gen_ai.usage.total_cost", Cost, COST),
        alias("gen_ai.cost.total", Cost, COST),
        alias("gen_ai.usage.cache_read_tokens", CacheRead, CACHE_READ),
        alias("gen_ai.usage.cache_write_tokens", CacheWrite, CACHE_WRITE),
        alias("gen_ai.usage.details.cache_read_tokens", CacheRead, CACHE_READ),
        alias("gen_ai.usage.details.cache_write_tokens", CacheWrite, CACHE_WRITE),
        alias("gen_ai.usage.input_cached_tokens", CacheRead, CACHE_READ),
        alias("gen_ai.usage.cached_input_tokens", CacheRead, CACHE_READ),
        alias("gen_ai.usage.cached_tokens", CacheRead, CACHE_READ),
        alias("gen_ai.usage.input_tokens.cached", CacheRead, CACHE_READ),
        alias("gen_ai.usage.input_tokens.cache_write", CacheWrite, CACHE_WRITE),
        alias("gen_ai.usage.reasoning_tokens", Reasoning, REASONING),
        alias("gen_ai.usage.details.reasoning_tokens", Reasoning, REASONING),
        alias("gen_ai.usage.output_tokens.reasoning", Reasoning, REASONING),
        alias("gen_ai.server.ttft", FirstTokenSeconds, FIRST_TOKEN),
        // Anthropic's own names.
        alias("gen_ai.usage.cache_read_input_tokens", CacheRead, CACHE_READ),
        alias("gen_ai.usage.cache_creation_input_tokens", CacheWrite, CACHE_WRITE),
        // OpenInference.
        alias("openinference.span.kind", Operation, OPERATION),
        alias("llm.provider", Provider, PROVIDER),
        alias("llm.system", Provider, PROVIDER),
        alias("llm.model_name", RequestModel, REQUEST_MODEL),
        alias("embedding.model_name", RequestModel, REQUEST_MODEL),
        alias("reranker.model_name", RequestModel, REQUEST_MODEL),
        alias("llm.token_count.prompt", Input, INPUT),
        alias("llm.token_count.completion", Output, OUTPUT),
        alias("llm.token_count.total", Total, TOTAL),
        alias("llm.token_count.prompt_details.cache_read", CacheRead, CACHE_READ),
        alias("llm.token_count.prompt_details.cache_write", CacheWrite, CACHE_WRITE),
        alias("llm.token_count.completion_details.reasoning", Reasoning, REASONING),
        alias("llm.cost.total", Cost, COST),
        alias("llm.cost.prompt", InputCost, INPUT_COST),
        alias("llm.cost.completion", OutputCost, OUTPUT_COST),
        alias("session.id", Session, SESSION),
        alias("input.value", Shown, INPUT_MESSAGES),
        alias("output.value", Shown, OUTPUT_MESSAGES),
        alias("llm.input_messages.", Shown, INPUT_MESSAGES),
        alias("llm.output_messages.", Shown, OUTPUT_MESSAGES),
        alias("llm.tools.", Shown, TOOL_DEFINITIONS),
        alias("tool.name", Shown, TOOL_NAME),
        alias("agent.name", Shown, "gen_ai.agent.name"),
        // Vercel's AI SDK, versions 3 to 6.
        alias("ai.operationId", Operation, OPERATION),
        alias("ai.model.provider", Provider, PROVIDER),
        alias("ai.model.id", RequestModel, REQUEST_MODEL),
        alias("ai.response.model", ResponseModel, RESPONSE_MODEL),
        alias("ai.usage.inputTokens", Input, INPUT),
        alias("ai.usage.promptTokens", Input, INPUT),
        alias("ai.usage.outputTokens", Output, OUTPUT),
        alias("ai.usage.completionTokens", Output, OUTPUT),
        alias("ai.usage.totalTokens", Total, TOTAL),
        alias("ai.usage.tokens", Total, TOTAL),
        alias("ai.usage.cachedInputTokens", CacheRead, CACHE_READ),
        alias("ai.usage.reasoningTokens", Reasoning, REASONING),
        alias("ai.response.msToFirstChunk", FirstTokenMs, FIRST_TOKEN),
        alias("ai.telemetry.metadata.userId", User, USER),
        alias("ai.telemetry.metadata.sessionId", Session, SESSION),
        alias("ai.prompt", Shown, INPUT_MESSAGES),
        alias("ai.prompt.messages", Shown, INPUT_MESSAGES),
        alias("ai.response.text", Shown, OUTPUT_MESSAGES),
        alias("ai.toolCall.name", Shown, TOOL_NAME),
        alias("ai.toolCall.args", Shown, TOOL_ARGUMENTS),
        alias("ai.toolCall.result", Shown, TOOL_RESULT),
        // Traceloop.
        alias("traceloop.span.kind", Operation, OPERATION),
        alias("llm.request.type", Operation, OPERATION),
        alias("llm.usage.total_tokens", Total, TOTAL),
        alias("traceloop.association.properties.user_id", User, USER),
        alias("traceloop.association.properties.session_id", Session, SESSION),
        alias("traceloop.entity.input", Shown, INPUT_MESSAGES),
        alias("traceloop.entity.output", Shown, OUTPUT_MESSAGES),
        // MLflow.
        alias("mlflow.spanType", Operation, OPERATION),
        alias("mlflow.chat.tokenUsage", UsageObject, INPUT),
        alias("mlflow.trace.user", User, USER),
        alias("mlflow.trace.session", Session, SESSION),
        alias("mlflow.spanInputs", Shown, INPUT_MESSAGES),
        alias("mlflow.spanOutputs", Shown, OUTPUT_MESSAGES),
        // Langfuse.
        alias("langfuse.observation.type", Operation, OPERATION),
        alias("langfuse.observation.model.name", RequestModel, REQUEST_MODEL),
        alias("langfuse.user.id", User, USER),
        alias("langfuse.session.id", Session, SESSION),
        // OpenTelemetry's names for people at large.
        alias("enduser.id", User, USER),
        alias("exception.type", ErrorType, "error.type"),
    ]
};

static BY_NAME: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| ROWS.iter().enumerate().map(|(rank, row)| (row.name, rank)).collect());

/// The row of a name. A row whose name ends in a point stands for all names beginning so.
pub(super) fn find(name: &str) -> Option<Ranked> {
    let rank = BY_NAME.get(name).copied().or_else(|| {
        let end = name.match_indices('.').nth(1)?.0 + 1;
        BY_NAME.get(&name[..end]).copied()
    })?;
    Some((rank, &ROWS[rank]))
}
