"""Attention, positions and normalizations."""
import numpy as np

from record import Case, Const

RNG = np.random.default_rng(1)


def f(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def i32(*values):
    return np.array(values, np.int32)


def s32(value):
    return np.array(value, np.int32)


B, S, P, N, H = 2, 3, 4, 2, 8  # batch, sequence, past, heads, head size
D = N * H
CASES = []


def case(op, variant, inputs, outputs=1, **attributes):
    CASES.append(Case(op, variant, inputs, outputs, **attributes))


# --- Attention
W, WB = Const(f(12, 3 * D)), Const(f(3 * D))
case("Attention", "plain", [f(B, S, 12), W, WB], num_heads=N)
case("Attention", "without_bias", [f(B, S, 12), W], num_heads=N)
case("Attention", "lengths", [f(B, S, 12), W, WB, i32(3, 2)], num_heads=N)
case("Attention", "mask", [f(B, S, 12), W, WB, np.ones((B, S), np.int32)], num_heads=N, unidirectional=1)
case("Attention", "present", [f(B, S, 12), W, WB], 2, num_heads=N)
case("Attention", "past", [f(B, S, 12), W, WB, None, f(2, B, N, P, H)], 2, num_heads=N, unidirectional=1)
case("Attention", "bias", [f(B, S, 12), W, WB, None, None, f(1, N, S, S)], num_heads=N)
case("Attention", "sizes", [f(B, S, 12), Const(f(12, 16 + 16 + 24)), Const(f(56))], num_heads=N,
     qkv_hidden_sizes=[16, 16, 24])
# --- QAttention
QW = Const(RNG.integers(-9, 9, (12, 3 * D)).astype(np.int8))
QX = RNG.integers(0, 9, (B, S, 12)).astype(np.uint8)
SC = Const(np.float32(0.1))
case("QAttention", "plain", [QX, QW, WB, SC, SC], num_heads=N)
case("QAttention", "zero_points", [QX, QW, WB, SC, SC, None, Const(np.uint8(3)), Const(np.int8(0))], num_heads=N)
case("QAttention", "past", [QX, QW, WB, SC, SC, None, Const(np.uint8(3)), Const(np.int8(0)), f(2, B, N, P, H)], 2,
     num_heads=N, unidirectional=1)
# --- MultiHeadAttention
case("MultiHeadAttention", "plain", [f(B, S, D), f(B, 5, D), f(B, 5, D)], num_heads=N)
case("MultiHeadAttention", "value_size", [f(B, S, D), f(B, 5, D), f(B, 5, 24)], num_heads=N)
case("MultiHeadAttention", "bias", [f(B, S, D), f(B, S, D), f(B, S, D), Const(f(3 * D))], num_heads=N)
case("MultiHeadAttention", "packed_qkv", [f(B, S, N, 3, H)], num_heads=N)
case("MultiHeadAttention", "packed_kv", [f(B, S, D), f(B, 5, N, 2, H)], num_heads=N)
case("MultiHeadAttention", "cross_cache", [f(B, S, D), f(B, N, 5, H), f(B, N, 5, H)], num_heads=N)
case("MultiHeadAttention", "padding_mask",
     [f(B, S, D), f(B, 5, D), f(B, 5, D), None, np.ones((B, 5), np.int32)], num_heads=N)
case("MultiHeadAttention", "past",
     [f(B, S, D), f(B, S, D), f(B, S, D), None, None, None, f(B, N, P, H), f(B, N, P, H)], 3, num_heads=N,
     unidirectional=1)
case("MultiHeadAttention", "present", [f(B, S, D), f(B, S, D), f(B, S, D)], 3, num_heads=N)
case("MultiHeadAttention", "qk", [f(B, S, D), f(B, 5, D), f(B, 5, D)], [True, False, False, True], num_heads=N,
     types=[1, 1])
case("MultiHeadAttention", "attention_bias", [f(B, S, D), f(B, 5, D), f(B, 5, D), None, None, f(1, N, S, 5)],
     num_heads=N)
case("MultiHeadAttention", "shared_buffer",
     [f(B, 1, D), f(B, 1, D), f(B, 1, D), None, None, None, f(B, N, 10, H), f(B, N, 10, H), i32(4)], 3, num_heads=N)
# --- DecoderMaskedMultiHeadAttention
case("DecoderMaskedMultiHeadAttention", "self",
     [f(B, 1, D), f(B, 1, D), f(B, 1, D), None, None, f(B, N, 10, H), f(B, N, 10, H), i32(4)], 3, num_heads=N,
     past_present_share_buffer=1)
case("DecoderMaskedMultiHeadAttention", "cross", [f(B, 1, D), f(B, N, 5, H), f(B, N, 5, H)], num_heads=N)
case("DecoderMaskedMultiHeadAttention", "growing",
     [f(B, 1, D), f(B, 1, D), f(B, 1, D), None, None, f(B, N, P, H), f(B, N, P, H)], 3, num_heads=N)
# --- GroupQueryAttention
KV = 1
GQ = dict(num_heads=N, kv_num_heads=KV)


def grouped(variant, length, total, past, packed=False, extra=(), outputs=3, batch=B, half=np.float32, **attributes):
    q = [f(batch, length, (N + 2 * KV) * H), None, None] if packed else [
        f(batch, length, D), f(batch, length, KV * H), f(batch, length, KV * H)]
    q = [x if x is None else x.astype(half) for x in q]
    caches = [None, None] if past is None else [f(batch, KV, past, H).astype(half), f(batch, KV, past, H).astype(half)]
    case("GroupQueryAttention", variant,
         q + caches + [np.full(batch, total - 1, np.int32), s32(total)] + list(extra), outputs, **GQ, **attributes)


grouped("prompt", 3, 3, 0)
grouped("prompt_packed", 3, 3, 0, packed=True)
grouped("growing", 1, 5, 4)
grouped("growing_packed", 1, 5, 4, packed=True)
grouped("shared_buffer", 1, 5, 16)
case("GroupQueryAttention", "rotary",
     [f(B, 1, 32), f(B, 1, 16), f(B, 1, 16), f(B, 1, P, 16), f(B, 1, P, 16), np.full(B, 4, np.int32), s32(5),
      Const(f(32, 8)), Const(f(32, 8))], 3, do_rotary=1, **GQ)
grouped("window", 1, 5, 4, local_window_size=2)
grouped("without_cache", 3, 3, None)
grouped("softcap", 3, 3, 0, softcap=2.0)
grouped("qk", 1, 5, 4, outputs=4, qk_output=1)
grouped("half", 1, 5, 4, half=np.float16)
grouped("one_output", 3, 3, 0, outputs=1)
grouped("attention_bias", 3, 3, 0, extra=[None, None, None, f(1, 1, 3, 3)])
# --- SparseAttention
case("SparseAttention", "prompt",
     [f(1, 3, D), f(1, 3, KV * H), f(1, 3, KV * H), f(1, KV, 32, H), f(1, KV, 32, H),
      Const(np.array([[0, 1, 3]], np.int32)), Const(np.array([[0, 0, 1]], np.int32)), s32(3), i32(3)], 3,
     sparse_block_size=16, **GQ)
case("SparseAttention", "packed",
     [f(1, 3, (N + 2 * KV) * H), None, None, f(1, KV, 32, H), f(1, KV, 32, H),
      Const(np.array([[0, 1, 3]], np.int32)), Const(np.array([[0, 0, 1]], np.int32)), s32(3), i32(3)], 3,
     sparse_block_size=16, **GQ)
# --- linear attention
case("LinearAttention", "gated_delta",
     [f(B, S, D), f(B, S, D), f(B, S, N * 6), f(B, N, H, 6), f(B, S, N), f(B, S, N)], 2, q_num_heads=N, kv_num_heads=N)
case("LinearAttention", "linear", [f(B, S, D), f(B, S, D), f(B, S, N * 6)], 2, q_num_heads=N, kv_num_heads=N,
     update_rule="linear")
case("LinearAttention", "grouped", [f(B, S, D), f(B, S, H), f(B, S, 6)], 2, q_num_heads=N, kv_num_heads=1,
     update_rule="linear")
case("LinearAttention", "window",
     [f(B, S, D), f(B, S, D), f(B, S, N * 6), f(2, B, N, H, 6), f(B, S, N), f(B, S, N)], 2, q_num_heads=N,
     kv_num_heads=N, state_window=2)
case("GatedDeltaNet", "packed_tokens",
     [f(6, N, H), f(6, N, H), f(6, N, 6), i32(0, 2, 6), f(6, N), f(6, N), f(2, N, 6, H)], 2, qk_l2_norm=1)
case("GatedDeltaNet", "batched",
     [f(B, S, N, H), f(B, S, N, H), f(B, S, N, 6), None, f(B, S, N), f(B, S, N), f(B, N, 6, H)], 2, qk_l2_norm=1)
case("GatedDeltaNet", "one_operand",
     [f(6, 2 * N * H + N * 6), None, None, i32(0, 2, 6), f(6, N), f(6, N), f(2, N, 6, H)], 2, qk_l2_norm=1)
case("GatedDeltaNet", "updates",
     [f(B, S, N, H), f(B, S, N, H), f(B, S, N, 6), None, f(B, S, N), f(B, S, N), f(B, N, 6, H), None, None,
      i32(1, 2)], 3, qk_l2_norm=1, state_update_capacity=2)
case("LinearAttentionGate", "decay", [f(B, S, N), Const(f(N)), Const(f(N))])
case("LinearAttentionGate", "both", [f(B, S, N), Const(f(N)), Const(f(N)), f(B, S, N)], 2)
# --- indexers
case("SparseAttentionIndexer", "qsa",
     [f(1, 4, 2 * H), f(1, 4, H), Const(f(H)), Const(f(H)), Const(f(16, 4)), Const(f(16, 4)), None, f(1, 4, H)], 2,
     policy_mode="qsa", compress_ratio=2, token_budget=4)
case("SparseAttentionIndexer", "qsa_capacity",
     [f(1, 4, 2 * H), f(1, 4, H), Const(f(H)), Const(f(H)), Const(f(16, 4)), Const(f(16, 4)), None, f(1, 12, H),
      None, None, None, None, i32(4)], 2, policy_mode="qsa", compress_ratio=2, token_budget=4)
case("PackedSparseAttentionIndexer", "qsa",
     [f(4, 2 * H), f(4, H), Const(f(H)), Const(f(H)), Const(f(16, 4)), Const(f(16, 4)), i32(0, 4), i32(0), None, None,
      None, None, f(1, 8, H), f(1, 3, H), None, np.zeros((1, 2), np.int32)],
     [True, True, True, True, False, True], policy_mode="qsa", compress_ratio=2, token_budget=4, state_capacity=8)
case("PackedSparseAttentionIndexerMerge", "range",
     [np.zeros((2, 3), np.int32), i32(1, 1), i32(0, 1), i32(4, 4), i32(6, 6)], 3, policy_mode="append_range",
     max_output_entries=5)
# --- rotary embeddings
for label, x in (("three", f(B, S, D)), ("four", f(B, N, S, H))):
    case("RotaryEmbedding", label, [x, np.zeros((B, S), np.int64), Const(f(32, H // 2)), Const(f(32, H // 2))])
case("RotaryEmbedding", "partial", [f(B, S, D), np.zeros(1, np.int64), Const(f(32, 2)), Const(f(32, 2))],
     num_heads=N, rotary_embedding_dim=4)
case("MRotaryEmbedding", "sections", [f(B, S, D), np.zeros((3, B, S), np.int64), Const(f(32, 4)), Const(f(32, 4))],
     mrope_section=[2, 1, 1], num_heads=N)
case("GemmaRotaryEmbedding", "half",
     [f(B, S, H)] + [f(B, N, S, H).astype(np.float16) for _ in range(4)], 2)
case("RelativePositionBias", "known", [Const(f(8, N)), Const(np.array(4, np.int64)), Const(np.array(4, np.int64))],
     max_distance=16)
case("RelativePositionBias", "given", [Const(f(8, N)), np.array(4, np.int64), np.array(4, np.int64)],
     max_distance=16, is_bidirectional=1)
# --- normalizations
IDS = np.zeros((B, S), np.int32)
EMB = [Const(f(10, D)), Const(f(10, D))]
case("EmbedLayerNormalization", "segments", [IDS, IDS] + EMB + [Const(f(2, D)), Const(f(D)), Const(f(D))], 2)
case("EmbedLayerNormalization", "no_segments", [IDS, None] + EMB + [None, Const(f(D)), Const(f(D))], 2)
case("EmbedLayerNormalization", "mask", [IDS, IDS] + EMB + [Const(f(2, D)), Const(f(D)), Const(f(D)), IDS], 2)
case("EmbedLayerNormalization", "sum", [IDS, IDS] + EMB + [Const(f(2, D)), Const(f(D)), Const(f(D))], 3)
U8 = Const(RNG.integers(0, 9, (10, D)).astype(np.uint8))
U1 = Const(RNG.integers(0, 9, (D,)).astype(np.uint8))
Z = Const(np.uint8(1))
case("QEmbedLayerNormalization", "plain",
     [IDS, IDS, U8, U8, U8, U1, U1, None, SC, SC, SC, SC, SC, Z, Z, Z, Z, Z], 2)
for op, inputs in (("SkipLayerNormalization", [Const(f(D)), Const(f(D)), Const(f(D))]),
                   ("SkipSimplifiedLayerNormalization", [Const(f(D)), Const(f(D))])):
    case(op, "plain", [f(B, S, D), f(B, S, D)] + inputs[:1])
    case(op, "bias", [f(B, S, D), f(B, S, D)] + inputs)
    case(op, "sum", [f(B, S, D), f(B, S, D)] + inputs, [True, False, False, True])
    case(op, "broadcast", [f(B, S, D), f(S, D)] + inputs)
    case(op, "two_axes", [f(S, D), f(S, D)] + inputs[:1])
case("GroupNorm", "last", [f(B, 4, 4, 8), Const(f(8)), Const(f(8))], activation=0, groups=2)
case("GroupNorm", "first", [f(B, 8, 4, 4), Const(f(8)), Const(f(8))], activation=1, groups=2, channels_last=0)
case("SkipGroupNorm", "last", [f(B, 4, 4, 8), Const(f(8)), Const(f(8)), f(B, 4, 4, 8)], 2, activation=0, groups=2)
case("BranchwiseRMSNorm", "grouped", [f(B, S, 2, D), Const(f(D))])
case("BranchwiseRMSNorm", "flat", [f(B, S, 2 * D), Const(f(2 * D))], num_branches=2)
case("GatedRMSNorm", "silu", [f(B, S, 2 * H), Const(f(H)), f(B, S, 2 * H)])
case("HyperConnectionPreMix", "grouped", [f(B, S, 2, D), f(B, S, 2)])
case("HyperConnectionPreMix", "flat", [f(B, S, 2 * D), f(B, S, 2)], num_branches=2)
case("HyperConnectionPostMix", "mixed", [f(B, S, 2, D), f(B, S, D), f(B, S, 2), f(B, S, 2, 2)])
case("HyperConnectionPostMix", "flat", [f(B, S, 2 * D), f(B, S, D), f(B, S, 2)], num_branches=2)
case("HyperConnectionLowRankMix", "prologue",
     [f(B, S, 2 * D), Const(f(2 * D)), Const(f(2 * D, 4)), Const(f(4, 2 * D)), Const(f(2 * D, 2)), f(B, S, D),
      f(B, S, 2)], 3, num_branches=2)
case("EngramGate", "normed",
     [f(B, S, 2, D), f(B, S, 2, D), f(B, S, D), Const(f(2, D)), Const(f(2, D)), Const(f(2, D))], 2)
case("RMSNormRotary", "half", [f(B, S, N, H).astype(np.float16), Const(f(H)), np.zeros((B, S), np.int64),
                               Const(f(16, 2)), Const(f(16, 2))], rotary_embedding_dim=4, output_fp16=1)
case("GatedRelativePositionBias", "plain",
     [f(B, S, D), Const(f(D)), f(1, N, S, S), Const(f(H, 8)), Const(f(8)), Const(f(1, N, 1, 1))], num_heads=N)
case("LongformerAttention", "plain",
     [f(1, 4, D), Const(f(D, 3 * D)), Const(f(3 * D)), f(1, 4), Const(f(D, 3 * D)), Const(f(3 * D)),
      np.zeros((1, 4), np.int32)], num_heads=N, window=2)
case("PackedAttention", "plain",
     [f(5, 12), Const(f(12, 3 * D)), Const(f(3 * D)), np.arange(6, dtype=np.int32).reshape(2, 3), i32(0, 2, 5)],
     num_heads=N)
case("PackedMultiHeadAttention", "plain",
     [f(5, D), f(5, D), f(5, D), None, np.arange(6, dtype=np.int32).reshape(2, 3), i32(0, 2, 5)], num_heads=N)
case("RemovePadding", "plain", [f(B, S, D), i32(2, 3)], 4)
case("RestorePadding", "plain", [f(5, D), np.arange(6, dtype=np.int32).reshape(2, 3)])
case("DecoderAttention", "self",
     [f(S, B, D), f(S, B, D), Const(f(D, D)), Const(f(D, 2 * D)), Const(f(3 * D)), None, None, None] +
     [np.array([x], bool) for x in (False, False, False, False)], 3, num_heads=N)
case("DecoderMaskedSelfAttention", "plain",
     [f(B, 1, 12), W, WB, None, f(2, B, N, 10, H), None, i32(4)], 2, num_heads=N, past_present_share_buffer=1)
