"""The LM head with its cross entropy, beside PyTorch's own on all logits at once."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from nbfinetune.training.fused import head
from nbfinetune.training.fused.head import linear_cross_entropy

WIDTH, VOCABULARY = 16, 2500  # three slices of at least 1024 columns, the last one shorter
COUNTS = torch.tensor([1, 3, 1, 2, 7, 1])
# the same token twice, the first and last column, both sides of the border of two slices
TARGETS = torch.tensor([0, VOCABULARY - 1, 1023, 1024, 1024, 2048])


@pytest.fixture(params=["one slice", "slices"], autouse=True)
def sliced(request, monkeypatch) -> bool:
    monkeypatch.setattr(head, "LOGITS_AT_ONCE", 1 if request.param == "slices" else 2**24)
    return request.param == "slices"


def drawn(seed: int = 0, scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, weights and bias."""
    draw = torch.Generator().manual_seed(seed)
    hidden = torch.randn(len(TARGETS), WIDTH, generator=draw) * scale
    weight = torch.randn(VOCABULARY, WIDTH, generator=draw)
    return hidden, weight, torch.randn(VOCABULARY, generator=draw)


def expected(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    """The loss and its gradient, in 64 bits."""
    wide = hidden.double().requires_grad_(True)
    logits = torch.nn.functional.linear(
        wide, weight.double(), None if bias is None else bias.double()
    )
    loss = (cross_entropy(logits, TARGETS, reduction="none") * COUNTS).sum()
    loss.backward()
    return loss.detach(), wide.grad


def computed(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    own = hidden.clone().requires_grad_(True)
    loss = linear_cross_entropy(own, weight, bias, TARGETS, COUNTS)
    assert (loss.shape, loss.dtype) == ((), torch.float32)
    loss.backward()
    assert own.grad.dtype == hidden.dtype
    return loss.detach(), own.grad


def apart(one: Tensor, other: Tensor) -> float:
    return float((one.double() - other.double()).norm() / other.double().norm())


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 20.0])
def test_the_loss_and_its_gradient_are_those_of_all_logits(scale, biased):
    hidden, weight, bias = drawn(scale=scale)
    parts = (hidden, weight, bias if biased else None)
    (loss, gradient), (truth, slope) = computed(*parts), expected(*parts)
    assert apart(loss, truth) < 1e-6
    assert apart(gradient, slope) < 2e-6


def test_slices_are_really_slices(sliced, monkeypatch):
    widths, product = [], torch.mm
    monkeypatch.setattr(
        torch, "mm", lambda a, b, **how: widths.append(b.shape[1]) or product(a, b, **how)
    )
    hidden, weight, _ = drawn()
    linear_cross_entropy(hidden, weight, None, TARGETS, COUNTS)
    assert sum(widths) == VOCABULARY
    assert (max(widths) < VOCABULARY) == sliced


@pytest.mark.parametrize("column", [0, 1023, 1024, VOCABULARY - 1])
@pytest.mark.parametrize("logit", [1e4, -1e4])
def test_logits_of_any_size_overflow_nowhere(column, logit):
    hidden, weight, _ = drawn()
    bias = torch.zeros(VOCABULARY)
    bias[column] = logit
    (loss, gradient), (truth, slope) = (
        computed(hidden, weight, bias),
        expected(hidden, weight, bias),
    )
    assert apart(loss, truth) < 1e-6
    assert apart(gradient, slope) < 1e-5


def test_all_logits_far_from_zero_and_from_each_other():
    hidden, weight, _ = drawn(scale=2500.0)  # logits of ±1e4
    assert (hidden @ weight.T).abs().max() > 1e4
    (loss, gradient), (truth, slope) = (
        computed(hidden, weight, None),
        expected(hidden, weight, None),
    )
    assert apart(loss, truth) < 1e-6
    assert apart(gradient, slope) < 1e-5


def test_a_token_that_is_sure_costs_nothing_and_moves_nothing():
    hidden, weight, bias = torch.zeros(1, WIDTH), drawn()[1], torch.zeros(VOCABULARY)
    bias[1500] = 1e4
    own = hidden.requires_grad_(True)
    loss = linear_cross_entropy(own, weight, bias, torch.tensor([1500]), torch.tensor([1]))
    loss.backward()
    assert (loss.item(), own.grad.abs().max().item()) == (0.0, 0.0)


