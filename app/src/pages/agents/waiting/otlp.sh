random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
now=$(date +%s)
curl --fail --silent --show-error "{address}/v1/traces" \
  --header "Authorization: Bearer {key}" \
  --header "Content-Type: application/json" \
  --data @- <<END
{"resourceSpans": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my-agent"}}]},
  "scopeSpans": [{"spans": [{
    "traceId": "$(random 16)", "spanId": "$(random 8)", "name": "chat gpt-4o", "kind": 3,
    "startTimeUnixNano": "$((now - 1))000000000", "endTimeUnixNano": "${now}000000000",
    "attributes": [
      {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
      {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
      {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1000"}},
      {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "500"}}
    ]
  }]}]
}]}
END
