"""Gated MLPs and norms as one operation, beside the model's own code and autograd."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from transformers.models.gemma3.modeling_gemma3 import Gemma3MLP, Gemma3RMSNorm
from transformers.models.gpt2.modeling_gpt2 import GPT2MLP
from transformers.models.llama.modeling_llama import LlamaMLP, LlamaRMSNorm
from transformers.models.mistral.modeling_mistral import MistralMLP
from transformers.models.olmo2.modeling_olmo2 import Olmo2RMSNorm
from transformers.models.qwen2.modeling_qwen2 import Qwen2MLP, Qwen2RMSNorm

from nbfinetune.training.fused import slices
from nbfinetune.training.fused.gated import fused_mlp
from nbfinetune.training.fused.norm import fused_norm

WIDTH = 24


@pytest.fixture(params=["one slice", "slices"], autouse=True)
def sliced(request, monkeypatch) -> None:
    if request.param == "slices":
        monkeypatch.setattr(slices, "ELEMENTS", 3 * WIDTH)  # of an odd number of rows


def mlp(kind: type, activation: str) -> nn.Module:
    config = SimpleNamespace(
        hidden_size=WIDTH, intermediate_size=40, hidden_act=activation, mlp_bias=False,
        hidden_activation=activation,
    )  # fmt: skip
    torch.manual_seed(0)
    return kind(config).requires_grad_(False)


def norm(kind: type) -> nn.Module:
    torch.manual_seed(0)
    made = kind(WIDTH)
    nn.init.normal_(made.weight)
    return made.requires_grad_(False)


PARTS = {
    "llama mlp": lambda: mlp(LlamaMLP, "silu"),
    "qwen2 mlp": lambda: mlp(Qwen2MLP, "silu"),
    "mistral mlp": lambda: mlp(MistralMLP, "silu"),
    "gemma3 mlp": lambda: mlp(Gemma3MLP, "gelu_pytorch_tanh"),
    "llama norm": lambda: norm(LlamaRMSNorm),
    "qwen2 norm": lambda: norm(Qwen2RMSNorm),
    "gemma3 norm": lambda: norm(Gemma3RMSNorm),
}


def fused(part: nn.Module):
    return fused_mlp(part) or fused_norm(part)


def differentiated(forward, x: Tensor, turned: bool = False) -> list[Tensor]:
    """What comes out and the gradient of what goes in, for a gradient that may be strided."""
    own = x.detach().clone().requires_grad_(True)
    out = forward(own)
    slope = torch.randn(out.shape, generator=torch.Generator().manual_seed(1)).to(out.dtype)
    if turned:
        slope = slope.transpose(0, -2).contiguous().transpose(0, -2)
    before = slope.clone()
    (grad,) = torch.autograd.grad(out, own, slope)
    assert torch.equal(slope, before)
    assert torch.equal(own, x)
    return [out.detach(), grad]


def apart(ours: list[Tensor], theirs: list[Tensor]) -> float:
    assert [t.shape for t in ours] == [t.shape for t in theirs]
    assert [t.dtype for t in ours] == [t.dtype for t in theirs]
    pairs = zip(ours, theirs, strict=True)
    return max(float((a.double() - b.double()).norm() / b.double().norm()) for a, b in pairs)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("shape", [(1, 7, WIDTH), (2, 5, WIDTH)])
@pytest.mark.parametrize("name", PARTS)
def test_it_computes_what_the_model_computes(name, shape, turned):
    part, x = PARTS[name](), torch.randn(shape)
    assert apart(differentiated(fused(part), x, turned), differentiated(part, x, turned)) < 1e-6


@pytest.mark.parametrize("name", PARTS)
def test_in_16_bits_it_is_no_further_from_the_truth_than_the_model(name):
    part, x = PARTS[name](), torch.randn(3, 9, WIDTH)
    truth = differentiated(part, x)
    half = part.bfloat16()
    ours, theirs = (differentiated(f, x.bfloat16()) for f in (fused(half), half))
    exact = [t.bfloat16() for t in truth]
    assert apart(ours, exact) < max(0.01, 1.3 * apart(theirs, exact))


@pytest.mark.parametrize("name", PARTS)
def test_no_tokens_are_an_input_too(name):
    part, x = PARTS[name](), torch.zeros(1, 0, WIDTH)
    out, grad = differentiated(fused(part), x)
    assert out.shape == grad.shape == x.shape


def test_what_is_computed_otherwise_is_left_alone():
    config = SimpleNamespace(
        hidden_size=WIDTH, activation_function="gelu_new", resid_pdrop=0.0, n_inner=None
    )
    assert fused_mlp(GPT2MLP(40, config)) is None
    assert fused_mlp(mlp(LlamaMLP, "relu")) is None
    assert fused_norm(norm(Olmo2RMSNorm)) is None  # multiplies before it rounds
    assert fused_norm(nn.LayerNorm(WIDTH).requires_grad_(False)) is None
    assert fused_norm(LlamaRMSNorm(WIDTH)) is None  # its weight is trained


def test_a_class_of_the_same_source_but_with_another_method_is_left_alone():
    class Halved(LlamaMLP):
        def forward(self, x):
            return self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x)) / 2

    assert fused_mlp(mlp(Halved, "silu")) is None
