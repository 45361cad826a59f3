"""Self-attention by open_clip's weights, against open_clip's own."""

import open_clip
import torch

from tests.encoder.folders import VIT
from xshot.encoder.attention import SelfAttention, replace_attention


def test_both_towers_keep_their_features():
    torch.manual_seed(0)
    own = open_clip.CLIP(**VIT).eval()
    replaced = open_clip.CLIP(**VIT).eval()
    replaced.load_state_dict(own.state_dict())
    replace_attention(replaced)
    assert sum(isinstance(m, SelfAttention) for m in replaced.modules()) == 4
    pixels, tokens = torch.randn(3, 3, 32, 32), torch.randint(1, 49408, (3, 24))
    with torch.no_grad():
        for name, rows in (("encode_image", pixels), ("encode_text", tokens)):
            theirs, ours = (getattr(model, name)(rows) for model in (own, replaced))
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_attention_across_two_inputs_stays_as_it_is():
    block = open_clip.transformer.ResidualAttentionBlock(8, 2, is_cross_attention=True)
    replace_attention(block)
    assert isinstance(block.attn, torch.nn.MultiheadAttention)
