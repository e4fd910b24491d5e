from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class DevicesConfig(AppConfig):
    name = "devices"

    def ready(self) -> None:
        from devices.counting import keep_counting

        post_migrate.connect(keep_counting, sender=self)
        autodiscover_modules("job_kinds")
