"""`manage.py worker` that knows the tests' kind of job and gives up a dead worker soon.

python -m tests.registration.worker.marking
"""

from datetime import timedelta

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    from devices.jobs import leases
    from registration.worker import worker
    from tests.devices.jobs.kinds import install

    leases.LEASE = timedelta(seconds=1)
    worker.RENEW_SECONDS = 0.3
    install(size=5)
    call_command("worker")


if __name__ == "__main__":
    main()
