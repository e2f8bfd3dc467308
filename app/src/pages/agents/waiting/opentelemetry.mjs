import { trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const exporter = new OTLPTraceExporter({
  url: "{address}/v1/traces",
  headers: { Authorization: "Bearer {key}" },
});
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ "service.name": "my-agent" }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
provider.register();

const span = trace.getTracer("my-agent").startSpan("chat gpt-4o");
span.setAttributes({
  "gen_ai.operation.name": "chat",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.usage.input_tokens": 1000,
  "gen_ai.usage.output_tokens": 500,
});
span.end();
await provider.shutdown();
