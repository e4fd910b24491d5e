from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"
    label = "common"

    def ready(self) -> None:
        # Every app's queries may use them.
        from common.sql import prefix_lookup  # noqa: F401
