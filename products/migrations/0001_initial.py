import common.crypto.encrypted_fields
import django.db.models.deletion
import products.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product_key', models.CharField(default=products.models.new_product_key, max_length=20, unique=True)),
                ('product_secret', common.crypto.encrypted_fields.EncryptedTextField(default=products.models.new_product_secret)),
                ('name', models.CharField(max_length=30, unique=True)),
                ('description', models.CharField(blank=True, max_length=100)),
                ('node_type', models.SmallIntegerField(choices=[(0, 'Directly Connected Device'), (1, 'Gateway Device')], default=0)),
                ('net_type', models.CharField(choices=[('WIFI', 'Wi-Fi'), ('CELLULAR', 'Cellular (2G/3G/4G/5G)'), ('ETHERNET', 'Ethernet'), ('OTHER', 'Other')], default='WIFI', max_length=10)),
                ('data_format', models.SmallIntegerField(choices=[(0, 'Custom'), (1, 'ICA Standard Data Format (Alink JSON)')], default=1)),
                ('status', models.CharField(choices=[('development', 'In development'), ('published', 'Published')], default='development', max_length=12)),
                ('data_connections', models.CharField(choices=[('server', 'This server'), ('rabbitmq', 'RabbitMQ'), ('emqx', 'EMQX'), ('nanomq', 'NanoMQ or EMQX 4'), ('mosquitto', 'Mosquitto')], default='server', max_length=12)),
                ('dynamic_registration', models.BooleanField(default=False)),
                ('dynamic_registration_changed_at', models.DateTimeField(null=True)),
                ('registration_closes_at', models.DateTimeField(null=True)),
                ('registration_budget', models.PositiveIntegerField(null=True)),
                ('registration_used', models.PositiveIntegerField(default=0)),
                ('registration_window', models.PositiveIntegerField(default=0)),
                ('registration_names', models.CharField(blank=True, max_length=64)),
                ('registration_networks', models.TextField(blank=True)),
                ('registration_modes', models.CharField(choices=[('both', 'Both'), ('register', 'Pre-registration only (register)'), ('regnwl', 'Preregistration-free only (regnwl)')], default='both', max_length=8)),
                ('registration_closed_by', models.CharField(blank=True, choices=[('time', 'Its time was up'), ('budget', 'Its budget was used up')], max_length=8)),
                ('secret_version', models.PositiveSmallIntegerField(default=1)),
                ('secret_rotated_at', models.DateTimeField(null=True)),
                ('previous_secret_sealed', models.TextField(blank=True)),
                ('previous_secret_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('dynamic_registration_changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ProductGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('may_change', models.BooleanField(default=False)),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='products.product')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('operator', 'product'), name='product_grant_once')],
            },
        ),
    ]
