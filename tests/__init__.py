"""Tests. The one fake, a scripted endpoint, is in endpoint.py."""
