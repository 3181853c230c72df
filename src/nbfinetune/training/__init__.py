"""A training run: what is known before the wait, the trainer, the worker, the live handle."""
