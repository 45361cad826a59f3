"""Names that do not exist, or whose activation does not fit, are answered with those that do."""

import open_clip
import pytest

from pipeline.sources.hub.pairs import check_pair
from xshot.errors import UserError


@pytest.mark.parametrize(
    ("model", "tag", "message"),
    [
        ("ViT-B-32", "openai", "use ViT-B-32-quickgelu/openai"),
        ("ViT-L-14", "openai", "use ViT-L-14-quickgelu/openai"),
        ("ViT-B-16-quickgelu", "laion2b_s34b_b88k", "use ViT-B-16/laion2b_s34b_b88k"),
        ("ViT-B-16", "laion2b", "ViT-B-16 has no weights 'laion2b'; nearest: .*laion2b_s34b_b88k"),
        ("ViT-B-16-SigLIP", "web", "nearest: webli$"),
        ("vit-b-16-siglip", "webli", "no model 'vit-b-16-siglip' .*nearest: ViT-B-16-SigLIP/webli"),
        ("ViT-B/32", "openai", "nearest: ViT-B-32-quickgelu/openai"),
    ],
)
def test_the_right_name_is_offered(model, tag, message):
    with pytest.raises(UserError, match=message):
        check_pair(model, tag)


def test_what_is_offered_in_place_of_a_mismatch_is_accepted():
    refusals = [str(error) for pair in open_clip.list_pretrained() if (error := refusal(*pair))]
    assert len(refusals) > 20
    for message in refusals:
        assert message.startswith("GELU/QuickGELU mismatch")
        assert refusal(*message.rpartition("use ")[2].split("/")) is None


def refusal(model, tag):
    try:
        check_pair(model, tag)
    except UserError as error:
        return error
    return None
