"""What a checkpoint means: W + alpha / rank · B A, computed by hand, is the tuned model."""

from __future__ import annotations

import torch
from peft import PeftModel
from safetensors.torch import load_file

from nbfinetune.chat.loading import load_base
from tests.models import byte_ids
from tests.training.runs import ROWS, prepare, train

RANK, ALPHA = 4, 12


def test_the_weights_with_their_update_added_are_the_tuned_model(tiny, tmp_path):
    run = prepare(
        tmp_path, tiny, ROWS, epochs=4, batch_size=2, learning_rate=1e-2,
        lora_rank=RANK, lora_alpha=ALPHA, lora_dropout=0.3,
    )  # fmt: skip
    assert train(run).state == "finished"
    folder = run.checkpoint_path(16)
    saved = load_file(folder / "adapter_model.safetensors")
    ids = torch.tensor([byte_ids("<|im_start|>user\none<|im_end|>\n<|im_start|>assistant\n")])

    by_hand, base = load_base(str(tiny)).model, load_base(str(tiny)).model
    added = 0
    with torch.no_grad():
        for name, weight in by_hand.named_parameters():
            prefix = f"base_model.model.{name.removesuffix('.weight')}"
            if f"{prefix}.lora_A.weight" in saved:
                a, b = saved[f"{prefix}.lora_A.weight"], saved[f"{prefix}.lora_B.weight"]
                weight += ALPHA / RANK * (b @ a)
                added += 2
        expected = by_hand(ids).logits
        tuned = PeftModel.from_pretrained(base, folder)
        adapted = tuned(ids).logits
        merged = tuned.merge_and_unload()(ids).logits
        untuned = load_base(str(tiny)).model(ids).logits
    assert added == len(saved)
    assert torch.allclose(adapted, expected, atol=1e-4)
    assert torch.allclose(merged, expected, atol=1e-4)
    assert not torch.allclose(untuned, expected, atol=1e-1)
