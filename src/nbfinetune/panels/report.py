"""The report of a dataset with everything that the session knows of it: rules, token figures.

Nothing is loaded for a report: figures in tokens are those that somebody has asked for before.
"""

from __future__ import annotations

from nbfinetune.core.dataset import MessageDataset
from nbfinetune.core.errors import ConfigError, DatasetError
from nbfinetune.core.rules.rules import Marks, Rule, mark
from nbfinetune.display.dataset import dataset_html
from nbfinetune.session import Session

MOST_ROWS = 3000
"""Up to here rules are run over the rows for a report."""


def report_html(session: Session, dataset: MessageDataset) -> str:
    """The report for a notebook."""
    known = session.token_figures
    return dataset_html(
        dataset,
        tokens=known.get(dataset.sha256) if known else None,
        marks=known_marks(session, dataset),
    )


def known_marks(session: Session, dataset: MessageDataset) -> tuple[Marks, ...]:
    """What the rules that are stored with the dataset say of its rows.

    Rules that wait to be confirmed are not run, nor is any over very many rows.
    """
    if not 0 < len(dataset) <= MOST_ROWS:
        return ()
    found = (_marks(session, rule, dataset) for rule in _rules(session, dataset))
    return tuple(marks for marks in found if marks is not None)


def _rules(session: Session, dataset: MessageDataset) -> tuple[Rule, ...]:
    if session.datasets.get(dataset.name) is None:
        return ()
    try:
        return session.library.entry(dataset.name).rules
    except DatasetError:
        return ()


def _marks(session: Session, rule: Rule, dataset: MessageDataset) -> Marks | None:
    if session.rules.waits(rule):
        return None
    try:
        return mark(session.rules.check(rule.name), dataset.conversations)
    except ConfigError:
        return None
