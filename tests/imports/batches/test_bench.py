"""The bench of batches runs, in small."""

import pytest

from bench.batches.figures import figures, table


@pytest.mark.django_db
def test_every_stage_is_measured() -> None:
    stages = list(figures(600))
    assert [stage.name for stage in stages] == [
        "dry run of 600 rows, CSV",
        "dry run of 600 rows, XLSX",
        "adding 600 devices",
    ]
    assert all(stage.seconds > 0 and stage.peak_mb > 0 for stage in stages)
    assert table(iter(stages)).count("\n") == 4
