"""What an attempt runs on, for its log: versions and hardware. No paths and no names of users."""

from __future__ import annotations

import os
import platform
from importlib import metadata

import psutil

from nbfinetune.core.runs.events import Environment

PACKAGES = ("nbfinetune", "torch", "transformers", "peft", "tokenizers", "safetensors")


def environment(device: str) -> Environment:
    """This process on that device, `cuda:0` say."""
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count() or 1,
        memory_bytes=int(psutil.virtual_memory().total),
        accelerator=_accelerator(device),
        versions={name: _version(name) for name in PACKAGES},
    )


def _accelerator(device: str) -> str:
    if not device.startswith("cuda"):
        return "" if device == "cpu" else device
    import torch

    return str(torch.cuda.get_device_name(device))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"
