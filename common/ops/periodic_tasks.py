"""Tasks that a worker does again and again.

A room registers its own in `periodic.py`; `manage.py worker` imports these modules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.utils.module_loading import autodiscover_modules


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """`run(now)` is called every `seconds`; what it raises is logged, and it is called again."""

    name: str
    seconds: float
    run: Callable[[datetime], object]
    # A cheap look whether there is anything to do: what is looked at often is rarely claimed.
    needed: Callable[[datetime], bool] | None = None


_tasks: dict[str, PeriodicTask] = {}


def register(*tasks: PeriodicTask) -> None:
    """Raises ValueError when another task has the same name."""
    for task in tasks:
        if _tasks.setdefault(task.name, task) is not task:
            raise ValueError(f"there are two periodic tasks named {task.name}")


@cache
def periodic_tasks() -> tuple[PeriodicTask, ...]:
    """The tasks of all installed apps."""
    autodiscover_modules("periodic")
    return tuple(_tasks.values())
