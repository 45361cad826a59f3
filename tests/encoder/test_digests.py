"""The table answers as a dict would."""

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from xshot.encoder.digests import DigestTable

# Many with the same beginning, which look for the same slot.
DIGESTS = st.one_of(
    st.integers(0, 40).map(lambda number: hashlib.sha256(bytes([number])).digest()),
    st.integers(0, 40).map(lambda number: bytes(31) + bytes([number])),
)


@settings(max_examples=100)
@given(entries=st.lists(st.tuples(DIGESTS, st.binary(min_size=3, max_size=3)), max_size=150))
def test_answers_as_a_dict(entries):
    table, expected = DigestTable(3), {}
    for digest, value in entries:
        table[digest] = expected[digest] = value
    for same in (table, DigestTable(3, table.entries)):
        assert list(same.items()) == list(expected.items())
        for number in range(41):
            digest = bytes(31) + bytes([number])
            assert same.get(digest) == expected.get(digest)
            assert (digest in same) == (digest in expected)
