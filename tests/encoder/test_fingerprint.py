"""What the per-row cache of an encoder is named after."""

from xshot.encoder import fingerprint
from xshot.encoder.fingerprint import EncoderIdentity, cache_name


def test_other_arithmetic_of_the_same_encoder_is_another_cache(monkeypatch):
    identity = EncoderIdentity("abc", {})
    before = cache_name(identity, "cpu")
    assert cache_name(identity, "cpu") == before
    monkeypatch.setattr(fingerprint, "ARITHMETIC", fingerprint.ARITHMETIC + 1)
    assert cache_name(identity, "cpu") != before


def test_another_encoder_is_another_cache():
    names = {cache_name(EncoderIdentity(name, {}), "cpu") for name in ("abc", "abd")}
    assert len(names) == 2
