"""Datasets by name: kept versions, samples, hubs; what differs between two."""
