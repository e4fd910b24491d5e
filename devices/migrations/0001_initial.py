import common.crypto.encrypted_fields
import devices.credentials
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('imports', '0001_initial'),
        ('products', '0001_initial'),
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
                ('batch', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='devices', to='imports.devicebatch')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='products.product')),
            ],
            options={
                'ordering': ['-id'],
            },
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
        migrations.AddIndex(
            model_name='clientbinding',
            index=models.Index(condition=models.Q(('first_connected_at__isnull', True), ('voided_at__isnull', True)), fields=['issued_at'], name='binding_unclaimed'),
        ),
        migrations.AddIndex(
            model_name='clientbinding',
            index=models.Index(condition=models.Q(('slot__gt', 0), ('voided_at__isnull', True)), fields=['device', 'slot'], name='binding_further_slot'),
        ),
        migrations.AddConstraint(
            model_name='clientbinding',
            constraint=models.CheckConstraint(condition=models.Q(('slot__gte', 0), ('slot__lt', 5)), name='binding_slot_range'),
        ),
        migrations.AddConstraint(
            model_name='clientbinding',
            constraint=models.UniqueConstraint(condition=models.Q(('voided_at__isnull', True)), fields=('device', 'slot'), name='binding_slot_held_once'),
        ),
        migrations.AddConstraint(
            model_name='devicecount',
            constraint=models.UniqueConstraint(condition=models.Q(('folded', True)), fields=('product',), name='device_count_folded_once'),
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
