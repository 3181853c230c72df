"""`%ft_chat COLUMN…`: talk to models side by side."""

from __future__ import annotations

from IPython.core.magic import line_magic, magics_class, no_var_expand

from nbfinetune.chat.columns import parse_column
from nbfinetune.core.errors import ConfigError
from nbfinetune.magics.arguments import Line, Option, documented
from nbfinetune.magics.base import SessionMagics
from nbfinetune.magics.errors import friendly
from nbfinetune.magics.sampling import SAMPLING, sampling_params

LINE = Line(
    "%ft_chat",
    [*SAMPLING, Option("prompt", "send this at once", "TEXT")],
    takes="column",
    many=True,
)


@magics_class
class ChatMagics(SessionMagics):
    """Chat."""

    @friendly
    @no_var_expand
    @line_magic
    @documented(LINE)
    def ft_chat(self, line: str) -> None:
        """Talk to one or several models side by side; answers stream in.

        Example:
            %ft_chat base first-try
            %ft_chat base="You are a pirate." first-try@all

        A column is MODEL or MODEL=SYSTEM. A tuned model gets the system prompt it was trained with.
        """
        from nbfinetune.panels.chat import ChatPanel

        given = LINE.parse(line)
        if not given.words:
            raise ConfigError("column_missing", field="column", magic="%ft_chat")
        for word in given.words:
            parse_column(word)  # a typing mistake is told before torch is loaded
        panel = ChatPanel(
            lambda waiting: self.session.contenders(given.words, waiting),
            sampling_params(given),
            self.session.publisher,
        )
        panel.show()
        if given.prompt:
            panel.send(given.prompt)
