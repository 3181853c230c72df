"""Other tools' rows to rows of messages."""
