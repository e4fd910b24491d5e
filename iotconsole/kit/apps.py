from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "iotconsole.kit"
    label = "kit"

    def ready(self) -> None:
        # Every app's queries may use them.
        from iotconsole.kit import lookups  # noqa: F401