def test_a_count_is_so_many_rows():
    hidden, weight, bias = drawn()
    once = computed(hidden, weight, bias)
    repeated = hidden.repeat_interleave(COUNTS, 0).requires_grad_(True)
    loss = linear_cross_entropy(
        repeated, weight, bias, TARGETS.repeat_interleave(COUNTS), torch.ones(int(COUNTS.sum()))
    )
    loss.backward()
    owner = torch.arange(len(COUNTS)).repeat_interleave(COUNTS)
    gradient = torch.zeros_like(hidden).index_add_(0, owner, repeated.grad)
    assert apart(loss.detach(), once[0]) < 1e-6
    assert apart(gradient, once[1]) < 1e-6


@pytest.mark.parametrize("biased", [False, True])
def test_without_gradients_the_loss_is_the_same(biased):
    hidden, weight, bias = drawn()
    parts = (weight, bias if biased else None, TARGETS, COUNTS)
    truth, _ = computed(hidden, *parts[:2])
    constant = linear_cross_entropy(hidden, *parts)
    with torch.no_grad():
        unheard = linear_cross_entropy(hidden.requires_grad_(True), *parts)
    assert not constant.requires_grad
    assert not unheard.requires_grad
    assert apart(constant, truth) < 1e-7
    assert apart(unheard, truth) < 1e-7


def test_the_gradient_is_scaled_by_what_the_loss_is_scaled_by():
    hidden, weight, bias = drawn()
    _, whole = computed(hidden, weight, bias)
    own = hidden.clone().requires_grad_(True)
    (linear_cross_entropy(own, weight, bias, TARGETS, COUNTS) / 16).backward()
    assert torch.equal(own.grad, whole / 16)


def test_what_it_is_given_stays_as_it_is():
    hidden, weight, bias = drawn()
    copies = [t.clone() for t in (hidden, weight, bias)]
    computed(hidden, weight, bias)
    assert all(map(torch.equal, (hidden, weight, bias), copies))


def test_a_number_that_is_none_is_none_in_the_loss():
    hidden, weight, _ = drawn()
    hidden[2, 3] = float("nan")
    assert computed(hidden, weight, None)[0].isnan()


def test_in_16_bits_it_is_no_further_from_the_truth_than_all_logits_in_16_bits():
    ours, theirs = [0.0, 0.0], [0.0, 0.0]
    for seed in range(8):
        hidden, weight, bias = (t.bfloat16() for t in drawn(seed))
        truth, slope = expected(hidden, weight, bias)
        own = hidden.clone().requires_grad_(True)
        logits = torch.nn.functional.linear(own, weight, bias).float()
        loss = (cross_entropy(logits, TARGETS, reduction="none") * COUNTS).sum()
        loss.backward()
        found = computed(hidden, weight, bias)
        for total, (a, b) in ((ours, found), (theirs, (loss.detach(), own.grad))):
            total[0] += apart(a, truth)
            total[1] += apart(b, slope)
    print(f"loss {ours[0]:.1e} against {theirs[0]:.1e}, gradient {ours[1]:.1e} - {theirs[1]:.1e}")
    assert ours[0] < 1.5 * theirs[0]
    assert ours[1] < 1.5 * theirs[1]


@pytest.mark.parametrize("odds", [0.999, 0.99999])
def test_in_float16_a_sure_model_still_learns_and_a_loss_scale_fits(odds):
    weight = (torch.randn(1000, 64, generator=torch.Generator().manual_seed(0)) * 0.02).half()
    targets, ones = torch.arange(8), torch.ones(8)
    rows = weight[targets].double()
    logit = torch.log(torch.tensor(999 * odds / (1 - odds)))
    hidden = (rows / rows.square().sum(1, keepdim=True) * logit).half()
    exact = hidden.double().requires_grad_(True)
    cross_entropy(exact @ weight.double().T, targets, reduction="sum").backward()

    own = hidden.clone().requires_grad_(True)
    (linear_cross_entropy(own, weight, None, targets, ones) * 2**16).backward()
    assert apart(own.grad.double() / 2**16, exact.grad) < 0.02


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_sum_of_many_losses_is_not_cast_with_the_rest(dtype):
    hidden = torch.zeros(len(TARGETS), WIDTH, requires_grad=True)
    counts = torch.full((len(TARGETS),), 10_000)  # beyond what float16 holds
    with torch.autocast("cpu", dtype):
        loss = linear_cross_entropy(hidden, drawn()[1], None, TARGETS, counts)
        without = linear_cross_entropy(hidden.detach(), drawn()[1], None, TARGETS, counts)
    exact = len(TARGETS) * 10_000 * torch.tensor(VOCABULARY).double().log()
    for found in (loss, without):
        assert found.dtype is torch.float32
        assert float(found) == pytest.approx(float(exact), rel=1e-6)
