"""Images that cannot be read are an error, or left out up to a number."""

from dataclasses import replace

import pytest

from tests.encoder.extraction.runs import N, assert_same, cached
from xshot.errors import UserError


def damage(root, *numbers):
    for number in numbers:
        (root / f"{number}.png").write_bytes(b"\1" * 9)


def test_a_bad_image_is_an_error_that_names_row_file_and_remedy(run, manifest, root):
    damage(root, 17, 5)
    with pytest.raises(UserError) as caught:
        run(manifest)
    message = str(caught.value)
    assert message.startswith(f"{root / '5.png'}: row 'row-5': not an image that Pillow can read;")
    assert "data.on_bad_image: skip and data.max_rejected to how many" in message


def test_what_was_encoded_before_an_error_is_kept(run, manifest, root, tmp_path):
    damage(root, N - 1)
    with pytest.raises(UserError):
        run(manifest)
    assert cached(tmp_path) >= 8
    (root / f"{N - 1}.png").write_bytes((root / "0.png").read_bytes())
    kept = cached(tmp_path)
    run(manifest)
    assert cached(tmp_path) == N - 1 >= kept


def test_bad_images_are_left_out_up_to_a_number(run, manifest, root):
    damage(root, 17, 5)
    (root / "9.png").unlink()
    found = run(manifest, max_rejected=3)
    assert [row.id for row in found.rejected] == ["row-5", "row-9", "row-17"]
    assert found.rejected[1].reason == "No such file or directory"
    assert found.features.ids == tuple(i for i in manifest.ids if i[4:] not in ("5", "9", "17"))
    assert_same(run(manifest, max_rejected=3, encodes=False), found)
    with pytest.raises(UserError, match=r"than data.max_rejected \(2\) allows, .* row 'row-"):
        run(manifest, max_rejected=2)


def test_rows_that_share_a_bad_image_count_each(run, manifest, root):
    damage(root, 5)
    shared = replace(manifest, images=("5.png", "5.png", *manifest.images[2:]))
    assert len(run(shared, max_rejected=3).rejected) == 3
    with pytest.raises(UserError, match="max_rejected"):
        run(shared, max_rejected=2)


def test_no_image_left_is_an_error(run, manifest, root):
    damage(root, *range(N))
    with pytest.raises(UserError, match=r"none of the 21 images can be read; mend data.root"):
        run(manifest, max_rejected=100)


def test_classes_of_rejected_rows_still_have_a_prompt(run, manifest, root):
    damage(root, 0)
    labels = (("a class of one",), *manifest.labels[1:])
    found = run(replace(manifest, labels=labels), max_rejected=1)
    assert "a class of one" in found.classes.names
