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


@contextmanager
def step_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Gives a function to call with (what is under way, how much is done, of how much; 0: unknown)."""
    if not sys.stderr.isatty():
        yield lambda text, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def show(text: str, done: int, total: int) -> None:
            bar.update(task, description=text, completed=done, total=total or None)

        yield show
