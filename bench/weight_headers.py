#!/usr/bin/env python3
"""Makes the files whose headers bench/run measures: all header, the data sparse.

usage: weight_headers.py FOLDER

  llama3.gguf           Llama 3 8B as Q4_K_M would have it: 291 tensors, 128,256 tokens, 280,147 merges, 8.8 MB of header
  llama2/               Llama 2 7B: 291 float16 tensors, 13.5 GB, and its config.json
"""
import json
import random
import struct
import sys
from pathlib import Path

TEXT, ARRAY, U32, F32, I32 = 8, 9, 4, 6, 5
Q4_K, Q6_K, TYPE_F32 = 12, 14, 0
BLOCKS = {Q4_K: (256, 144), Q6_K: (256, 210), TYPE_F32: (1, 4)}


def text(value):
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key, kind, payload):
    return text(key) + struct.pack("<I", kind) + payload


def array(key, kind, items):
    return pair(key, ARRAY, struct.pack("<IQ", kind, len(items)) + b"".join(items))


def words(count, seed, length):
    """Distinct made-up tokens, about as long as those of the real vocabulary."""
    letters = random.Random(seed)
    return ["".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=letters.randint(*length))) + f"{i:x}" for i in range(count)]


def gguf_tensors(layers, hidden, inner, kv, vocabulary):
    yield "token_embd.weight", Q4_K, (hidden, vocabulary)
    for i in range(layers):
        block = f"blk.{i}."
        yield block + "attn_norm.weight", TYPE_F32, (hidden,)
        yield block + "attn_q.weight", Q4_K, (hidden, hidden)
        yield block + "attn_k.weight", Q4_K, (hidden, kv)
        yield block + "attn_v.weight", Q6_K, (hidden, kv)
        yield block + "attn_output.weight", Q4_K, (hidden, hidden)
        yield block + "ffn_norm.weight", TYPE_F32, (hidden,)
        yield block + "ffn_gate.weight", Q4_K, (hidden, inner)
        yield block + "ffn_up.weight", Q4_K, (hidden, inner)
        yield block + "ffn_down.weight", Q6_K, (inner, hidden)
    yield "output_norm.weight", TYPE_F32, (hidden,)
    yield "output.weight", Q6_K, (hidden, vocabulary)


def make_gguf(path, tokens=128256, merges=280147):
    vocabulary, pieces = words(tokens, 1, (4, 7)), words(merges, 2, (5, 9))
    pairs = [pair("general.architecture", TEXT, text("llama")), pair("general.name", TEXT, text("Llama 3 8B"))]
    for key, value in (("block_count", 32), ("context_length", 8192), ("embedding_length", 4096), ("feed_forward_length", 14336),
                       ("attention.head_count", 32), ("attention.head_count_kv", 8), ("vocab_size", tokens),
                       ("rope.dimension_count", 128)):
        pairs.append(pair("llama." + key, U32, struct.pack("<I", value)))
    pairs.append(pair("llama.rope.freq_base", F32, struct.pack("<f", 500000)))
    pairs.append(pair("llama.attention.layer_norm_rms_epsilon", F32, struct.pack("<f", 1e-5)))
    pairs.append(pair("general.file_type", U32, struct.pack("<I", 15)))
    pairs.append(pair("tokenizer.ggml.model", TEXT, text("gpt2")))
    pairs.append(array("tokenizer.ggml.tokens", TEXT, [text(word) for word in vocabulary]))
    pairs.append(array("tokenizer.ggml.token_type", I32, [struct.pack("<i", 1)] * tokens))
    pairs.append(array("tokenizer.ggml.merges", TEXT, [text(piece[:3] + " " + piece[3:]) for piece in pieces]))
    records, offset = [], 0
    for name, kind, extents in gguf_tensors(32, 4096, 14336, 1024, tokens):
        elements = 1
        for extent in extents:
            elements *= extent
        records.append(text(name) + struct.pack("<I", len(extents)) + struct.pack(f"<{len(extents)}Q", *extents) +
                       struct.pack("<IQ", kind, offset))
        block, size = BLOCKS[kind]
        offset += (elements // block * size + 31) // 32 * 32
    header = b"GGUF" + struct.pack("<IQQ", 3, len(records), len(pairs)) + b"".join(pairs) + b"".join(records)
    with path.open("wb") as out:
        out.write(header)
        out.truncate((len(header) + 31) // 32 * 32 + offset)
    return len(header)


def make_safetensors(folder):
    folder.mkdir(exist_ok=True)
    hidden, inner, layers, vocabulary = 4096, 11008, 32, 32000
    shapes = {"model.embed_tokens.weight": (vocabulary, hidden)}
    for i in range(layers):
        layer = f"model.layers.{i}."
        for name in ("q", "k", "v", "o"):
            shapes[f"{layer}self_attn.{name}_proj.weight"] = (hidden, hidden)
        shapes[layer + "mlp.gate_proj.weight"] = shapes[layer + "mlp.up_proj.weight"] = (inner, hidden)
        shapes[layer + "mlp.down_proj.weight"] = (hidden, inner)
        shapes[layer + "input_layernorm.weight"] = shapes[layer + "post_attention_layernorm.weight"] = (hidden,)
    shapes["model.norm.weight"] = (hidden,)
    shapes["lm_head.weight"] = (vocabulary, hidden)
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        size = 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    raw = json.dumps(header, separators=(",", ":")).encode()
    with (folder / "model.safetensors").open("wb") as out:
        out.write(struct.pack("<Q", len(raw)) + raw)
        out.truncate(8 + len(raw) + offset)
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": hidden, "intermediate_size": inner,
              "num_hidden_layers": layers, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": vocabulary,
              "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "hidden_act": "silu", "tie_word_embeddings": False,
              "torch_dtype": "float16"}
    (folder / "config.json").write_text(json.dumps(config))
    return offset


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    print(f"llama3.gguf: {make_gguf(folder / 'llama3.gguf') / 1e6:.1f} MB of header")
    print(f"llama2/model.safetensors: {make_safetensors(folder / 'llama2') / 1e9:.1f} GB")


if __name__ == "__main__":
    main()
