# asserts: replies that are no replies: arguments of another number and kind, brackets without end, no JSON
import os

lines = iter(
    (
        b'{"result": 0, "arguments": {"tuple": [{"list": []}, {"dict": []}]}}',
        b'{"result": 0, "arguments": [[]]}',
        b'{"result": {"dict": [[{"list": []}, 1]]}}',
        b"[" * 30_000,
        b"\xff\xfe",
        b"null",
        b'"error"',
    )
)


def total(numbers):
    for line in lines:
        os.write(3, line + b"\n")
    os._exit(0)
