"""x W^T + b as PyTorch has it fastest."""
import torch
from torch.nn.functional import gelu, linear


def prepared_linear(weight, tokens, bias=None, with_gelu=False):
    """By oneDNN's product with packed weights where PyTorch has it, for about `tokens` rows at once: linear() packs them
    in every call. With GELU by erf behind it."""
    if not torch.backends.mkldnn.is_available():
        return lambda x: gelu(linear(x, weight, bias)) if with_gelu else linear(x, weight, bias)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, tokens)
    after = "gelu" if with_gelu else "none"
    return lambda x: torch.ops.mkldnn._linear_pointwise(x, packed, bias, after, [], "none" if with_gelu else "")
