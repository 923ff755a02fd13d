"""A progress bar on a terminal; silence in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def file_progress(total_bytes: int) -> Iterator[Callable[[int, int], None]]:
    """Gives a function to call with (bytes read, posts so far)."""
    if not sys.stderr.isatty():
        yield lambda done_bytes, n_posts: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading posts", total=max(total_bytes, 1))

        def show(done_bytes: int, n_posts: int) -> None:
            bar.update(task, completed=done_bytes, description=f"{n_posts:,} posts")

        yield show
