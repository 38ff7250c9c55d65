# stdin: fork and open by `int 0x80` from machine code: the numbers of another architecture, which a filter may not know
import ctypes
import mmap

# push rbx; mov eax, edi; mov ebx, esi; xor ecx, ecx; xor edx, edx; int 0x80; pop rbx; ret
code = bytes.fromhex("5389f889f331c931d2cd805bc3")
page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40, prot=7)
page.write(code)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(address)
print(0, flush=True)
path = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40)
path.write(b"@VICTIM@/made_by_int80\0")
call(8, ctypes.addressof(ctypes.c_char.from_buffer(path)))
if call(2, 0) == 0:
    ctypes.CDLL(None).write(2, b"LEAK\n", 5)
    ctypes.CDLL(None)._exit(0)
