import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from xshot.retrieval.keys import sort_keys

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
costs = nps.arrays(np.float32, (2, 6), elements=st.one_of(finite, st.sampled_from([-0.0, 0.0])))


@given(costs, st.permutations(range(6)))
def test_keys_order_like_costs_and_then_like_the_payload(costs, payload):
    payload = np.array(payload, dtype=np.int32)
    expected = [np.lexsort((payload, row)).tolist() for row in costs]  # -0.0 equals 0.0
    assert np.argsort(sort_keys(costs.copy(), payload), axis=1).tolist() == expected


@given(costs)
def test_payload_can_be_read_back(costs):
    payload = np.array([0, 1, 2, 3, 2**30, 2**31 - 1], dtype=np.int32)
    keys = sort_keys(costs, payload)
    np.testing.assert_array_equal(keys & 0xFFFFFFFF, np.broadcast_to(payload, keys.shape))
