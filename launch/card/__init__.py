"""The parts of a model card: its header, its results, its training."""
