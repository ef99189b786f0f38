#!/usr/bin/env python3
"""PyTorch's scaled_dot_product_attention, called and reported as by the programs beside this one:
torch_sdpa.py BATCH HEADS QUERIES KEYS HEAD_DIM MASK THREADS [REPETITIONS]; $PEER_PROBLEM is problem.cpp's library."""
import ctypes
import json
import os
import statistics
import sys

import torch
from torch.nn.functional import scaled_dot_product_attention

from torch_repeat import repeat

MASKS = ["full", "causal", "random", "padding", "window"]  # as attention_problem.hpp has them

batch, heads, queries, keys, head_dim = map(int, sys.argv[1:6])
mask, threads = sys.argv[6], int(sys.argv[7])
repetitions = int(sys.argv[8]) if len(sys.argv) > 8 else 0
problem = ctypes.CDLL(os.environ["PEER_PROBLEM"])
problem.error_of.restype = problem.flops_of.restype = ctypes.c_double
shape = (ctypes.c_int64 * 6)(batch, heads, queries, keys, head_dim, MASKS.index(mask))


def address(tensor):
    return ctypes.c_void_p(tensor.data_ptr())


torch.set_num_threads(threads)
q = torch.empty(batch, heads, queries, head_dim)
k, v = torch.empty(2, batch, heads, keys, head_dim)
problem.make_inputs(shape, address(q), address(k), address(v))
causal, seen = mask == "causal", None
if mask not in ("full", "causal"):
    seen = torch.empty(queries, keys, dtype=torch.bool)
    problem.make_mask(shape, address(seen))
with torch.inference_mode():
    def attend():
        return scaled_dot_product_attention(q, k, v, attn_mask=seen, is_causal=causal)

    times = repeat(attend, repetitions)
    out = attend().contiguous()
median = statistics.median(times)
print(json.dumps({
    "peer": "torch-sdpa", "version": torch.__version__, "case": f"b{batch}h{heads}q{queries}k{keys}d{head_dim}",
    "threads": threads, "causal": causal, "mask": mask, "seconds_median": median, "seconds_min": min(times),
    "gflops": problem.flops_of(shape) / median * 1e-9, "reps": len(times),
    "max_abs_err": problem.error_of(shape, address(out))}), flush=True)
