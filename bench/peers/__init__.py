"""Other projects' clients, each a script that runs in an environment of its own (requirements/bench-<peer>.txt)."""
