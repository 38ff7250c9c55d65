"""What starts things: doctor (what is here), plan (what it will cost), serve (a model), train (LLaMA-Factory)."""
