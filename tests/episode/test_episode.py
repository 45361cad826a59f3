import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xshot.episode.episode import (
    Episode,
    HeldOut,
    PseudoEpisode,
    Rows,
    Task,
)
from xshot.episode.file import read_episode, read_heldout, write_episode, write_heldout
from xshot.errors import UserError

TASK = Task(
    source=("cat", "dog", "sea"),
    target=("bird", "tree"),
    train=Rows(("r1", "r2", "r3"), (("cat",), ("dog", "sea"), ("sea",))),
    support=Rows(("r9", "r4"), (("tree",), ("bird", "cat"))),
)
PSEUDO = PseudoEpisode(
    task=Task(
        source=("cat",),
        target=("dog", "sea"),
        train=Rows(("r1",), (("cat",),)),
        support=Rows(("r3",), (("sea",),)),
    ),
    heldout=HeldOut(Rows((), ()), Rows(("r2",), (("dog", "sea"),))),
)
EPISODE = Episode(seed=7, k_shot=1, task=TASK, pseudo_episodes=(PSEUDO,))
HELDOUT = HeldOut(Rows(("t1",), (("cat",),)), Rows(("t2",), (("bird", "dog"),)))
NAMES = st.text(st.characters(codec="utf-8"), min_size=1)


class TestRows:
    def test_multi_hot_leaves_out_unknown_labels(self):
        hot = TASK.train.multi_hot(("dog", "sea"))
        assert hot.dtype == bool
        np.testing.assert_array_equal(hot, [[0, 0], [1, 1], [0, 1]])

    def test_multi_hot_of_no_rows(self):
        assert Rows((), ()).multi_hot(("a", "b")).shape == (0, 2)


class TestTask:
    def test_classes_are_sorted_and_targets_marked(self):
        assert TASK.classes == ("bird", "cat", "dog", "sea", "tree")
        np.testing.assert_array_equal(TASK.is_target, [1, 0, 0, 0, 1])


class TestFiles:
    def test_episode_survives_the_file(self, tmp_path):
        write_episode(tmp_path / "episode.json", EPISODE)
        assert read_episode(tmp_path / "episode.json") == EPISODE

    def test_heldout_survives_the_file(self, tmp_path):
        write_heldout(tmp_path / "heldout.json", HELDOUT)
        assert read_heldout(tmp_path / "heldout.json") == HELDOUT

    def test_the_training_file_names_no_held_out_row(self, tmp_path):
        write_episode(tmp_path / "episode.json", EPISODE)
        text = (tmp_path / "episode.json").read_text()
        assert not any(row in text for row in ("t1", "t2"))

    @given(NAMES, NAMES)
    def test_any_name_survives(self, tmp_path_factory, row, name):
        path = tmp_path_factory.getbasetemp() / "heldout.json"
        heldout = HeldOut(Rows((row,), ((name,),)), Rows((), ()))
        write_heldout(path, heldout)
        assert read_heldout(path) == heldout

    def test_equal_episodes_give_equal_bytes(self, tmp_path):
        for name in ("a", "b"):
            write_episode(tmp_path / name, EPISODE)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    @pytest.mark.parametrize("read", [read_episode, read_heldout])
    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (None, "not found"),
            ("{", "damaged"),
            ("[]", "damaged"),
            ('{"schema_version": 1}', "damaged"),
            ('{"schema_version": 99}', "schema version 99"),
            (b"\xff\xfe", "damaged"),
        ],
    )
    def test_a_file_that_cannot_be_read(self, tmp_path, read, content, complaint):
        path = tmp_path / "episode.json"
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(UserError, match=complaint) as caught:
            read(path)
        assert str(path) in str(caught.value)
        assert "re-run `dvc repro episode`" in str(caught.value)

    def test_a_row_without_labels(self, tmp_path):
        path = tmp_path / "heldout.json"
        write_heldout(path, HELDOUT)
        tree = json.loads(path.read_text())
        del tree["labels"]["t2"]
        path.write_text(json.dumps(tree))
        with pytest.raises(UserError, match=r"damaged .*t2"):
            read_heldout(path)
