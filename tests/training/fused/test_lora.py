"""A linear layer with LoRA as one operation, beside PEFT's own forward pass of the same layer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from nbfinetune.training.fused.lora import fused_lora

IN, OUT = 12, 10


def layer_of(
    inner: nn.Module | None = None, *, names: tuple[str, ...] = ("default",), **lora: Any
) -> Any:
    """A layer of PEFT with matrices far from zero; the last one of `names` is active."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(IN, OUT) if inner is None else inner).requires_grad_(False)
    for name in names:
        config = LoraConfig(**{"r": 4, "lora_alpha": 6, "target_modules": ["0"], **lora})
        model = inject_adapter_in_model(config, model, adapter_name=name)
    layer: Any = model[0]
    for name, weight in layer.named_parameters():
        if "lora_" in name:
            nn.init.normal_(weight, std=0.5)
    layer.set_adapter(names[-1])
    return layer.train()


def differentiated(layer: Any, forward: Any, x: Tensor, adapter: str = "default") -> list[Tensor]:
    """What comes out, and the gradients of the input and both matrices."""
    own = x.detach().requires_grad_(True)
    out = forward(own)
    slope = torch.randn(out.shape, generator=torch.Generator().manual_seed(9)).to(out.dtype)
    matrices = (layer.lora_A[adapter].weight, layer.lora_B[adapter].weight)
    return [out.detach(), *torch.autograd.grad(out, (own, *matrices), slope)]


def apart(ours: list[Tensor], theirs: list[Tensor]) -> float:
    assert [t.shape for t in ours] == [t.shape for t in theirs]
    assert [t.dtype for t in ours] == [t.dtype for t in theirs]
    return max(
        float((a.double() - b.double()).norm() / b.double().norm())
        for a, b in zip(ours, theirs, strict=True)
    )


INPUTS = {
    "tokens": lambda: torch.randn(7, IN),
    "rows": lambda: torch.randn(3, 7, IN),
    "rows of rows": lambda: torch.randn(2, 3, 5, IN),
    "one token": lambda: torch.randn(1, 1, IN),
    "turned": lambda: torch.randn(IN, 7).T,
    "rows and tokens exchanged": lambda: torch.randn(7, 3, IN).transpose(0, 1),
    "every second number": lambda: torch.randn(3, 7, 2 * IN)[..., ::2],
    "one row again and again": lambda: torch.randn(1, 7, IN).expand(3, 7, IN),
}


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("name", INPUTS)
def test_it_computes_what_peft_computes(name, biased):
    layer = layer_of(nn.Linear(IN, OUT, bias=biased))
    x = INPUTS[name]()
    before = x.clone()
    ours = differentiated(layer, fused_lora(layer, "default"), x)
    assert apart(ours, differentiated(layer, layer, x)) < 1e-6
    assert torch.equal(x, before)


@pytest.mark.parametrize("lora", [{"use_rslora": True}, {"r": 1}, {"r": 16}, {"lora_alpha": 1}])
def test_rank_and_scale_are_those_of_the_settings(lora):
    layer, x = layer_of(**lora), torch.randn(5, IN)
    ours = differentiated(layer, fused_lora(layer, "default"), x)
    assert apart(ours, differentiated(layer, layer, x)) < 1e-6


def test_an_input_without_a_gradient_and_a_gradient_that_is_strided():
    layer, x = layer_of(), torch.randn(3, 5, IN)
    found = []
    for forward in (fused_lora(layer, "default"), layer):
        forward(x).transpose(0, 1)[::2].square().sum().backward()
        found.append([p.grad.clone() for p in layer.parameters() if p.grad is not None])
        layer.zero_grad()
    assert len(found[0]) == 2
    assert apart(*found) < 1e-6


def test_the_gradient_that_comes_in_stays_as_it_is():
    layer, slope = layer_of(lora_dropout=0.5), torch.randn(5, OUT)
    before = slope.clone()
    fused_lora(layer, "default")(torch.randn(5, IN, requires_grad=True)).backward(slope)
    assert torch.equal(slope, before)


def test_matrices_that_were_read_from_a_checkpoint_count_at_once():
    layer, x = layer_of(), torch.randn(5, IN)
    forward = fused_lora(layer, "default")
    first = forward(x)
    with torch.no_grad():
        layer.lora_B["default"].weight.mul_(-2)
    layer.lora_A["default"].weight = nn.Parameter(torch.randn(4, IN))
    assert not torch.allclose(forward(x), first)
    assert apart([forward(x)], [layer(x)]) < 1e-6


@pytest.mark.parametrize("name", ["one", "two"])
def test_beside_other_adapters_it_computes_with_its_own(name):
    layer, x = layer_of(names=("one", "two")), torch.randn(5, IN)
    layer.set_adapter(name)
    ours = differentiated(layer, fused_lora(layer, name), x, name)
    assert apart(ours, differentiated(layer, layer, x, name)) < 1e-6
    layer.set_adapter("one" if name == "two" else "two")
    assert apart([layer(x)], [ours[0]]) > 0.1


def test_an_input_of_another_dtype_is_left_to_peft():
    layer, x = layer_of(), torch.randn(5, IN).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):  # where dtypes may meet
        ours = differentiated(layer, fused_lora(layer, "default"), x)
        theirs = differentiated(layer, layer, x)
    assert all(map(torch.equal, ours, theirs))


