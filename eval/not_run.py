"""What keeps a benchmark from being measured on this machine, by no fault of the run: its cell says "not run", and why."""

from data_gen.cli import UserError


class NotRun(UserError):
    """A benchmark needs what this machine lacks (a sandbox's profile, a package, its data); the message says what to do."""
