"""Self-attention of open_clip's own towers without copies of its weights.

`nn.MultiheadAttention` projects a transposed view of its input. In half precision on a CPU, torch
then copies the projection's weights once per token: four fifths of a text pass of ViT-B-32.
"""

from typing import Any

from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor, nn
from torch.nn import functional as F


class SelfAttention(nn.Module):
    """The same attention over (N, L, D), by the weights of an `nn.MultiheadAttention`."""

    def __init__(self, like: nn.MultiheadAttention) -> None:
        super().__init__()
        self.in_proj_weight, self.in_proj_bias = like.in_proj_weight, like.in_proj_bias
        self.out_proj = like.out_proj
        self.num_heads = like.num_heads

    def forward(
        self,
        states: Tensor,
        _key: Tensor,
        _value: Tensor,
        *,
        attn_mask: Tensor | None = None,
        **_options: Any,
    ) -> tuple[Tensor, None]:
        """Attend from `states` to themselves; what else the caller passes is the same again."""
        rows, length, _ = states.shape
        projected = F.linear(states, self.in_proj_weight, self.in_proj_bias)
        heads = projected.view(rows, length, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = heads.unbind()
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=attn_mask)
        joined: Tensor = self.out_proj(attended.transpose(1, 2).flatten(2))
        return joined, None


def replace_attention(model: nn.Module) -> None:
    """Replace the self-attention of every block of open_clip's own towers, in place."""
    for block in model.modules():
        if not isinstance(block, ResidualAttentionBlock) or hasattr(block, "ln_1_kv"):
            continue
        attention = block.attn
        if isinstance(attention, nn.MultiheadAttention) and attention.batch_first:
            block.attn = SelfAttention(attention)
