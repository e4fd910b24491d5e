from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    name = "operators"

    def ready(self) -> None:
        from operators import checks, session_middleware  # noqa: F401 - importing registers them
