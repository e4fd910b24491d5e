from django.apps import AppConfig
from django.db.models.signals import pre_migrate


class IotconsoleConfig(AppConfig):
    name = "iotconsole"

    def ready(self) -> None:
        from iotconsole import checks  # noqa: F401 - importing it registers the checks
        from iotconsole.older_databases import refuse_older_database

        pre_migrate.connect(refuse_older_database, sender=self)
