#!/usr/bin/env python3
"""PyTorch on a self-attention layer: torch_layer.py SET THREADS [REPETITIONS]; $PEER_PROBLEM is layer_problem.cpp's
library. All tokens are projected at once, without padding; scaled_dot_product_attention gets batches of sequences that
are sorted by length and padded to the longest, with a mask where there is padding. Which tokens go where, and masks,
are known before anything is timed; moving tokens is timed, but where the sequences of a batch are of one length and lie
one behind the other nothing is moved. A row for each size of batches."""
import ctypes
import json
import os
import statistics
import sys

import torch
from torch.nn.functional import scaled_dot_product_attention

from torch_linear import prepared_linear
from torch_repeat import repeat

WIDTH, HEADS = 384, 12


def address(tensor):
    return ctypes.c_void_p(tensor.data_ptr())


class Batch:
    """Sequences that attention takes at once: `tokens`, [sequences * longest], are the rows to read, of padding any."""

    def __init__(self, sequences):
        self.longest = sequences[0][1]
        self.count = len(sequences)
        begins = torch.tensor([begin for begin, _ in sequences])
        lengths = torch.tensor([length for _, length in sequences])
        places = torch.arange(self.longest)
        real = places < lengths[:, None]
        rows = begins[:, None] + torch.where(real, places, 0)
        padded = not bool(real.all())
        self.mask = real[:, None, None, :] if padded else None
        self.tokens = rows.flatten()
        self.real = real.flatten().nonzero().flatten() if padded else None
        self.outputs = self.tokens if self.real is None else self.tokens[self.real]
        first, count = self.tokens[0], self.count * self.longest
        in_place = not padded and torch.equal(self.tokens, torch.arange(first, first + count))
        self.place = slice(int(first), int(first) + count) if in_place else None

    def attend(self, qkv, context):
        rows = qkv.index_select(0, self.tokens) if self.place is None else qkv[self.place]
        heads = rows.view(self.count, self.longest, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        out = scaled_dot_product_attention(*heads, attn_mask=self.mask).transpose(1, 2).reshape(-1, WIDTH)
        if self.place is not None:
            context[self.place] = out
        else:
            context.index_copy_(0, self.outputs, out if self.real is None else out.index_select(0, self.real))


def batches_of(offsets, size):
    sequences = [(begin, end - begin) for begin, end in zip(offsets, offsets[1:])]
    sequences.sort(key=lambda sequence: -sequence[1])
    return [Batch(sequences[i:i + size]) for i in range(0, len(sequences), size)]


def main():
    name, threads = sys.argv[1], int(sys.argv[2])
    repetitions = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    torch.set_num_threads(threads)
    problem, encoded = ctypes.CDLL(os.environ["PEER_PROBLEM"]), name.encode()
    problem.error_of.restype = problem.flops_of.restype = ctypes.c_double
    offsets = (ctypes.c_int64 * problem.offsets_of(encoded, None))()
    problem.offsets_of(encoded, offsets)
    tokens, sequences = offsets[-1], len(offsets) - 1
    to_qkv, to_output, x = torch.empty(3 * WIDTH, WIDTH), torch.empty(WIDTH, WIDTH), torch.empty(tokens, WIDTH)
    problem.make_inputs(encoded, address(to_qkv), address(to_output), address(x))
    with torch.inference_mode():
        to_qkv, to_output = prepared_linear(to_qkv, tokens), prepared_linear(to_output, tokens)
    for size in [*(size for size in (1, 8, 32, 128) if size < sequences), sequences]:
        batches = batches_of(offsets, size)

        def forward():
            qkv = to_qkv(x)
            context = torch.empty_like(x)
            for batch in batches:
                batch.attend(qkv, context)
            return to_output(context)

        with torch.inference_mode():
            times = repeat(forward, repetitions)
            z = forward().contiguous()
            error = problem.error_of(encoded, address(z))
        median = statistics.median(times)
        print(json.dumps({
            "peer": "torch-sdpa", "version": torch.__version__, "set": name, "threads": threads, "batch": size,
            "seconds_median": median, "seconds_min": min(times), "tokens_per_s": tokens / median,
            "gflops": problem.flops_of(encoded) / median * 1e-9, "reps": len(times), "max_abs_err": error}), flush=True)


main()