def test_in_16_bits_it_is_as_near_to_the_truth_as_peft():
    layer, x = layer_of(nn.Linear(IN, OUT).bfloat16()), torch.randn(64, IN).bfloat16()
    layer.lora_A.float(), layer.lora_B.float()  # as they are trained
    ours = differentiated(layer, fused_lora(layer, "default"), x)
    theirs = differentiated(layer, layer, x)
    layer.base_layer.float()
    truth = differentiated(layer, layer, x.float())
    errors = [[float((a.float() - t).norm() / t.norm()) for a, t in zip(found, truth, strict=True)]
              for found in (ours, theirs)]  # fmt: skip
    print(errors)
    assert [t.dtype for t in ours] == [t.dtype for t in theirs]
    assert sum(errors[0]) < 2 * sum(errors[1])
    assert max(errors[0]) < 0.02


class Quantized(nn.Linear):
    """Whatever calls itself a linear layer and computes otherwise."""


OTHERS = {
    "DoRA": lambda: layer_of(use_dora=True),
    "a bias beside the matrices": lambda: layer_of(lora_bias=True),
    "weights that are trained": lambda: layer_of(nn.Linear(IN, OUT)).requires_grad_(True),
    "an embedding": lambda: layer_of(nn.Embedding(IN, OUT)),
    "another linear layer": lambda: layer_of(Quantized(IN, OUT)),
    "weights the other way round": lambda: layer_of(Conv1D(OUT, IN), fan_in_fan_out=True),
    "everything is dropped": lambda: layer_of(lora_dropout=1.0),
    "a layer without matrices": lambda: nn.Linear(IN, OUT),
    "another adapter": lambda: layer_of(names=("another",)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_plain_lora_is_left_to_peft(name):
    assert fused_lora(OTHERS[name](), "default") is None


# dropout


def bare(p: float) -> tuple[Any, Any]:
    """A layer that gives back what dropout leaves of its input, W = 0, A = B = 1, scale 1."""
    inner = nn.Linear(IN, IN, bias=False).requires_grad_(False)
    inner.weight.zero_()
    layer = layer_of(inner, r=IN, lora_alpha=IN, lora_dropout=p)
    for matrix in (layer.lora_A, layer.lora_B):
        matrix["default"].weight.data.copy_(torch.eye(IN))
    return layer, fused_lora(layer, "default")


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_what_is_dropped_on_the_way_there_is_dropped_on_the_way_back(p):
    layer, forward = bare(p)
    x = torch.randn(3, 50, IN)
    torch.manual_seed(2)
    left, grad_x, grad_a, grad_b = differentiated(layer, forward, x)
    kept = left != 0
    torch.testing.assert_close(left, x * kept / (1 - p))
    assert float(kept.float().mean()) == pytest.approx(1 - p, abs=0.07)
    slope = torch.randn(x.shape, generator=torch.Generator().manual_seed(9))
    torch.testing.assert_close(grad_x, slope * kept / (1 - p))
    product = slope.flatten(0, 1).T @ left.flatten(0, 1)
    torch.testing.assert_close(grad_a, product)
    torch.testing.assert_close(grad_b, product)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5])
def test_its_gradients_are_those_of_finite_differences(p):
    layer = layer_of(nn.Linear(IN, OUT), lora_dropout=p).double()
    forward = fused_lora(layer, "default")
    matrices = (layer.lora_A["default"].weight, layer.lora_B["default"].weight)

    def seeded(x: Tensor, *_matrices: Tensor) -> Tensor:
        torch.manual_seed(1)
        return forward(x)

    x = torch.randn(4, IN, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(seeded, (x, *matrices))


def test_a_seed_drops_the_same_again_and_the_next_call_something_else():
    _, forward = bare(0.3)
    x = torch.ones(20, IN)
    torch.manual_seed(4)
    one, other = forward(x), forward(x)
    torch.manual_seed(4)
    assert torch.equal(forward(x), one)
    assert not torch.equal(one, other)


def test_outside_of_training_nothing_is_dropped():
    layer, x = layer_of(lora_dropout=0.5), torch.randn(5, IN)
    forward = fused_lora(layer, "default")
    noisy = forward(x)
    layer.eval()
    assert apart(differentiated(layer, forward, x), differentiated(layer, layer, x)) < 1e-6
    assert not torch.allclose(forward(x), noisy)


def test_in_expectation_dropout_changes_nothing():
    layer, x = layer_of(lora_dropout=0.2), torch.randn(5, IN)
    forward = fused_lora(layer, "default")
    torch.manual_seed(0)
    mean = forward(x.expand(20000, 5, IN)).mean(0)
    layer.eval()
    assert apart([mean], [layer(x)]) < 0.01


def _disable(layer: Any) -> None:
    layer.enable_adapters(False)


def _merge(layer: Any) -> None:
    layer.merge()


def _activate_both(layer: Any) -> None:
    layer.set_adapter(["one", "two"])


def _activate_the_other(layer: Any) -> None:
    layer.set_adapter("two")


@pytest.mark.parametrize("change", [_disable, _merge, _activate_both, _activate_the_other])
def test_unless_its_adapter_alone_is_active_the_layer_computes_as_peft_does(change):
    layer, x = layer_of(names=("two", "one")), torch.randn(5, IN)
    forward = fused_lora(layer, "one")
    change(layer)
    assert torch.equal(forward(x), layer(x))


@pytest.mark.parametrize("dropout", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("shape", [(0, IN), (1, 0, IN), (IN,)])
def test_no_tokens_and_a_single_one_are_inputs_too(shape, dropout):
    layer = layer_of(lora_dropout=dropout)
    x = torch.randn(shape, requires_grad=True)
    out = fused_lora(layer, "default")(x)
    out.sum().backward()
    assert (out.shape, x.grad.shape) == ((*shape[:-1], OUT), shape)
