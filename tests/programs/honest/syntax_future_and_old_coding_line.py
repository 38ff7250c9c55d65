# stdin: future imports below a coding line and a docstring, and a shebang that came second
# -*- coding: utf-8 -*-
#!/usr/bin/env python3
"""Adds numbers."""
from __future__ import annotations, print_function


def read() -> list[undefined_at_run_time]:
    return input().split()


read()
print(sum(map(int, read())))
