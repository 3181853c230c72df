"""Dropout by places: as if a coin had been tossed for each element.

Seeds are fixed; bounds are six standard deviations of what a coin would do.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nbfinetune.training.fused.dropout import holes

# drawn as places, at the border, as a mask
RATES = [0.01, 0.1, 0.3, 0.31, 0.6, 0.95]


def dropped(shape: tuple[int, ...], p: float, seed: int) -> Tensor:
    """1 where an element is dropped, else 0."""
    torch.manual_seed(seed)
    ones = torch.ones(shape)
    table = ones.view(-1, ones.shape[-1])
    return 1 - holes(table, p).cut_(table).view(shape)


def near(count: float, tosses: int, p: float) -> bool:
    return abs(count - tosses * p) <= 6 * math.sqrt(tosses * p * (1 - p)) + 1


@pytest.mark.parametrize("p", RATES)
def test_so_many_are_dropped_in_every_part_of_the_tensor(p):
    found = dropped((400, 500), p, seed=1)
    assert near(float(found.sum()), found.numel(), p)
    for sums in (found.sum(0), found.sum(1)):
        tosses = found.numel() // len(sums)
        assert all(near(float(count), tosses, p) for count in sums)


@pytest.mark.parametrize("p", RATES)
def test_elements_are_dropped_independently_of_each_other(p):
    flat = dropped((400, 500), p, seed=2).flatten()
    for distance in (1, 2, 499, 500, 501):  # neighbours in a row, in a column
        first, second = flat[:-distance] - p, flat[distance:] - p
        together = float((first * second).sum())  # a covariance, 0 with coins
        assert abs(together) <= 6 * math.sqrt(len(first)) * p * (1 - p)


@pytest.mark.parametrize("p", RATES)
def test_how_many_are_dropped_varies_as_with_coins(p):
    draws, size = 600, 400
    counts = torch.stack([dropped((size,), p, seed).sum() for seed in range(draws)]).double()
    coins = size * p * (1 - p)
    # the variance of a variance is 2 σ⁴ / n; coins of such rates have somewhat heavier tails
    assert abs(float(counts.var()) - coins) < 6 * coins * math.sqrt(2.5 / draws)
    assert near(float(counts.sum()), draws * size, p)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_each_place_is_dropped_as_often_as_any_other(p):
    draws = 800
    counts = sum(dropped((3, 4), p, seed) for seed in range(draws))
    assert all(near(float(count), draws, p) for count in counts.flatten())


@pytest.mark.parametrize("p", RATES)
def test_what_is_left_is_scaled_so_that_the_expectation_stays(p):
    torch.manual_seed(3)
    values = torch.ones(300, 1000)
    found = holes(values, p)
    assert found.scale == pytest.approx(1 / (1 - p))
    assert float(found.cut_(values).mean()) * found.scale == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("p", RATES)
def test_holes_are_cut_in_place_and_what_is_left_is_as_it_was(p):
    torch.manual_seed(4)
    values = torch.randn(30, 40)
    before, same = values.clone(), torch.ones(30, 40)
    found = holes(values, p)
    assert torch.equal(values, before)  # to draw them changes nothing
    kept = found.cut_(same) > 0
    assert found.cut_(values) is values
    assert torch.equal(values, before * kept)
    assert 0 < int(kept.sum()) < values.numel()


@pytest.mark.parametrize("p", RATES)
def test_a_seed_has_its_holes(p):
    one, again, other = (dropped((50, 60), p, seed) for seed in (5, 5, 6))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("p", [0.1, 0.5])
def test_holes_are_the_same_in_every_dtype(dtype, p):
    torch.manual_seed(7)
    values = torch.ones(50, 60, dtype=dtype)
    assert torch.equal(1 - holes(values, p).cut_(values), dropped((50, 60), p, seed=7).to(dtype))


@pytest.mark.parametrize("p", [1e-9, 0.2, 0.9])
def test_a_single_element_is_dropped_or_not(p):
    assert {float(dropped((1,), p, seed)) for seed in range(60)} == ({0.0} if p < 0.1 else {0, 1})
