"""Execute chapters through jupyter-cache, each in a kernel of its own."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_cache.base import ProjectNb
    from jupyter_cache.executors.utils import ExecutionResult

CELL_SECONDS = 120


def execute_chapters(chapters: list[Path], cache_folder: Path) -> bool:
    """Execute the chapters that the cache does not hold, all cores at work; return whether all succeeded."""
    from jupyter_cache import get_cache
    from jupyter_cache.executors.utils import create_cache_bundle

    cache = get_cache(cache_folder)
    cache.change_cache_limit(1000)
    pages = {str(page): page for page in chapters}
    for uri in pages:
        cache.add_nb_to_project(uri, read_data={"name": "myst_nb_md", "type": "plugin"})
    waiting = [record for record in cache.list_unexecuted() if record.uri in pages]
    if not waiting:
        return True
    workers = min(len(waiting), os.cpu_count() or 1)
    print(f"Executing {len(waiting)} chapters, {workers} at a time", flush=True)
    failures = 0
    pool = ThreadPoolExecutor(workers)
    try:
        notebooks = [cache.get_project_notebook(record.pk) for record in waiting]
        futures = {pool.submit(execute_notebook, nb): nb for nb in notebooks}
        for done, future in enumerate(as_completed(futures), start=1):
            notebook, result = futures[future], future.result()
            name = pages[notebook.uri].name
            if result.err is not None:
                failures += 1
                print(f"{name} failed:\n{result.err}", file=sys.stderr)
                continue
            bundle = create_cache_bundle(notebook, result.cwd, None, result.time, None)
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            print(f"  [{done}/{len(waiting)}] {name} in {result.time:.1f} s", flush=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for the chapters at work
    return failures == 0


def execute_notebook(notebook: ProjectNb) -> ExecutionResult:
    """Run one chapter's cells in its own kernel, in the chapter's folder."""
    from jupyter_cache.executors.utils import single_nb_execution

    return single_nb_execution(
        notebook.nb,
        cwd=str(Path(notebook.uri).parent),
        timeout=CELL_SECONDS,
        allow_errors=False,
        extra_arguments=["--log-level=ERROR"],
    )
