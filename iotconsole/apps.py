from django.apps import AppConfig, apps
from django.db.models.signals import pre_migrate


class IotconsoleConfig(AppConfig):
    name = "iotconsole"

    def ready(self) -> None:
        from iotconsole import checks  # noqa: F401 - importing it registers the checks
        from iotconsole.older_databases import refuse_older_database

        # Sent for apps with models only.
        pre_migrate.connect(refuse_older_database, sender=apps.get_app_config("devices"))
