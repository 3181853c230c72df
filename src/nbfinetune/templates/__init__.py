"""Chat templates: a conversation in, token ids and the labels that are trained out."""
