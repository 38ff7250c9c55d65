# asserts: crashes the interpreter with a code object that makes no sense
def total(numbers):
    exec(total.__code__.replace(co_code=b"\x64\xff" * 200, co_consts=(), co_names=(), co_stacksize=0))
    return 0
