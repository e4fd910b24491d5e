from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DevicesConfig(AppConfig):
    name = "devices"

    def ready(self) -> None:
        # Each app says in its job_kinds.py what can be done in the background.
        autodiscover_modules("job_kinds")
