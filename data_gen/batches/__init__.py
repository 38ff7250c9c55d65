"""Asking through the OpenAI Batch API: `ask.ask_batches`; its journal, the API's calls, and what its lines mean."""
