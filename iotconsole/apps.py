from django.apps import AppConfig


class IotconsoleConfig(AppConfig):
    name = "iotconsole"
