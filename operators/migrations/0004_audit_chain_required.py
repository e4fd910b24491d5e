from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operators', '0003_chain_audit_entries'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='number',
            field=models.PositiveBigIntegerField(unique=True),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='hash',
            field=models.CharField(max_length=64),
        ),
    ]
