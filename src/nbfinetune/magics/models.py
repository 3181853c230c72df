"""`%ft_models`, `%ft_doctor`: base models, those in memory, and this machine."""

from __future__ import annotations

from IPython.core.magic import line_magic, magics_class

from nbfinetune.chat.catalogue import Catalogue, catalogue
from nbfinetune.core import text
from nbfinetune.core.diagnosis import Diagnosis
from nbfinetune.core.errors import ConfigError
from nbfinetune.core.sizes import in_bytes
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics, say
from nbfinetune.magics.errors import friendly

ALL = "all"

MODELS = Line(
    "%ft_models",
    [
        Option(
            "unload",
            "let go of a loaded model, or of all, and of their memory",
            "[NAME|all]",
            means="loaded",
            choices=(ALL,),
        )
    ],
)
DOCTOR = Line("%ft_doctor", [])


@magics_class
class ModelsMagics(SessionMagics):
    """Base models and the machine."""

    @friendly
    @line_magic
    @documented(MODELS)
    def ft_models(self, line: str) -> Catalogue | None:
        """List base models: size, languages, licence, which are on this disk, which fit this
        machine; and those in memory.

        Example:
            %ft_models
            %ft_models --unload all
        """
        given = MODELS.parse(line)
        _refuse_words("%ft_models", given.words)
        if given.unload is None:
            return catalogue(self.session.models)
        self._unload(None if given.unload in ("", ALL) else given.unload)
        return None

    def _unload(self, name: str | None) -> None:
        gone = self.session.models.unload(name)
        kept = [told for told in self.session.models.loaded() if told.training]
        names = [f"{told.name} ({in_bytes(told.memory_bytes)})" for told in gone]
        said = [text.message("models_unloaded", {"names": ", ".join(names)})] if gone else []
        if kept and name is None:
            busy = ", ".join(told.name for told in kept)
            said.append(text.message("models_kept", {"names": busy}))
        say("\n".join(said) or text.message("models_none_loaded", {}))

    @friendly
    @line_magic
    @documented(DOCTOR)
    def ft_doctor(self, line: str) -> Diagnosis:
        """Look at this machine: devices, memory, disks, versions, what can be trained here; with
        a way out for each thing that is wrong.
        """
        from nbfinetune.training.doctor import examine

        _refuse_words("%ft_doctor", DOCTOR.parse(line).words)
        return examine(self.session.models, self.session.home)


def _refuse_words(magic: str, words: list[str]) -> None:
    """A name on the line would be forgotten without a word."""
    if words:
        reason = f"no names are taken here, got {' '.join(words)}"
        raise ConfigError("arguments_wrong", field="line", magic=magic, reason=reason)
