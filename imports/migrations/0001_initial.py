import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('products', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeviceBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(choices=[('auto', 'Auto Generate'), ('upload', 'Batch Upload'), ('import', 'Import by API')], max_length=8)),
                ('state', models.CharField(choices=[('CHECK', 'Checking'), ('CHECK_SUCCESS', 'Ready to add'), ('CHECK_FAILED', 'Rows to fix'), ('CREATE', 'Adding'), ('CREATE_SUCCESS', 'Added'), ('CREATE_FAILED', 'Failed')], default='CHECK', max_length=16)),
                ('prefix', models.CharField(blank=True, max_length=20)),
                ('file_name', models.CharField(blank=True, max_length=100)),
                ('columns', models.JSONField(default=list)),
                ('notes', models.JSONField(default=list)),
                ('total', models.IntegerField()),
                ('position', models.IntegerField(default=0)),
                ('bad', models.IntegerField(default=0)),
                ('added', models.IntegerField(default=0)),
                ('all_or_nothing', models.BooleanField(default=False)),
                ('stopped', models.BooleanField(default=False)),
                ('origin', models.CharField(max_length=16)),
                ('address', models.GenericIPAddressField(null=True)),
                ('access_key', models.CharField(blank=True, max_length=91)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('moved_at', models.DateTimeField()),
                ('operator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='products.product')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='BatchPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('bad', models.IntegerField(default=0)),
                ('payload', models.BinaryField()),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='imports.devicebatch')),
            ],
        ),
        migrations.CreateModel(
            name='FleetImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_names', models.JSONField(default=list)),
                ('notes', models.JSONField(default=list)),
                ('rows', models.IntegerField()),
                ('state', models.CharField(choices=[('check', 'Checking'), ('checked', 'Checked'), ('apply', 'Importing'), ('stopped', 'Stopped'), ('done', 'Imported')], default='check', max_length=8)),
                ('checked', models.BooleanField(default=False)),
                ('total', models.IntegerField()),
                ('position', models.IntegerField(default=0)),
                ('found', models.JSONField(default=dict)),
                ('done', models.JSONField(default=dict)),
                ('assume_activated', models.BooleanField(default=False)),
                ('products', models.JSONField(default=dict)),
                ('origin', models.CharField(max_length=16)),
                ('address', models.GenericIPAddressField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('moved_at', models.DateTimeField()),
                ('operator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='FleetPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('payload', models.BinaryField()),
                ('problems', models.JSONField(default=list)),
                ('fleet_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='imports.fleetimport')),
            ],
        ),
        migrations.AddIndex(
            model_name='devicebatch',
            index=models.Index(fields=['product', '-id'], name='batch_by_product'),
        ),
        migrations.AddIndex(
            model_name='devicebatch',
            index=models.Index(fields=['state', 'moved_at'], name='batch_by_state'),
        ),
        migrations.AddConstraint(
            model_name='batchpart',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='batch_part_once'),
        ),
        migrations.AddIndex(
            model_name='fleetimport',
            index=models.Index(fields=['state', 'moved_at'], name='fleet_import_by_state'),
        ),
        migrations.AddConstraint(
            model_name='fleetpart',
            constraint=models.UniqueConstraint(fields=('fleet_import', 'number'), name='fleet_part_once'),
        ),
    ]
