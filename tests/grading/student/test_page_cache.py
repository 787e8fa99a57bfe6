"""Student code can neither ask which pages of a file lie in memory nor push them out; honest packages never do."""

# ruff: noqa: E501 - whole programs as one string each
from __future__ import annotations

import json
import platform

from tests.grading.runs.test_worker import Run, run, worker

__all__ = ["run", "worker"]  # fixtures

ASKS = """
import ctypes, json, mmap, os, sys
libc = ctypes.CDLL(None, use_errno=True)
place = json.__file__
file = os.open(place, os.O_RDONLY)
size = os.path.getsize(place)
libc.mmap.restype = ctypes.c_void_p
at = ctypes.c_void_p(libc.mmap(None, ctypes.c_size_t(size), 1, 2, file, ctypes.c_long(0)))
room = ctypes.create_string_buffer(64)
def told(result):
    return ctypes.get_errno() if result == -1 else result
def read(flags):
    try:
        return os.preadv(file, [bytearray(10)], 0, flags)
    except OSError as error:
        return error.errno
own = os.open('own', os.O_RDWR | os.O_CREAT)
iov = (ctypes.c_size_t * 2)(ctypes.addressof(room), 8)
print(json.dumps({
    'mincore': told(libc.mincore(at, ctypes.c_size_t(size), room)),
    'fadvise': [libc.posix_fadvise(file, ctypes.c_long(0), ctypes.c_long(size), advice) for advice in range(6)],
    'readahead': told(libc.readahead(file, ctypes.c_long(0), ctypes.c_size_t(size))),
    'cachestat': told(libc.syscall(451, file, (ctypes.c_ulonglong * 2)(0, size), (ctypes.c_ulonglong * 5)(), 0)),
    'statmount': told(libc.syscall(457, room, room, 64, 0)),
    'listmount': told(libc.syscall(458, room, room, 1, 0)),
    'only if cached': [read(flags) for flags in (8, 0x80, 8 | 1)],
    'write': told(libc.syscall(SYS_pwritev2, own, iov, 1, ctypes.c_long(0), ctypes.c_long(0), 0x80)),
    'madvise': [told(libc.madvise(at, ctypes.c_size_t(size), advice)) for advice in (20, 21)],
    'allowed': [read(0) == 10, *(told(libc.madvise(at, ctypes.c_size_t(size), advice)) == 0 for advice in (0, 1, 2, 3, 4))],
}))
"""

HONEST = """
import io, mmap, os, shutil, sqlite3, tempfile
import numpy as np, pandas as pd
a = np.arange(100_000, dtype=float)
np.save('a.npy', a)
m = np.load('a.npy', mmap_mode='r+')
m[3] = 7; m.flush()
w = np.memmap('w.bin', dtype='f8', mode='w+', shape=(1000,)); w[:] = 2; w.flush()
t = pd.DataFrame({'a': a[:1000], 'b': ['x', 'y'] * 500})
t.to_csv('t.csv'); back = pd.read_csv('t.csv', index_col=0, memory_map=True)
with open('a.npy', 'r+b') as f, mmap.mmap(f.fileno(), 0) as o:
    o.madvise(mmap.MADV_SEQUENTIAL); o.madvise(mmap.MADV_WILLNEED); first = o[:6]
c = sqlite3.connect('d.db'); t.to_sql('t', c); n = c.execute('select count(*) from t').fetchone()[0]
shutil.copy('t.csv', 'u.csv')
lines = os.popen('sort t.csv | wc -l; cat a.npy | wc -c').read().split()
big = np.empty(2**23); big[:] = 1
ok = [float(m[3]), float(w.sum()), back.equals(t), first, n, int(lines[0]), int(lines[1]) == os.path.getsize('a.npy'), float(big.sum())]
"""


def test_the_page_cache_is_not_told_and_not_steered(run: Run) -> None:
    number = {"x86_64": 328, "aarch64": 287}[platform.machine()]
    outcome = run(ASKS.replace("SYS_pwritev2", str(number)), "assert True")
    assert outcome["cells"][1][0]["output_type"] == "stream", outcome["cells"]
    told = json.loads(outcome["cells"][1][0]["text"])
    assert told.pop("allowed") == [True] * 6
    refused = {name: one if isinstance(one, list) else [one] for name, one in told.items()}
    assert {name: one for name, one in refused.items() if set(one) != {1}} == {}  # EPERM


def test_honest_work_with_files_and_memory_goes_on(run: Run) -> None:
    outcome = run(HONEST, "assert ok == [7.0, 2000.0, True, b'\\x93NUMPY', 1000, 1001, True, float(2**23)]")
    assert outcome["verdicts"] == ["passed"], (outcome["cells"], outcome["tests"])
