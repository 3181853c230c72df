"""Sources by name: `sample:NAME`, `hf:org/set[/config][:split]`, `modelscope:…` likewise.

Knows how the hubs' packages are asked and what their errors mean; the rows that come back go the
way of all rows. A folder in place of `org/set` is read without any hub.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Unpack

from nbfinetune.core.dataset import MessageDataset, Origin
from nbfinetune.core.errors import DatasetError, MissingDependency
from nbfinetune.core.exports import import_package
from nbfinetune.core.library.samples import PREFIX as SAMPLE
from nbfinetune.core.library.samples import read_sample
from nbfinetune.core.quoting import quoted, visible
from nbfinetune.core.reading.sources import Reading, from_rows

_HUBS = ("hf", "modelscope")
_HUB_PATH = re.compile(r"(?P<path>[\w.-]+(?:/[\w.-]+)?)(?:/(?P<config>[\w.-]+))?")
_PLACE_AND_SPLIT = re.compile(r"(?P<place>.+?)(?::(?P<split>[\w.-]+(?:\[[\d%:-]*\])?))?")
_REASON_LENGTH = 300


class Wanted(NamedTuple):
    """What a name asks for. `path`: `org/set`, or a folder."""

    hub: str
    path: str
    config: str | None
    split: str | None


def is_named(source: str) -> bool:
    """Whether the text names a source: it begins with `sample:`, `hf:` or `modelscope:`."""
    return source.startswith((SAMPLE, *(f"{hub}:" for hub in _HUBS)))


def read_named(source: str, **how: Unpack[Reading]) -> MessageDataset:
    """The dataset of a named source, with every problem in it; called as the set is by default.

    Raises:
        DatasetError: There is no such source, or it can't be read.
        MissingDependency: The package of that hub is not installed.
    """
    if source.startswith(SAMPLE):
        return read_sample(source, **how)
    rows, origin = load_named(source)
    named: Reading = {**how, "name": how.get("name") or set_name(source)}
    return from_rows(rows, origin=origin, **named)


def set_name(source: str) -> str:
    """What the dataset of a hub is called where no name is given.

    Raises:
        DatasetError: It can't be the name of a set.
    """
    return Path(parse(source).path).name


def load_named(source: str) -> tuple[Any, Origin]:
    """The rows of `hf:…` or `modelscope:…`, as their package gives them, and where they are from.

    Without a split: `train`, or the only one there is. The origin names the one that was taken.

    Raises:
        DatasetError: No such set, configuration or split; no way to reach it; it can't be read.
        MissingDependency: The package of that hub is not installed.
    """
    wanted = parse(source)
    load = _from_hf if wanted.hub == "hf" else _from_modelscope
    try:
        rows, split = load(wanted, source)
    except (DatasetError, MissingDependency):
        raise
    except Exception as error:  # whatever these packages raise has to become words
        raise _explained(error, source) from error
    stem = source[: -len(wanted.split) - 1] if wanted.split else source
    return rows, Origin("hub", f"{stem}:{split}" if split else stem)


def parse(source: str) -> Wanted:
    """What the name asks for.

    Raises:
        DatasetError: It can't be the name of a set.
    """
    hub, _, rest = source.partition(":")
    named = _PLACE_AND_SPLIT.fullmatch(rest)
    if named is not None and hub in _HUBS:
        folder = Path(named["place"]).expanduser()
        if folder.is_dir():
            return Wanted(hub, str(folder), None, named["split"])
        found = _HUB_PATH.fullmatch(named["place"])
        if found is not None:
            return Wanted(hub, found["path"], found["config"], named["split"])
    raise DatasetError("source_syntax", source=quoted(source))


def _from_hf(wanted: Wanted, source: str) -> tuple[Any, str]:
    package = import_package("datasets")
    folder = Path(wanted.path)
    if (folder / "dataset_info.json").is_file() and (folder / "state.json").is_file():
        return package.load_from_disk(wanted.path), ""
    if (folder / "dataset_dict.json").is_file():
        return _of_splits(package.load_from_disk(wanted.path), wanted.split, source)
    splits = package.get_dataset_split_names(wanted.path, wanted.config)
    split = _chosen(splits, wanted.split, source)
    return package.load_dataset(wanted.path, wanted.config, split=split), split


def _from_modelscope(wanted: Wanted, source: str) -> tuple[Any, str]:
    package = import_package("modelscope.msdatasets", "modelscope")
    loaded = package.MsDataset.load(wanted.path, subset_name=wanted.config, split=wanted.split)
    split = wanted.split or ""
    if isinstance(loaded, Mapping):
        loaded, split = _of_splits(loaded, wanted.split, source)
    return (loaded.to_hf_dataset() if hasattr(loaded, "to_hf_dataset") else loaded), split


def _of_splits(splits: Mapping[str, Any], wanted: str | None, source: str) -> tuple[Any, str]:
    split = _chosen(list(splits), wanted, source)
    return splits[split], split


def _chosen(splits: Sequence[str], wanted: str | None, source: str) -> str:
    """The split that was asked for (`train[:100]` is one of `train`), else the one to train on."""
    if wanted is not None and wanted.partition("[")[0] in splits:
        return wanted
    if wanted is None and ("train" in splits or len(splits) == 1):
        return "train" if "train" in splits else splits[0]
    shown = ", ".join(visible(split) for split in splits[:20])
    code = "source_no_split" if wanted else "source_which_split"
    raise DatasetError(code, source=quoted(source), split=quoted(wanted or ""), splits=shown)


def _explained(error: Exception, source: str) -> DatasetError:
    """The error of a hub's package in our words."""
    kinds = {kind.__name__ for e in _chain(error) for kind in type(e).__mro__}
    said = " ".join(str(error).split())
    if "GatedRepoError" in kinds or "gated" in said:
        code = "source_gated"
    elif kinds & {"DatasetNotFoundError", "RepositoryNotFoundError", "NotExistError"}:
        code = "source_not_found"
    elif kinds & {"ConnectionError", "ConnectError", "TimeoutException", "OfflineModeIsEnabled"}:
        code = "source_offline"
    elif "Config name is missing" in said or "BuilderConfig" in said:
        code = "source_config"
    else:
        code = "source_unreadable"
    reason = visible(f"{type(error).__name__}: {said}" if said else type(error).__name__,
                     _REASON_LENGTH)  # fmt: skip
    return DatasetError(code, source=quoted(source), reason=reason)


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error and its causes; what lies below a few of them says nothing more."""
    found: list[BaseException] = []
    while error is not None and len(found) < 10:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
