from django.db import migrations
from django.db.models import Case, IntegerField, Value, When


def name_an_admin(apps, schema_editor):
    """Somebody has to mind the accounts: the operator of the first run, or else the oldest one."""
    Operator = apps.get_model('operators', 'Operator')
    rank = Case(
        When(username='admin', role='operator', then=Value(0)),
        When(role='operator', then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    active = Operator.objects.filter(is_active=True)
    if active.filter(role='admin').exists():
        return
    first = active.order_by(rank, 'pk').first()
    if first:
        Operator.objects.filter(pk=first.pk).update(role='admin', every_product=True)


class Migration(migrations.Migration):

    dependencies = [
        ('operators', '0006_roles_and_scope'),
    ]

    operations = [
        migrations.RunPython(name_an_admin, migrations.RunPython.noop),
    ]
