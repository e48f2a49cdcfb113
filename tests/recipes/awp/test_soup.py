"""The mean of the weights of several models."""

from __future__ import annotations

import pytest
import torch

from recipes.awp.soup import mean_weights


def test_the_mean_of_each_tensor():
    found = mean_weights([{"w": torch.tensor([0.0, 2.0])}, {"w": torch.tensor([1.0, 2.0])}, {"w": torch.zeros(2)}])
    torch.testing.assert_close(found["w"], torch.tensor([1 / 3, 4 / 3]))


@pytest.mark.parametrize("other", [{"w": torch.zeros(3)}, {"v": torch.zeros(2)}])
def test_other_networks_have_no_mean(other):
    with pytest.raises(SystemExit, match="different networks"):
        mean_weights([{"w": torch.zeros(2)}, other])
