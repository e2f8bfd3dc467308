// An AI application in Node with a public instrumentation, whose telemetry goes to an OTLP endpoint.
//
//   node client.js INSTRUMENTATION --endpoint URL --key KEY --model-server URL [--service NAME]
//
// It calls ../python/model_server.py, exports spans as JSON, and prints as JSON what they must add up
// to: the model server's bill, but for what the instrumentation leaves out.
'use strict';

const { parseArgs } = require('node:util');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

// The package, and what it leaves out: the query of the model server's bill.
const INSTRUMENTATIONS = {
  'node-official': ['@opentelemetry/instrumentation-openai', 'unsaid=cache_read&unsaid=reasoning'],
  'node-traceloop': [
    '@traceloop/instrumentation-openai',
    'unseen=embedding&untold=streamed_chat&unsaid=cache_read&unsaid=reasoning',
  ],
  'node-openinference': [
    '@arizeai/openinference-instrumentation-openai',
    'untold=streamed_chat&untold=embedding',
  ],
};

/** A chat, a streamed one, one whose stream says nothing of tokens, embeddings. */
async function useOpenai(baseURL, apiKey) {
  // Required only now: an instrumentation patches what is loaded after it.
  const { OpenAI } = require('openai');
  const client = new OpenAI({ baseURL, apiKey });
  const question = { model: 'gpt-4o', messages: [{ role: 'user', content: 'What is the answer?' }] };
  await client.chat.completions.create(question);
  for (const options of [{ stream_options: { include_usage: true } }, {}]) {
    for await (const _ of await client.chat.completions.create({ ...question, stream: true, ...options }));
  }
  await client.embeddings.create({ model: 'text-embedding-3-small', input: 'the answer' });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      endpoint: { type: 'string' },
      key: { type: 'string' },
      'model-server': { type: 'string' },
      service: { type: 'string' },
    },
  });
  const [instrumentation] = positionals;
  const [instrumentationPackage, leftOut] = INSTRUMENTATIONS[instrumentation];
  const modelServer = values['model-server'];
  const service = values.service ?? instrumentation;
  const exporter = new OTLPTraceExporter({
    url: `${values.endpoint}/v1/traces`,
    headers: { Authorization: `Bearer ${values.key}` },
  });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  const { OpenAIInstrumentation } = require(instrumentationPackage);
  registerInstrumentations({ instrumentations: [new OpenAIInstrumentation()] });
  // The key names the bill.
  await useOpenai(`${modelServer}/v1`, service);
  await provider.shutdown();
  const bill = await (await fetch(`${modelServer}/bill/${service}?${leftOut}`)).json();
  console.log(JSON.stringify({ service, ...bill }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
