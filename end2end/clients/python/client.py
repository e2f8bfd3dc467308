"""An AI application with a public instrumentation, whose telemetry goes to an OTLP endpoint.

It calls the model server of this folder, exports spans, metrics and logs, and prints as JSON what
its telemetry must add up to: the model server's bill, but for what the instrumentation leaves out.
"""

from __future__ import annotations

import argparse
import json
import os
import urllib.parse
import urllib.request
from typing import Callable

from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instrumentation", choices=INSTRUMENTATIONS)
    parser.add_argument("--endpoint", required=True, help="of OTLP/HTTP, without /v1/traces")
    parser.add_argument("--key", required=True, help="sent as Authorization: Bearer")
    parser.add_argument("--model-server", required=True)
    parser.add_argument("--service", help="service.name; the instrumentation's name if not given")
    arguments = parser.parse_args()
    service = arguments.service or arguments.instrumentation

    # The openai package and LangChain read these.
    os.environ["OPENAI_BASE_URL"] = arguments.model_server + "/v1"
    # The key names the bill.
    os.environ["OPENAI_API_KEY"] = service
    for name, value in ENVIRONMENT.get(arguments.instrumentation, {}).items():
        os.environ[name] = value
    shut_down = set_up_telemetry(arguments.endpoint, arguments.key, service)
    instrument, work, left_out = INSTRUMENTATIONS[arguments.instrumentation]
    instrument()
    work(f"{service}-researcher")
    shut_down()
    query = urllib.parse.urlencode(left_out, doseq=True)
    with urllib.request.urlopen(f"{arguments.model_server}/bill/{service}?{query}") as bill:
        print(json.dumps({"service": service, **json.load(bill)}))


def set_up_telemetry(endpoint: str, key: str, service: str) -> Callable[[], None]:
    """Sets the three global providers; returns what sends the rest and ends them."""
    resource = Resource.create({"service.name": service})

    def target(signal: str) -> dict[str, object]:
        return {
            "endpoint": f"{endpoint}/v1/{signal}",
            "headers": {"Authorization": f"Bearer {key}"},
            "compression": Compression.Gzip,
        }

    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(**target("traces"))))
    trace.set_tracer_provider(tracers)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(**target("metrics")))
    meters = MeterProvider([reader], resource=resource)
    metrics.set_meter_provider(meters)
    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(**target("logs"))))
    _logs.set_logger_provider(loggers)

    def shut_down() -> None:
        for provider in (tracers, meters, loggers):
            provider.shutdown()

    return shut_down


def use_openai(_: str) -> None:
    """A chat, a streamed one, one whose stream says nothing of tokens, embeddings."""
    from openai import OpenAI

    client = OpenAI()
    messages = [{"role": "user", "content": "What is the answer?"}]
    client.chat.completions.create(model="gpt-4o", messages=messages)
    for options in ({"stream_options": {"include_usage": True}}, {}):
        for _ in client.chat.completions.create(
            model="gpt-4o", messages=messages, stream=True, **options
        ):
            pass
    client.embeddings.create(model="text-embedding-3-small", input="the answer")


def use_langchain(agent_name: str) -> None:
    """A chain, a streamed call, and an agent that uses a tool: parents that repeat children."""
    from langchain.agents import create_agent
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    @tool
    def look_up(of: str) -> str:
        """Looks the answer up."""
        return f"42, of {of}"

    model = ChatOpenAI(model="gpt-4o", stream_usage=True)
    prompt = ChatPromptTemplate.from_messages([("user", "What is the answer to {question}?")])
    (prompt | model | StrOutputParser()).invoke({"question": "everything"})
    for _ in model.stream("What is the answer?"):
        pass
    agent = create_agent(model, [look_up], name=agent_name)
    agent.invoke({"messages": [{"role": "user", "content": "Look the answer up."}]})


def use_pydantic_ai(agent_name: str) -> None:
    """An agent that uses a tool."""
    from pydantic_ai import Agent

    agent = Agent("openai-chat:gpt-4o", name=agent_name)

    @agent.tool_plain
    def look_up(of: str) -> str:
        """Looks the answer up."""
        return f"42, of {of}"

    agent.run_sync("Look the answer up.")


def pydantic_ai() -> None:
    from pydantic_ai import Agent

    Agent.instrument_all()


def pydantic_ai_repeating() -> None:
    from pydantic_ai import Agent, InstrumentationSettings

    Agent.instrument_all(InstrumentationSettings(use_aggregated_usage_attribute_names=False))


def openai_v2() -> None:
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()


def traceloop_langchain() -> None:
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor

    LangchainInstrumentor().instrument()


def openinference_openai() -> None:
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()


def openinference_langchain() -> None:
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument()


def all_of(*instruments: Callable[[], None]) -> Callable[[], None]:
    def instrument() -> None:
        for one in instruments:
            one()

    return instrument


#: What sets it up, what uses it (told what to call its agent), what it leaves out (the query of the model server's bill).
INSTRUMENTATIONS: dict[str, tuple[Callable[[], None], Callable[[str], None], dict[str, list[str]]]] = {
    "openai-v2": (openai_v2, use_openai, {"unsaid": ["cache_read", "reasoning"]}),
    "openai-v2-latest": (openai_v2, use_openai, {"unsaid": ["cache_read", "reasoning"]}),
    "openinference-openai": (openinference_openai, use_openai, {}),
    "traceloop-langchain": (traceloop_langchain, use_langchain, {"unsaid": ["reasoning"]}),
    "openinference-langchain": (openinference_langchain, use_langchain, {}),
    "pydantic-ai": (pydantic_ai, use_pydantic_ai, {}),
    # The agent's span repeats the tokens of its calls under the same names.
    "pydantic-ai-repeating": (pydantic_ai_repeating, use_pydantic_ai, {}),
    # Each call is told twice, by LangChain's span and by the openai package's, which are not
    # parent and child.
    "traceloop-langchain-and-openai-v2": (
        all_of(traceloop_langchain, openai_v2),
        use_langchain,
        {"unsaid": ["reasoning"]},
    ),
    "openinference-langchain-and-openai": (
        all_of(openinference_langchain, openinference_openai),
        use_langchain,
        {},
    ),
}

ENVIRONMENT = {
    "openai-v2-latest": {
        "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
    },
}


if __name__ == "__main__":
    main()
