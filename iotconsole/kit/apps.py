from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "iotconsole.kit"
    label = "kit"
