import common.crypto.encrypted_fields
import devices.credentials
import django.core.validators
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
            name='ListenerProcess',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=255)),
                ('pid', models.IntegerField()),
                ('started_at', models.DateTimeField()),
                ('heartbeat_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='BrokerClosing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device_id', models.BigIntegerField()),
                ('broker', models.CharField(max_length=12)),
                ('username', models.CharField(max_length=64)),
                ('reason', models.CharField(choices=[('switch', 'Another ClientID was kept by Switch'), ('clear', 'Cleared'), ('disable', 'Disabled'), ('delete', 'Deleted'), ('takeover', 'Kicked by the same device')], max_length=10)),
                ('created_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['broker', 'due_at'], name='closing_by_due')],
            },
        ),
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
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device_name', models.CharField(max_length=32, validators=[django.core.validators.RegexValidator('\\A[A-Za-z0-9\\-_@.:]{4,32}\\Z')])),
                ('nickname', models.CharField(blank=True, max_length=64)),
                ('sn', models.CharField(blank=True, max_length=64)),
                ('iot_id', models.CharField(default=devices.credentials.new_iot_id, max_length=64, unique=True)),
                ('device_secret', common.crypto.encrypted_fields.EncryptedTextField(default=devices.credentials.new_device_secret)),
                ('preregistered', models.BooleanField(default=True)),
                ('enabled', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(null=True)),
                ('registered_at', models.DateTimeField(null=True)),
                ('secret_version', models.PositiveSmallIntegerField(default=1)),
                ('counted_in', models.PositiveIntegerField(default=0)),
                ('activated_at', models.DateTimeField(null=True)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('secret_blocked', models.BooleanField(default=False)),
                ('registration_refused', models.BooleanField(default=False)),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='products.product')),
                ('batch', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='devices', to='devices.devicebatch')),
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
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='devices.devicebatch')),
            ],
        ),
        migrations.CreateModel(
            name='DeviceCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('total', models.BigIntegerField()),
                ('activated', models.BigIntegerField()),
                ('folded', models.BooleanField()),
                ('product', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='device_counts', to='products.product')),
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
                ('fleet_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='devices.fleetimport')),
            ],
        ),
        migrations.CreateModel(
            name='Revocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device_id', models.BigIntegerField()),
                ('reason', models.CharField(choices=[('switch', 'Another ClientID was kept by Switch'), ('clear', 'Cleared'), ('disable', 'Disabled'), ('delete', 'Deleted'), ('takeover', 'Kicked by the same device')], max_length=10)),
                ('keep_client_id', models.CharField(blank=True, max_length=64)),
                ('keep_trace_id', models.CharField(blank=True, max_length=16)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='revocation_by_age')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.CharField(blank=True, max_length=64)),
                ('trace_id', models.CharField(max_length=16)),
                ('listener', models.UUIDField()),
                ('connection', models.CharField(blank=True, max_length=64)),
                ('address', models.GenericIPAddressField(null=True)),
                ('sdk', models.CharField(blank=True, max_length=64)),
                ('connected_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='devices.device')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='products.product')),
            ],
        ),
        migrations.CreateModel(
            name='ClientBinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.CharField(max_length=64, unique=True)),
                ('token_digest', models.CharField(max_length=64)),
                ('slot', models.SmallIntegerField()),
                ('issued_at', models.DateTimeField()),
                ('first_connected_at', models.DateTimeField(null=True)),
                ('voided_at', models.DateTimeField(null=True)),
                ('void_reason', models.CharField(blank=True, choices=[('switched', 'Another ClientID was kept by Switch'), ('cleared', 'Cleared'), ('reclaimed', 'Never connected; its slot went to a newer registration')], max_length=12)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bindings', to='devices.device')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('first_connected_at__isnull', True), ('voided_at__isnull', True)), fields=['issued_at'], name='binding_unclaimed'), models.Index(condition=models.Q(('slot__gt', 0), ('voided_at__isnull', True)), fields=['device', 'slot'], name='binding_further_slot')],
                'constraints': [models.CheckConstraint(condition=models.Q(('slot__gte', 0), ('slot__lt', 5)), name='binding_slot_range'), models.UniqueConstraint(condition=models.Q(('voided_at__isnull', True)), fields=('device', 'slot'), name='binding_slot_held_once')],
            },
        ),
        migrations.AddIndex(
            model_name='devicebatch',
            index=models.Index(fields=['product', '-id'], name='batch_by_product'),
        ),
        migrations.AddIndex(
            model_name='devicebatch',
            index=models.Index(fields=['state', 'moved_at'], name='batch_by_state'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(fields=['product', '-id'], name='device_by_product'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(condition=models.Q(('batch__isnull', False)), fields=['batch', '-id'], name='device_by_batch'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(condition=models.Q(('registered_at__isnull', False)), fields=['product', 'registered_at'], name='device_by_registration'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(condition=models.Q(('activated_at__isnull', False)), fields=['product', 'activated_at'], name='device_by_activation'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(condition=models.Q(('activated_at__isnull', True)), fields=['product', '-id'], name='device_inactive'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(condition=models.Q(('enabled', False)), fields=['product', '-id'], name='device_disabled'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(condition=models.Q(('nickname', ''), _negated=True), fields=['nickname'], name='device_by_nickname', opclasses=['varchar_pattern_ops']),
        ),
        migrations.AddConstraint(
            model_name='device',
            constraint=models.UniqueConstraint(fields=('device_name', 'product'), name='device_name_unique', opclasses=['varchar_pattern_ops', 'int8_ops']),
        ),
        migrations.AddConstraint(
            model_name='batchpart',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='batch_part_once'),
        ),
        migrations.AddConstraint(
            model_name='devicecount',
            constraint=models.UniqueConstraint(condition=models.Q(('folded', True)), fields=('product',), name='device_count_folded_once'),
        ),
        migrations.AddIndex(
            model_name='fleetimport',
            index=models.Index(fields=['state', 'moved_at'], name='fleet_import_by_state'),
        ),
        migrations.AddConstraint(
            model_name='fleetpart',
            constraint=models.UniqueConstraint(fields=('fleet_import', 'number'), name='fleet_part_once'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['listener', 'trace_id'], name='session_live_by_listener'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['product', '-device'], name='session_live_by_product'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.UniqueConstraint(fields=('device', 'client_id'), name='session_per_credential'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('device',), name='session_one_live'),
        ),
    ]
