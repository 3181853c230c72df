"""The run directory: events, their record, checkpoints, the store."""
