"""Quick-fixes: what is certain to be a slip, put right and shown."""
