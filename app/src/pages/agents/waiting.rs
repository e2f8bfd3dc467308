//! What stands where agents will be: how to send the first event, and whether it has come.

use crate::components::copy_button::CopyButton;
use crate::location::Place;
use leptos::prelude::*;

/// Where the reader's key goes in a snippet.
const KEY: &str = "YOUR_KEY";

/// A way to send, with what to run.
struct Way {
    name: &'static str,
    install: &'static str,
    code: &'static str,
}

const WAYS: [Way; 3] = [
    Way {
        name: "SDK (Python)",
        install: "pip install sentryai",
        code: r#"import sentryai

sentryai.init(endpoint="{address}", api_key="{key}", service_name="my-agent")

@sentryai.monitor
def answer(question):
    sentryai.capture_llm_usage(model="gpt-4o", input_tokens=1000, output_tokens=500)
    return "42"

answer("What is six times seven?")
sentryai.flush()
"#,
    },
    Way {
        name: "OpenTelemetry (Python)",
        install: "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
        code: r#"from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(
    endpoint="{address}/v1/traces",
    headers={"Authorization": "Bearer {key}"},
)
provider = TracerProvider(resource=Resource.create({"service.name": "my-agent"}))
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)

with trace.get_tracer("my-agent").start_as_current_span("chat gpt-4o") as span:
    span.set_attribute("gen_ai.operation.name", "chat")
    span.set_attribute("gen_ai.request.model", "gpt-4o")
    span.set_attribute("gen_ai.usage.input_tokens", 1000)
    span.set_attribute("gen_ai.usage.output_tokens", 500)
provider.shutdown()
"#,
    },
    Way {
        name: "OpenTelemetry (JavaScript)",
        install: "npm install @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto @opentelemetry/api",
        code: r#"import { trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK({
  serviceName: "my-agent",
  traceExporter: new OTLPTraceExporter({
    url: "{address}/v1/traces",
    headers: { Authorization: "Bearer {key}" },
  }),
});
sdk.start();

const span = trace.getTracer("my-agent").startSpan("chat gpt-4o");
span.setAttributes({
  "gen_ai.operation.name": "chat",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.usage.input_tokens": 1000,
  "gen_ai.usage.output_tokens": 500,
});
span.end();
await sdk.shutdown();
"#,
    },
];

/// The code of a way to send to the server at `address`.
fn snippet(way: &Way, address: &str) -> String {
    way.code.replace("{address}", address).replace("{key}", KEY)
}

/// How to send the first event to the server at `address`. `has_come` turns true when it is there.
pub(super) fn waiting(address: String, has_come: Signal<bool>, place: Memo<Place>) -> AnyView {
    let ways: Vec<_> = WAYS
        .iter()
        .enumerate()
        .map(|(index, way)| {
            let code = snippet(way, &address);
            view! {
                <details class="way-to-send" open=index == 0>
                    <summary>{way.name}</summary>
                    <p class="way-code"><code class="mono">{way.install}</code> <CopyButton text=way.install what="command"/></p>
                    <div class="way-code">
                        <pre class="mono" tabindex="0" aria-label=way.name>{code.clone()}</pre>
                        <CopyButton text=code what="code"/>
                    </div>
                </details>
            }
        })
        .collect();
    let keys = move || place.read().elsewhere().href("/settings/keys");
    let words = move || match has_come.get() {
        true => "The first event has come.",
        false => "Waiting for the first event…",
    };
    view! {
        <section class="section-card agents-waiting">
            <div class="section-header"><h2 class="section-title">"No agent has sent anything yet"</h2></div>
            <p class="first-event" class:has-come=move || has_come.get() role="status">
                <span class="first-event-dot" aria-hidden="true"></span>
                {words}
            </p>
            <p>
                "1. " <a href=keys>"Make a machine key"</a> " with the scope "
                <code class="mono">"ingest"</code> ", and put it in the place of " <code class="mono">{KEY}</code> "."
            </p>
            <p>"2. Run one of these. The agent shows here by itself."</p>
            {ways}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in_but_the_key() {
        for way in &WAYS {
            let code = snippet(way, "https://sentry.example:3000");
            assert!(code.contains("https://sentry.example:3000"), "{code}");
            assert_eq!(code.matches(KEY).count(), 1, "{code}");
            assert!(!code.contains("{address}") && !code.contains("{key}"), "{code}");
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_first_event_is_announced() {
        Owner::new().with(|| {
            let html = |has_come: bool| {
                let place = Memo::new(|_| Place::default());
                waiting("http://h".to_owned(), Signal::stored(has_come), place).to_html()
            };
            assert!(html(false).contains("Waiting for the first event…"));
            let come = html(true);
            assert!(come.contains("The first event has come.") && come.contains("has-come"), "{come}");
            assert!(come.contains("Bearer YOUR_KEY"), "{come}");
        });
    }
}
