"""Where a model is: in the package, in a folder, in the cache, or on a hub, whence it is fetched.

Cache first: what is here whole is used without a word to anybody. Whoever doesn't answer is given
up after seconds, because the libraries' own patience is minutes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from nbfinetune.chat import cache
from nbfinetune.chat.fetching import Fetching, Remote, gated
from nbfinetune.chat.waiting import PATIENT, Waiting
from nbfinetune.chat.weights import parameters_of
from nbfinetune.core import text
from nbfinetune.core.errors import MissingDependency, ModelError
from nbfinetune.core.presets import STARTER

T = TypeVar("T")

HUB_SECONDS = 8.0
STARTER_FOLDER = Path(__file__).parent.parent / "starter"
MODELSCOPE = "modelscope:"

_WEIGHTS = re.compile(r"model(\.safetensors)?(-\d+-of-\d+)?\.safetensors")
_SMALL = re.compile(r"[\w.+-]+\.(json|jinja|txt|tiktoken|model)")
_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NOT_WANTED = re.compile(r"(?i)licen[sc]e|\.bin\.")


class Found(NamedTuple):
    """A model on this disk. `parameters`: how many weights it has; 0 where nobody asked."""

    name: str
    folder: Path
    parameters: int = 0


def find(name: str, waiting: Waiting = PATIENT, *, weights: bool = True) -> Found:
    """The files of a model: `starter`, a folder, a hub id or `modelscope:ID`, fetched if need be.

    Without `weights` those that its tokenizer and template need.

    Raises:
        ModelError: There is no such model, it can't be reached, fetched or read.
        MissingDependency: ModelScope's package is not here.
    """
    folder = _local(name)
    if folder is None:
        folder = _from_hub(name, waiting, weights=weights)
    return Found(name, folder, parameters_of(name, folder) if weights else 0)


def endpoint() -> str:
    """The address of the hub: `HF_ENDPOINT`, also where it was set after the first import."""
    from huggingface_hub import constants

    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def is_offline() -> bool:
    """Whether somebody has switched the network off, by `HF_HUB_OFFLINE`."""
    from huggingface_hub import constants

    return bool(constants.is_offline_mode())


def _local(name: str) -> Path | None:
    if name == STARTER:
        return STARTER_FOLDER
    path = Path(name).expanduser()
    return path if path.is_dir() else None


def _from_hub(name: str, waiting: Waiting, *, weights: bool) -> Path:
    if name.startswith(MODELSCOPE):
        return _from_modelscope(name)
    _require_id(name)
    there = cache.snapshot(name)
    if there is not None and (cache.is_complete(name) if weights else cache.has_tokenizer(there)):
        if weights:
            cache.verify(name, there, waiting)
        return there
    commit, files = _listed(name, waiting, weights=weights)
    return Fetching(name, commit, files).run(waiting)


def _require_id(name: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
    except HFValidationError:
        raise ModelError("model_unknown", name=name, suggestion="") from None


def _listed(name: str, waiting: Waiting, *, weights: bool) -> tuple[str, list[Remote]]:
    """The commit of the main branch, and those of its files that we want."""
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint())
    waiting.tell(text.message("model_asking", {"name": name, "hub": endpoint()}))
    try:
        info = within(
            HUB_SECONDS,
            lambda: api.model_info(name, files_metadata=True, timeout=HUB_SECONDS),
            waiting,
            name,
        )
    except ModelError:
        raise
    except Exception as error:  # the hub client raises its transport's own errors
        raise _not_listed(name, error) from error
    found = [_remote(name, str(info.sha), sibling) for sibling in info.siblings or ()]
    wanted = [file for file in found if _is_wanted(file.name, weights=weights)]
    if not any(_WEIGHTS.fullmatch(file.name) for file in found):
        raise ModelError("model_without_safetensors", name=name)
    # they become names of files here
    if not all(_HASH.fullmatch(key) for key in (str(info.sha), *(file.key for file in wanted))):
        raise ModelError("model_unreachable", name=name, reason=text.message("hub_no_hashes", {}))
    return str(info.sha), wanted


def _not_listed(name: str, error: Exception) -> ModelError:
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    if isinstance(error, GatedRepoError):
        return gated(name, f"{endpoint()}/{name}")
    if isinstance(error, RepositoryNotFoundError):
        return ModelError("model_not_on_hub", name=name)
    if isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403):
        return gated(name, f"{endpoint()}/{name}")
    reason = first_line(error)
    if cache.snapshot(name) is not None:
        return ModelError("model_incomplete", name=name, reason=reason)
    return ModelError("model_unreachable", name=name, reason=reason)


def _remote(name: str, commit: str, sibling: Any) -> Remote:
    large = sibling.lfs
    return Remote(
        sibling.rfilename,
        f"{endpoint()}/{name}/resolve/{commit}/{sibling.rfilename}",
        int(sibling.size or 0),
        str(large.sha256) if large else "",
        str(sibling.blob_id or ""),
    )


def _is_wanted(file: str, *, weights: bool) -> bool:
    """Weights in safetensors, settings, tokenizer: never code, never pickles."""
    if _WEIGHTS.fullmatch(file):
        return weights
    return bool(_SMALL.fullmatch(file)) and not _NOT_WANTED.search(file)


def _from_modelscope(name: str) -> Path:
    try:
        from modelscope import snapshot_download  # type: ignore[import-not-found]
    except ImportError:
        raise MissingDependency(
            "package_missing", package="modelscope", what=name, line="pip install modelscope"
        ) from None
    patterns = ["model*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken"]
    try:
        return Path(snapshot_download(name.removeprefix(MODELSCOPE), allow_patterns=patterns))
    except Exception as error:  # whatever its transport raises
        raise ModelError("model_unreachable", name=name, reason=first_line(error)) from error


def within(seconds: float, call: Callable[[], T], waiting: Waiting, name: str) -> T:
    """What `call` returns or raises, as long as that takes no longer: names are looked up, and
    answers trickle, beyond all timeouts of a client.

    Raises:
        TimeoutError: It took longer.
        ModelError: Somebody waits no more.
    """
    results: list[T] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            results.append(call())
        except Exception as error:
            errors.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    end = monotonic() + seconds
    while thread.is_alive() and monotonic() < end:
        if waiting.should_stop():
            raise ModelError("model_stopped", name=name)
        thread.join(0.1)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(text.message("hub_silent", {"seconds": round(seconds)}))
    return results[0]


def first_line(error: BaseException) -> str:
    """What an error says, short enough for a message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
