"""The cache gives back exactly what was put in, or nothing: whatever befell its files."""

import hashlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xshot.encoder.cache import FeatureCache
from xshot.errors import UserError

D = 5


def keys(*names):
    return [hashlib.sha256(str(name).encode()).digest() for name in names]


def features(*names):
    return np.stack([np.random.default_rng(n).normal(size=D) for n in names]).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "features" / "image"


def filled(folder, *blocks):
    """A cache to which each block of numbers was added."""
    cache = FeatureCache(folder)
    for block in blocks:
        cache.add(keys(*block), features(*block))
    return cache


def test_rows_come_back_in_any_order_within_and_between_runs(folder):
    cache = filled(folder, (1, 2, 3), (4,))
    for reader in (cache, FeatureCache(folder)):
        assert len(reader) == 4
        np.testing.assert_array_equal(reader.rows(keys(4, 2, 2, 1)), features(4, 2, 2, 1))
        assert keys(3)[0] in reader
        assert keys(5)[0] not in reader


def test_a_later_run_adds_a_shard_and_leaves_the_others_alone(folder):
    filled(folder, (1, 2)).close()
    before = (folder / "000000.shard").read_bytes()
    filled(folder, (3,)).close()
    assert sorted(path.name for path in folder.iterdir()) == ["000000.shard", "000001.shard"]
    assert (folder / "000000.shard").read_bytes() == before
    np.testing.assert_array_equal(FeatureCache(folder).rows(keys(3, 1)), features(3, 1))


def test_two_runs_at_once_write_to_their_own_shards(folder):
    first, second = FeatureCache(folder), FeatureCache(folder)
    first.add(keys(1), features(1))
    second.add(keys(2), features(2))
    first.add(keys(3), features(3))
    np.testing.assert_array_equal(FeatureCache(folder).rows(keys(1, 2, 3)), features(1, 2, 3))


def test_a_run_that_only_reads_writes_nothing(folder):
    FeatureCache(folder).close()
    assert not folder.exists()


def test_what_is_added_survives_without_closing(folder):
    cache = FeatureCache(folder)
    cache.add(keys(1, 2), features(1, 2))
    assert len(FeatureCache(folder)) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(cut=st.integers(0, 10**6))
def test_a_shard_cut_anywhere_keeps_its_whole_blocks(tmp_path, cut):
    folder = tmp_path / str(cut)
    filled(folder, (1, 2), (3,), (4, 5, 6)).close()
    shard = folder / "000000.shard"
    whole = shard.read_bytes()
    cut %= len(whole)
    shard.write_bytes(whole[:cut])
    ends = np.cumsum([16 + n * (32 + 4 * D) for n in (2, 1, 3)])
    assert ends[-1] == len(whole)
    known = (0, 2, 3)[int(np.searchsorted(ends, cut, side="right"))]
    cache = FeatureCache(folder)
    assert len(cache) == known
    names = range(1, known + 1)
    if known:
        np.testing.assert_array_equal(cache.rows(keys(*names)), features(*names))
    cache.add(keys(*range(known + 1, 7)), features(*range(known + 1, 7)))
    np.testing.assert_array_equal(
        FeatureCache(folder).rows(keys(*range(1, 7))), features(*range(1, 7))
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(at=st.integers(0, 10**6), value=st.integers(1, 255))
def test_a_flipped_byte_never_gives_wrong_features(tmp_path, at, value):
    folder = tmp_path / f"{at}-{value}"
    filled(folder, (1, 2), (3,), (4, 5, 6)).close()
    shard = folder / "000000.shard"
    damaged = bytearray(shard.read_bytes())
    damaged[at % len(damaged)] ^= value
    shard.write_bytes(damaged)
    cache = FeatureCache(folder)
    for name in range(1, 7):
        if keys(name)[0] in cache:
            np.testing.assert_array_equal(cache.rows(keys(name)), features(name))


@pytest.mark.parametrize("content", [b"", b"XSF1", b"nonsense" * 100])
def test_a_shard_that_is_none_is_ignored(folder, content):
    folder.mkdir(parents=True)
    (folder / "000000.shard").write_bytes(content)
    cache = FeatureCache(folder)
    assert len(cache) == 0
    cache.add(keys(1), features(1))
    np.testing.assert_array_equal(FeatureCache(folder).rows(keys(1)), features(1))


def test_lazy_rows_are_the_rows_also_after_closing(folder):
    cache = FeatureCache(folder)
    for names in ((1, 2), (3,), (4, 5, 6)):
        cache.add(keys(*names), features(*names))
    places = np.array([cache.place(key) for key in keys(6, 1, 3, 2)])
    lazy = cache.rows_at(places)
    cache.close()
    assert lazy.shape == cache.rows(keys(6, 1, 3, 2)).shape
    np.testing.assert_array_equal(lazy[1:3], features(1, 3))
    np.testing.assert_array_equal(lazy[:], features(6, 1, 3, 2))


def test_a_shard_cut_short_under_a_reader_is_one_line(folder):
    cache = filled(folder, (1, 2))
    shard = folder / "000000.shard"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"000000.shard: has just been cut short; start again"):
        cache.rows(keys(1, 2))


def test_a_folder_that_cannot_be_written_is_one_line(folder):
    folder.parent.mkdir()
    folder.write_text("a file stands in the way")
    with pytest.raises(UserError, match=r"cannot be written: .*; free space or mend access"):
        FeatureCache(folder).add(keys(1), features(1))


def test_a_shard_that_cannot_be_read_is_one_line(folder):
    (folder / "000000.shard").mkdir(parents=True)
    with pytest.raises(UserError, match=r"000000.shard: cannot be read: Is a directory"):
        FeatureCache(folder)
