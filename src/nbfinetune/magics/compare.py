"""`%%ft_compare COLUMN…`: the same prompts for several models, the answers as a table."""

from __future__ import annotations

from IPython.core.magic import cell_magic, magics_class, no_var_expand

from nbfinetune.chat.compare import Comparison
from nbfinetune.magics.arguments import Line, documented
from nbfinetune.magics.base import SessionMagics, waiting_below
from nbfinetune.magics.errors import friendly
from nbfinetune.magics.sampling import SAMPLING, sampling_params

LINE = Line("%%ft_compare", SAMPLING, takes="column", many=True)


@magics_class
class CompareMagics(SessionMagics):
    """Comparison."""

    @friendly
    @no_var_expand
    @cell_magic
    @documented(LINE)
    def ft_compare(self, line: str, cell: str) -> Comparison:
        """Ask several models the same prompts, one per line, and show the answers side by side.

        Example:
            %%ft_compare base base=@long_prompt.txt first-try
            What is the capital of Japan?
            What is the opposite of hot?
        """
        given = LINE.parse(line)
        prompts = [text.strip() for text in cell.split("\n") if text.strip()]
        with waiting_below() as waiting:
            return self.session.compare(
                given.words, prompts, sampling_params(given), waiting=waiting
            )
