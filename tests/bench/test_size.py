"""The bench of a large fleet runs, in small."""

import pytest

from bench.size.figures import LEAST, figures, table
from devices.models import ClientBinding, Device, Session


@pytest.mark.django_db(transaction=True)
def test_each_way_to_ask_is_measured_with_few_devices_and_with_more() -> None:
    rows = [figures(LEAST), figures(2 * LEAST)]
    assert all(len(us) == 5 and min(us.values()) > 0 for _, us in rows)
    assert Device.objects.filter(preregistered=True).count() == 3 * LEAST
    assert Session.objects.filter(ended_at=None).count() >= 2 * LEAST // 3
    assert ClientBinding.objects.filter(first_connected_at__isnull=False).count() > LEAST // 3
    title, _, first, last, ratio = table(rows).splitlines()
    assert title.startswith("| devices | register |")
    assert first.startswith(f"| {LEAST} |")
    assert last.startswith(f"| {2 * LEAST} |")
    assert ratio.startswith("| ratio |")
