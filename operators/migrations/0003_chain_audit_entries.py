from django.db import migrations

from operators.chain import START, Content

CHUNK = 2000


def chain(apps, schema_editor):
    """Number and chain what was recorded before there was a chain, in the order it was recorded."""
    AuditEntry = apps.get_model('operators', 'AuditEntry')
    previous, number, last = START, 0, 0
    while entries := list(AuditEntry.objects.filter(pk__gt=last).order_by('pk')[:CHUNK]):
        for entry in entries:
            number += 1
            content = Content(
                number=number,
                at=entry.at,
                operator_id=entry.operator_id,
                origin=entry.origin,
                address=entry.address,
                act=entry.act,
                target=entry.target,
                summary=entry.summary,
                facts=entry.facts,
            )
            entry.number = number
            entry.hash = previous = content.hash_after(previous)
        AuditEntry.objects.bulk_update(entries, ['number', 'hash'], batch_size=200)
        last = entries[-1].pk
    apps.get_model('operators', 'AuditHead').objects.update_or_create(
        pk=1, defaults={'count': number, 'hash': previous}
    )


class Migration(migrations.Migration):

    dependencies = [
        ('operators', '0002_audit_chain_columns'),
    ]

    operations = [
        migrations.RunPython(chain, migrations.RunPython.noop),
    ]
