from django.db import migrations
from django.db.models import OuterRef, Subquery


def name_products(apps, schema_editor):
    device = apps.get_model("devices", "Device").objects.filter(pk=OuterRef("device"))
    sessions = apps.get_model("devices", "Session").objects.filter(product=None)
    sessions.update(product=Subquery(device.values("product")))


class Migration(migrations.Migration):
    dependencies = [("devices", "0008_counts_and_indexes")]

    operations = [migrations.RunPython(name_products, migrations.RunPython.noop)]
