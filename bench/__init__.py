"""Benchmarks: ratios measured in one run against a named peer. Run by hand, never as tests."""
