"""How a worker is started: so far as a thread of this process."""
