"""Towers and model folder, held to timm, transformers and open_clip themselves."""

import json
import shutil
from pathlib import Path

import open_clip
import pytest
import torch
from timm.models import create_model

from pipeline.sources import image_tower, text_tower
from pipeline.sources.clip_folder import write_clip_folder
from pipeline.sources.drawings import render_views
from pipeline.sources.emoji import twemoji_svg
from pipeline.sources.lit import EMBED_DIM, Heads
from pipeline.sources.pairs import class_name_pairs, drawing_pairs

HOME = Path("models/encoders/some-encoder")
TEXTS = ["a picture of a dog", "a", "zebra " * 100, "piñata, “quoted”"]


@pytest.fixture(scope="module")
def heads():
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(EMBED_DIM, 1280, generator=generator)
    text = torch.randn(EMBED_DIM, 384, generator=generator)
    return Heads(image, text, torch.tensor(2.5))


@pytest.fixture(scope="module")
def root(tmp_path_factory, towers, heads):
    """A repository's root in which the model folder stands where it belongs."""
    root = tmp_path_factory.mktemp("root")
    (root / HOME).mkdir(parents=True)
    write_clip_folder(root / HOME, towers, heads, home=HOME)
    return root


@pytest.fixture
def loaded(root, monkeypatch):
    """Model, preprocessing and tokenizer, as open_clip reads them from the root by itself."""
    monkeypatch.chdir(root)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{HOME}")
    return model.eval(), preprocess, open_clip.get_tokenizer(f"local-dir:{HOME}")


def _named(concepts, *names):
    return [next(concept for concept in concepts if concept.name == name) for name in names]


@torch.inference_mode()
def test_open_clip_computes_the_features_that_the_heads_were_trained_on(
    loaded, towers, heads, concepts
):
    model, preprocess, tokenize = loaded
    drawings = [twemoji_svg(concept) for concept in _named(concepts, "zebra", "banana")]
    pixels = torch.stack([preprocess(view) for svg in drawings for view in render_views(svg)])
    ours = image_tower.view_features(drawings, towers.image, threads=2)
    image = ours.flatten(0, 1) @ heads.image.T
    torch.testing.assert_close(image, model.encode_image(pixels), rtol=1e-4, atol=1e-3)
    text = text_tower.text_features(TEXTS, towers.text, threads=2) @ heads.text.T
    torch.testing.assert_close(text, model.encode_text(tokenize(TEXTS)), rtol=1e-4, atol=1e-3)
    assert model.logit_scale == heads.logit_scale


def test_the_folder_loads_after_a_move_from_any_working_directory(root, loaded, elsewhere):
    moved = elsewhere.parent / "moved"
    shutil.copytree(root / HOME, moved)
    config = json.loads((moved / "open_clip_config.json").read_text(encoding="utf-8"))
    text_cfg = {**config["model_cfg"]["text_cfg"], "hf_model_name": str(moved)}
    name = f"local-dir:{moved}"
    model, _, preprocess = open_clip.create_model_and_transforms(
        name, text_cfg={**text_cfg, "hf_model_pretrained": False}
    )
    for (key, tensor), (_, other) in zip(
        loaded[0].state_dict().items(), model.state_dict().items(), strict=True
    ):
        assert torch.equal(tensor, other), key
    assert str(preprocess) == str(loaded[1])
    assert torch.equal(open_clip.get_tokenizer(name)(TEXTS), loaded[2](TEXTS))


def test_the_folder_names_no_path_of_this_machine_and_is_byte_identical(
    root, towers, heads, tmp_path
):
    write_clip_folder(tmp_path, towers, heads, home=HOME)
    files = sorted(path.name for path in (root / HOME).iterdir())
    assert files == sorted(path.name for path in tmp_path.iterdir())
    for name in files:
        content = (tmp_path / name).read_bytes()
        assert content == (root / HOME / name).read_bytes(), name
        if name.endswith("config.json"):
            assert str(root) not in content.decode()
            assert str(Path.home()) not in content.decode()


@torch.inference_mode()
def test_the_remapped_image_tower_still_recognises_what_is_drawn(towers, concepts):
    names = ["zebra", "teapot", "harp", "hammer"]
    model = create_model(image_tower.TIMM_NAME)
    model.load_state_dict(towers.image)
    drawings = [twemoji_svg(concept) for concept in _named(concepts, *names)]
    features = image_tower.view_features(drawings, towers.image, threads=1)[:, 0]
    rows = model.classifier(features).argmax(dim=1)
    assert [open_clip.IMAGENET_CLASSNAMES[row] for row in rows] == names


def test_weights_of_another_architecture_are_refused(monkeypatch):
    monkeypatch.setattr(image_tower, "TIMM_NAME", "tf_efficientnet_lite1")
    with pytest.raises(ValueError, match=r"zip|shape"):
        image_tower.read_weights()


def test_features_depend_neither_on_threads_nor_on_neighbours(towers, concepts):
    drawings = [twemoji_svg(concept) for concept in concepts[::500]]
    together = image_tower.view_features(drawings, towers.image, threads=3)
    alone = image_tower.view_features(drawings[1:2], towers.image, threads=1)
    assert together.shape == (len(drawings), 4, 1280)
    assert torch.equal(together[1], alone[0])
    texts = [concept.caption for concept in concepts[:40]]
    one, three = (text_tower.text_features(texts, towers.text, threads=n) for n in (1, 3))
    assert torch.equal(one, three)


def test_pairs_put_a_drawings_views_beside_its_caption(towers, concepts):
    some = _named(concepts, "zebra", "banana")
    pairs = drawing_pairs(some, towers, threads=1)
    captions = text_tower.text_features([c.caption for c in some], towers.text, threads=1)
    assert pairs.images.shape == (2, 4, 1280)
    assert torch.equal(pairs.texts, captions)


def test_class_names_stand_beside_the_rows_of_their_classes(towers):
    pairs = class_name_pairs(towers, threads=2)
    zebra = open_clip.IMAGENET_CLASSNAMES.index("zebra")
    text = text_tower.text_features(["a picture of zebra"], towers.text, threads=1)
    assert pairs.images.shape == (1000, 1, 1280)
    assert torch.equal(pairs.images[zebra, 0], towers.image["classifier.weight"][zebra])
    torch.testing.assert_close(pairs.texts[zebra : zebra + 1], text)
