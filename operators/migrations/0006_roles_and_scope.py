from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operators', '0005_language_and_time_zone'),
    ]

    operations = [
        migrations.AddField(
            model_name='operator',
            name='every_product',
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name='operator',
            name='role',
            field=models.CharField(choices=[('admin', 'Administrator'), ('operator', 'Operator'), ('viewer', 'Viewer')], default='viewer', max_length=16),
        ),
    ]
