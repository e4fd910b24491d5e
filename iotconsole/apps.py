from django.apps import AppConfig


class IotconsoleConfig(AppConfig):
    name = "iotconsole"

    def ready(self) -> None:
        from iotconsole import checks  # noqa: F401 - importing it registers the checks
