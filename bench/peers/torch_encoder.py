#!/usr/bin/env python3
"""PyTorch on a whole encoder: torch_encoder.py FOLDER SET THREADS [REPETITIONS], FOLDER as encoder_inputs writes it.
Sequences are sorted by length and padded to the longest of their batch, with a mask where there is padding, before anything
is timed. From ids to normalised means of hidden states; a row for each size of batches."""
import json
import statistics
import struct
import sys

import torch
from torch.nn.functional import embedding, layer_norm, normalize, scaled_dot_product_attention

from torch_linear import prepared_linear
from torch_repeat import repeat

HEADS, EPSILON = 12, 1e-12


def read_weights(path):
    """The tensors of a .safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(*struct.unpack("<Q", file.read(8))))
        data = bytearray(file.read())
    header.pop("__metadata__", None)

    def tensor(at):
        begin, end = at["data_offsets"]
        assert at["dtype"] == "F32"
        return torch.frombuffer(data, dtype=torch.float32, offset=begin, count=(end - begin) // 4).reshape(at["shape"]).clone()

    return {name: tensor(at) for name, at in header.items()}


class Layer:
    def __init__(self, weights, prefix, tokens):
        def named(name):
            return weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"]

        def prepared(name, with_gelu=False):
            weight, bias = named(name)
            return prepared_linear(weight, tokens, bias, with_gelu)

        parts = [named(f"attention.self.{part}") for part in ("query", "key", "value")]
        weight, bias = (torch.cat(tensors) for tensors in zip(*parts))
        self.to_qkv = prepared_linear(weight, tokens, bias)
        self.to_output, self.up, self.down = (prepared("attention.output.dense"), prepared("intermediate.dense", True),
                                              prepared("output.dense"))
        self.norms = named("attention.output.LayerNorm"), named("output.LayerNorm")

    def forward(self, x, mask):
        """x: [sequences, tokens, width]"""
        count, tokens, width = x.shape
        heads = self.to_qkv(x).view(count, tokens, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        context = scaled_dot_product_attention(*heads, attn_mask=mask).transpose(1, 2).reshape(x.shape)
        x = layer_norm(x + self.to_output(context), (width,), *self.norms[0], EPSILON)
        return layer_norm(x + self.down(self.up(x)), (width,), *self.norms[1], EPSILON)


class Encoder:
    def __init__(self, weights, tokens):
        self.words, positions, types = (weights[f"embeddings.{part}_embeddings.weight"]
                                        for part in ("word", "position", "token_type"))
        self.positions = positions + types[0]
        self.norm = weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"]
        count = len({name.split(".")[2] for name in weights if name.startswith("encoder.layer.")})
        self.layers = [Layer(weights, f"encoder.layer.{i}.", tokens) for i in range(count)]

    def embed(self, ids, real):
        """ids: [sequences, tokens]; real: which of them are no padding, None: all"""
        x = embedding(ids, self.words) + self.positions[:ids.shape[1]]
        x = layer_norm(x, x.shape[-1:], *self.norm, EPSILON)
        mask = None if real is None else real[:, None, None, :]
        for layer in self.layers:
            x = layer.forward(x, mask)
        return normalize(x.sum(1) if real is None else (x * real[:, :, None]).sum(1))  # as the mean's direction


def padded(sequences):
    lengths = torch.tensor([len(ids) for ids in sequences])
    longest = int(lengths.max())
    ids = torch.tensor([line + [0] * (longest - len(line)) for line in sequences])
    real = torch.arange(longest) < lengths[:, None]
    return ids, None if bool(real.all()) else real


def main():
    folder, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    repetitions = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    torch.set_num_threads(threads)
    with open(f"{folder}/{name}.jsonl") as file:
        sequences = [json.loads(line)["ids"] for line in file]
    with open(f"{folder}/{name}.vectors", "rb") as file:
        expected = torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(len(sequences), -1)
    order = sorted(range(len(sequences)), key=lambda i: -len(sequences[i]))
    sequences, expected = [sequences[i] for i in order], expected[order]
    tokens = sum(map(len, sequences))
    weights = read_weights(f"{folder}/model/model.safetensors")
    for size in (size for size in (1, 8, 32) if size <= len(sequences)):
        batches = [padded(sequences[i:i + size]) for i in range(0, len(sequences), size)]

        with torch.inference_mode():
            encoder = Encoder(weights, batches[0][0].numel())
            times = repeat(lambda: [encoder.embed(*batch) for batch in batches], repetitions)
            vectors = torch.cat([encoder.embed(*batch) for batch in batches])
        median = statistics.median(times)
        print(json.dumps({
            "peer": "torch", "version": torch.__version__, "set": name, "threads": threads, "batch": size,
            "seconds_median": median, "seconds_min": min(times), "runs": len(times),
            "sequences_per_s": len(sequences) / median, "tokens_per_s": tokens / median,
            "max_abs_err": float((vectors - expected).abs().max()),
            "min_cosine": float((vectors.double() * expected.double()).sum(1).min())}), flush=True)


main()
