"""How a worker is started: in a thread of the kernel, or in a process of its own; what waits."""
