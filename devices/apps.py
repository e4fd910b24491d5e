from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DevicesConfig(AppConfig):
    name = "devices"

    def ready(self) -> None:
        from devices.count_triggers import keep_counting

        post_migrate.connect(keep_counting, sender=self)
