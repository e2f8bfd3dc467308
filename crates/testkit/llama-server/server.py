# A real OpenAI-compatible server for tests: python server.py API_KEY
# llama.cpp's server with a model of random weights, which is made here: it writes nonsense, but it does count tokens,
# stream, and keep to a JSON schema. Prints its base URL when it listens, and ends when its input does.
import array
import os
import random
import struct
import sys
import tempfile

import xllamacpp

WIDTH, HIDDEN, HEADS, CONTEXT = 32, 64, 2, 2048

# One token a byte, after the three that every vocabulary has.
TOKENS = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
UNKNOWN, CONTROL, BYTE = 2, 3, 6
TOKEN_TYPES = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256

TENSORS = {
    "token_embd.weight": (WIDTH, len(TOKENS)),
    "blk.0.attn_norm.weight": (WIDTH,),
    "blk.0.attn_q.weight": (WIDTH, WIDTH),
    "blk.0.attn_k.weight": (WIDTH, WIDTH),
    "blk.0.attn_v.weight": (WIDTH, WIDTH),
    "blk.0.attn_output.weight": (WIDTH, WIDTH),
    "blk.0.ffn_norm.weight": (WIDTH,),
    "blk.0.ffn_gate.weight": (WIDTH, HIDDEN),
    "blk.0.ffn_up.weight": (WIDTH, HIDDEN),
    "blk.0.ffn_down.weight": (HIDDEN, WIDTH),
    "output_norm.weight": (WIDTH,),
    "output.weight": (WIDTH, len(TOKENS)),
}


def gguf():
    """The model in llama.cpp's file format, version 3: metadata, the tensors' shapes, the tensors."""

    def text(value):
        data = value.encode()
        return struct.pack("<Q", len(data)) + data

    # Types of metadata by their numbers in the format.
    def entry(name, kind, value):
        return text(name) + struct.pack("<I", kind) + value

    def uint(name, value):
        return entry(name, 4, struct.pack("<I", value))

    def listed(name, kind, values):
        return entry(name, 9, struct.pack("<IQ", kind, len(values)) + b"".join(values))

    metadata = [
        entry("general.architecture", 8, text("llama")),
        uint("llama.context_length", CONTEXT),
        uint("llama.embedding_length", WIDTH),
        uint("llama.block_count", 1),
        uint("llama.feed_forward_length", HIDDEN),
        uint("llama.attention.head_count", HEADS),
        entry("llama.attention.layer_norm_rms_epsilon", 6, struct.pack("<f", 1e-5)),
        entry("tokenizer.ggml.model", 8, text("llama")),
        listed("tokenizer.ggml.tokens", 8, [text(token) for token in TOKENS]),
        listed("tokenizer.ggml.scores", 6, [struct.pack("<f", 0)] * len(TOKENS)),
        listed("tokenizer.ggml.token_type", 5, [struct.pack("<i", kind) for kind in TOKEN_TYPES]),
        uint("tokenizer.ggml.unknown_token_id", 0),
        uint("tokenizer.ggml.bos_token_id", 1),
        uint("tokenizer.ggml.eos_token_id", 2),
        # A space put before the text would break the grammar that a schema becomes.
        entry("tokenizer.ggml.add_space_prefix", 7, b"\0"),
    ]

    def padded(data):
        return data + b"\0" * (-len(data) % 32)

    weights = random.Random(1)  # the same model in every run
    shapes, data = b"", b""
    for name, shape in TENSORS.items():
        count = 1
        for length in shape:
            count *= length
        shapes += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        shapes += struct.pack("<IQ", 0, len(data))  # 32-bit floats, and where they begin
        data += padded(array.array("f", (weights.gauss(0, 1) for _ in range(count))).tobytes())
    head = b"GGUF" + struct.pack("<IQQ", 3, len(TENSORS), len(metadata))
    return padded(head + b"".join(metadata) + shapes) + data


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "random.gguf")
    with open(path, "wb") as file:
        file.write(gguf())
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.model_alias = {"random"}
    params.n_ctx = CONTEXT
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [sys.argv[1]]
    server = xllamacpp.Server(params)
    print(f"{server.listening_address}/v1", flush=True)
    sys.stdin.read()
