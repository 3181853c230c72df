"""Parts of a training step computed with less work and memory than autograd would take for them."""
