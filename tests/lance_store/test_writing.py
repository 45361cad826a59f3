"""A table holds what its source holds, whatever happened before."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lance_store.conftest import GallerySource, agree, load
from tests.support.repository import save_model
from xshot.errors import UserError
from xshot.lance_store import appending, indexes, layout
from xshot.lance_store.gallery import open_store
from xshot.lance_store.writing import Written, check_target, refresh, write_store
from xshot.projector.file import load_embedder
from xshot.search.gallery import read_dataset


def holds(path, gallery, rows):
    """The table holds these rows of the gallery, each once, with their own features."""
    back = open_store(path)
    names = [*back.images]
    assert sorted(names) == sorted(gallery.images[row] for row in rows)
    places = [names.index(gallery.images[row]) for row in rows]
    np.testing.assert_array_equal(
        back.features["image"][places], gallery.features["image"][list(rows)]
    )


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sets(st.integers(0, 39)), min_size=1, max_size=4))
def test_any_change_of_the_source_is_taken_up(
    gallery, model, embedder, small_files, tmp_path_factory, states
):
    path = tmp_path_factory.mktemp("changes") / "s"
    before = set()
    for state in states:
        rows = sorted(state)
        done = write_store(path, GallerySource(gallery, rows), embedder, model)
        assert done == Written(len(rows), len(state - before), len(before - state), 0)
        holds(path, gallery, rows)
        before = state


def test_what_was_stopped_goes_on(gallery, model, embedder, small_files, tmp_path):
    path, size = tmp_path / "s", len(gallery)
    for stop in (0, 20, 40):
        with pytest.raises(KeyboardInterrupt):
            write_store(path, GallerySource(gallery, stop_after=stop), embedder, model)
    there = len(open_store(path))
    assert 0 < there < size  # and it can be searched
    done = write_store(path, GallerySource(gallery), embedder, model)
    assert done == Written(size, size - there, 0, 0)
    holds(path, gallery, range(size))


def test_rows_that_are_alike_in_everything_count_once(gallery, model, embedder, tmp_path):
    source = GallerySource(gallery, [0, 1, 1, 2, 0])
    assert write_store(tmp_path / "s", source, embedder, model) == Written(3, 3, 0, 2)
    assert write_store(tmp_path / "s", source, embedder, model) == Written(3, 0, 0, 2)


def test_half_precision_takes_half_the_bytes_of_features(gallery, model, embedder, tmp_path):
    write_store(tmp_path / "s", GallerySource(gallery), embedder, model, "float16")
    back = open_store(tmp_path / "s")
    features = gallery.features["image"]
    np.testing.assert_array_equal(
        back.features["image"][:], features.astype(np.float16).astype(np.float32)
    )
    hits, expected = (load(model, one).search(text="a bird", k=5) for one in (back, gallery))
    assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in expected], abs=5e-3)
    with pytest.raises(UserError, match="holds float16; name another with --out for float32"):
        write_store(tmp_path / "s", GallerySource(gallery), embedder, model, "float32")


def test_another_model_is_refused_until_the_table_is_embedded_for_it(repository, tmp_path):
    copy = shutil.copytree(repository, tmp_path / "copy", symlinks=True)
    path, model, gallery = tmp_path / "s", copy / "models/projector", read_dataset(copy)
    gallery = replace(gallery, features={"image": gallery.features["image"]}, pictures=None)
    write_store(path, GallerySource(gallery), load_embedder(model)[0], model)
    save_model(copy, "posterior")
    with pytest.raises(UserError, match=r"by another model than .*projector; type `xshot index"):
        load(model, open_store(path))
    embedder, provenance = load_embedder(model)
    assert refresh(path, embedder, model, provenance.encoder_fingerprint) == len(gallery)
    agree(*(load(model, one).search(text="a bird", k=9) for one in (open_store(path), gallery)))
    assert len(layout.model_columns(open_store(path).table.dataset.schema)) == 1
    with pytest.raises(UserError, match="of another encoder than the model's"):
        refresh(path, embedder, model, "another")


def test_a_refresh_that_was_stopped_leaves_the_earlier_model(
    path, model, embedder, tmp_path, monkeypatch
):
    target = shutil.copytree(path, tmp_path / "s")
    other = shutil.copytree(model, tmp_path / "other")
    (other / "config.json").write_text((other / "config.json").read_text() + "\n")
    fingerprint = open_store(target).encoder_fingerprint
    monkeypatch.setattr("xshot.lance_store.embedding.model_columns", lambda schema: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # the new column is there, the old one yet to go
        refresh(target, embedder, other, fingerprint)
    monkeypatch.undo()
    for each in (model, other):
        assert load_with(each, target).told([0])
    refresh(target, embedder, other, fingerprint)
    with pytest.raises(UserError, match="by another model"):
        load_with(model, target)


def load_with(model, path):
    table = open_store(path).table
    table.use(model)
    return table


def test_a_table_of_another_encoder_is_refused(gallery, model, embedder, path, tmp_path):
    other = replace(gallery, encoder_fingerprint="another")
    write_store(tmp_path / "s", GallerySource(other), embedder, model)
    with pytest.raises(UserError, match="its features are of another encoder than"):
        load(model, open_store(tmp_path / "s"))
    with pytest.raises(UserError, match="of another encoder than the model's; delete it"):
        write_store(tmp_path / "s", GallerySource(gallery), embedder, model)


def test_what_is_no_such_table_is_refused(gallery, model, embedder, tmp_path, monkeypatch):
    import lance
    import pyarrow as pa

    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty: no gallery on disk; make one with"):
        open_store(tmp_path / "empty")
    lance.write_dataset(pa.table({"a": [1]}), str(tmp_path / "other"))
    with pytest.raises(UserError, match="other: a Lance table of something else"):
        open_store(tmp_path / "other")
    monkeypatch.setattr("xshot.lance_store.writing.SCHEMA_VERSION", 2)
    write_store(tmp_path / "s", GallerySource(gallery), embedder, model)
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"another version of xshot \(table version 2, not 1\)"):
        open_store(tmp_path / "s")
    with pytest.raises(UserError, match=r"another version of xshot \(table version 2, not 1\)"):
        write_store(tmp_path / "s", GallerySource(gallery), embedder, model)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file: is a file; name the folder"):
        check_target(tmp_path / "file")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").touch()
    with pytest.raises(UserError, match="full: a folder of something else"):
        check_target(tmp_path / "full")


def test_damage_is_one_line(path, model, tmp_path):
    target = shutil.copytree(path, tmp_path / "s")
    for file in (target / "data").iterdir():
        file.write_bytes(file.read_bytes()[:40])
    opened = load(model, open_store(target))
    with pytest.raises(UserError, match=rf"^{target}: [^\n]+start again$"):
        opened.search(text="a bird")
    for file in (target / "_versions").iterdir():
        file.write_bytes(b"")
    with pytest.raises(UserError, match=rf"^{target}: cannot be opened: [^\n]+$"):
        open_store(target)


def test_one_run_writes_at_a_time(gallery, model, embedder, tmp_path):
    class Nested(GallerySource):
        def parts(self):
            write_store(tmp_path / "s", GallerySource(gallery), embedder, model)
            yield from super().parts()

    with pytest.raises(UserError, match="another `xshot index` writes it; wait for that"):
        write_store(tmp_path / "s", Nested(gallery), embedder, model)


def test_a_table_with_an_index_answers_likewise(many, model, embedder, tmp_path, monkeypatch):
    """Whatever is done to a table, its indexes know all rows, and search finds the nearest."""
    monkeypatch.setattr(indexes, "LEAST_ROWS", 300)
    monkeypatch.setattr(indexes, "PARTITION", 30)
    monkeypatch.setattr(appending, "FILE_ROWS", 200)
    path, size = tmp_path / "s", len(many)
    in_memory = load(model, many).search(text="a bird", k=size)
    for rows in (range(200), range(size * 2 // 3), range(size), range(3, size), range(0, size, 3)):
        write_store(path, GallerySource(many, rows, 50), embedder, model)
        table = open_store(path).table
        for column in table.dataset.schema.names[-2:]:
            known = indexes.known_rows(table.dataset, column)
            assert known == (len(rows) if len(rows) >= 300 or known else 0)
        hits = load(model, open_store(path)).search(text="a bird", k=9)
        there = {many.images[row] for row in rows}
        expected = [hit for hit in in_memory if hit.image in there][:9]
        assert len({hit.image for hit in hits} & {hit.image for hit in expected}) >= 8


def test_without_its_extra_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lance", None)
    for needs_it in (open_store, check_target):
        with pytest.raises(UserError, match=r"needs pylance: type `pip install -e '.\[store\]'`"):
            needs_it(tmp_path)
