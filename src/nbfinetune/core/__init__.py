"""Values and rules: messages, datasets, settings, events, runs. Light: msgspec and filelock."""
