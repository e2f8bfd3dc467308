import sentryai

sentryai.init(api_key="{key}", endpoint="{address}", service_name="my-agent")


@sentryai.monitor
def answer(question):
    sentryai.capture_llm_usage(model="gpt-4o", input_tokens=1000, output_tokens=500)
    return "42"


answer("What is six times seven?")
sentryai.flush()
