#!/usr/bin/env python3
"""PyTorch's scaled_dot_product_attention, called and reported as by the programs beside this one:
torch_sdpa.py BATCH HEADS QUERIES KEYS HEAD_DIM THREADS [REPETITIONS]; $PEER_PROBLEM is problem.cpp's library."""
import ctypes
import json
import os
import statistics
import sys
import time

import torch
from torch.nn.functional import scaled_dot_product_attention

batch, heads, queries, keys, head_dim, threads = map(int, sys.argv[1:7])
repetitions = int(sys.argv[7]) if len(sys.argv) > 7 else 0
problem = ctypes.CDLL(os.environ["PEER_PROBLEM"])
problem.error_of.restype = ctypes.c_double
shape = (ctypes.c_int64 * 5)(batch, heads, queries, keys, head_dim)


def address(tensor):
    return ctypes.c_void_p(tensor.data_ptr())


def repeat(call):
    """Seconds of single calls, as many as timing.hpp says."""
    def seconds():
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    first = seconds()
    if first < 2:
        seconds()
    least, times, total = 1 if first > 10 else 3, [], 0.0
    while len(times) < repetitions if repetitions else total < 0.5 or len(times) < least:
        times.append(seconds())
        total += times[-1]
    return times


torch.set_num_threads(threads)
q = torch.empty(batch, heads, queries, head_dim)
k, v = torch.empty(2, batch, heads, keys, head_dim)
problem.make_inputs(shape, address(q), address(k), address(v))
for causal in [False, True] if queries == keys else [False]:
    with torch.inference_mode():
        def attend():
            return scaled_dot_product_attention(q, k, v, is_causal=causal)

        times = repeat(attend)
        out = attend().contiguous()
    median = statistics.median(times)
    flops = 4 * batch * heads * queries * keys * head_dim * (0.5 if causal else 1)
    print(json.dumps({
        "peer": "torch-sdpa", "version": torch.__version__, "case": f"b{batch}h{heads}q{queries}k{keys}d{head_dim}",
        "threads": threads, "causal": causal, "seconds_median": median, "seconds_min": min(times),
        "gflops": flops / median * 1e-9, "reps": len(times),
        "max_abs_err": problem.error_of(shape, int(causal), address(out))}), flush=True)
