"""The bench of fleets runs, in small."""

import pytest

from bench.fleet.figures import figures


@pytest.mark.django_db
def test_every_stage_is_measured() -> None:
    stages = list(figures(600))
    assert [stage.name for stage in stages] == [
        "dry run of 600 rows, CSV",
        "importing 600 devices",
        "dry run of the same once more",
    ]
    assert all(stage.seconds > 0 and stage.peak_mb > 0 for stage in stages)
