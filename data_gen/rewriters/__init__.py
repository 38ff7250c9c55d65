"""How a trace becomes a thought and a solution: by rules, or by a model whose work is checked for fidelity."""
