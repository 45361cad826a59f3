import torch

from xshot.vaegan.losses.wasserstein import wasserstein_estimate


def test_value_and_sign_derived_by_hand():
    """Real scores 1 and 3, mean 2; fake scores -1 and 0, mean -0.5: critics that rate real features
    higher see a positive distance.
    """
    real = torch.tensor([[[1.0]], [[3.0]]])
    fake = torch.tensor([[[-1.0]], [[0.0]]])
    torch.testing.assert_close(wasserstein_estimate(real, fake), torch.tensor(2.5))


def test_equal_scores_are_no_distance():
    scores = torch.arange(6.0).view(2, 3, 1)
    assert wasserstein_estimate(scores, scores) == 0
