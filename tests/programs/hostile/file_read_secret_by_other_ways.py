# stdin: reads a file outside by other calls that open: openat2, O_PATH, handles, chdir, sendfile, dlopen, import
import ctypes
import importlib.machinery
import linecache
import mmap
import os
import sys

libc = ctypes.CDLL(None)
path = "@VICTIM@/secret.txt"


def by_openat2():
    how = (ctypes.c_uint64 * 3)(0, 0, 0)
    return os.read(libc.syscall(437, -100, path.encode(), how, ctypes.c_long(24)), 4096)


def by_path_only():
    descriptor = os.open(path, os.O_PATH)
    return os.read(os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY), 4096)


def by_handle():
    handle = (ctypes.c_uint * 64)(128)
    mount = ctypes.c_int()
    libc.syscall(303, -100, path.encode(), handle, ctypes.byref(mount), 0)
    return os.read(libc.syscall(304, -100, handle, 0), 4096)


def by_folder():
    os.chdir("@VICTIM@")
    with open("secret.txt") as file:
        return file.read()


def by_folder_descriptor():
    folder = os.open("@VICTIM@", os.O_PATH | os.O_DIRECTORY)
    return os.read(os.open("secret.txt", os.O_RDONLY, dir_fd=folder), 4096)


def by_roundabout_path():
    with open("/usr/lib/../../../.." + path) as file:
        return file.read()


def by_sendfile():
    os.sendfile(2, os.open(path, os.O_RDONLY), 0, 4096)


def by_mmap():
    return mmap.mmap(os.open(path, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:]


def by_import():
    importlib.machinery.SourceFileLoader("secret", path).load_module()


for attempt in (
    by_openat2,
    by_path_only,
    by_handle,
    by_folder,
    by_folder_descriptor,
    by_roundabout_path,
    by_sendfile,
    by_mmap,
    by_import,
    lambda: "".join(linecache.getlines(path)),
    lambda: ctypes.CDLL(path),
):
    try:
        print(attempt(), file=sys.stderr)
    except BaseException as error:
        if "SECRET" in str(error).upper() and "secret.txt" not in str(error):
            print(error, file=sys.stderr)
print(0)
