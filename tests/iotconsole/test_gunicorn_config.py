"""Settings of gunicorn for the console and for the HTTPS server."""

import gc

from iotconsole import gunicorn_config


def test_what_a_worker_has_loaded_is_never_looked_at_for_garbage_again() -> None:
    try:
        gunicorn_config.post_worker_init(None)
        assert gc.get_freeze_count() > 10 * len(gc.get_objects())
    finally:
        gc.unfreeze()
