"""What may leave this machine: a summary without the paths of the machine that it was made on.

public({"weights": "/home/me/models/Qwen2.5-7B", "source": "https://host/a/b"})
-> {"weights": "…/Qwen2.5-7B", "source": "https://host/a/b"}

Of an absolute path its last part stays, which tells a reader which model or file it was. Relative paths and addresses stay.
Not covered: a key of an API. The manifest, which all this is read from, never holds one.
"""

import re
from typing import Any

# A slash that begins a path: nothing before it that would make it a part of an address, a relative path or a fraction.
_ABSOLUTE = re.compile(r"(?<![\w:/.~…-])~?/(?:[^\s/,;'\"<>|]+/)+([^\s/,;'\"<>|]*)")


def public(value: Any) -> Any:
    """Return a value of JSON with every absolute path in it, in keys too, cut down to its last part."""
    if isinstance(value, str):
        return _ABSOLUTE.sub(lambda found: f"…/{found[1]}", value)
    if isinstance(value, dict):
        return {public(key): public(content) for key, content in value.items()}
    return [public(item) for item in value] if isinstance(value, list | tuple) else value
